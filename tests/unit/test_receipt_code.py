"""A signed receipt as a QR code: what the cloud signs, the lot takes, and nothing else."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.signing import new_key, sign_receipt
from lot_server.adapters.receipt_keys import ReceiptKeys
from lot_server.domain.errors import BadReceipt, ForgedReceipt
from lot_server.domain.money import Money
from lot_server.domain.receipt import Receipt, to_text
from lot_server.domain.receipt_code import END, FORM, from_code, to_code
from lot_server.domain.stay import Settlement
from lot_server.errors import BadConfig

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRIVATE, PUBLIC = new_key()
RECEIPT = Receipt("lot-1", Settlement("a" * 32, "b" * 32, Money(1000, "CNY"), "sandbox", "o-1", NOON, NOON))
ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@given(st.text(max_size=300), st.binary(min_size=64, max_size=64))
def test_every_text_comes_back_with_its_signature(text: str, signature: bytes) -> None:
    """A code is made of QR's alphanumeric characters, has no space at its ends, and says all it was given."""
    code = to_code(text, signature)
    assert from_code(code) == (text, signature)
    assert set(code) <= ALPHANUMERIC
    assert code == code.strip()


@given(st.text(alphabet=[*sorted(ALPHANUMERIC), "é", "a"], max_size=400))
def test_whatever_is_read_is_a_receipt_or_a_typed_error(rest: str) -> None:
    """No code, however made, brings down who reads it."""
    try:
        ReceiptKeys([PUBLIC]).read(FORM + rest + END)
    except BadReceipt:
        return
    raise AssertionError("a receipt that nobody signed was taken")


def test_what_the_cloud_signed_is_taken() -> None:
    """A receipt is known by its key, also where the lot has another key besides."""
    code = sign_receipt(PRIVATE, RECEIPT)
    assert ReceiptKeys([new_key()[1], PUBLIC]).read(code) == RECEIPT


def test_what_another_signed_is_forged() -> None:
    """A signature by any other key, or over another text, is a forgery and says so."""
    other, _ = new_key()
    with pytest.raises(ForgedReceipt):
        ReceiptKeys([PUBLIC]).read(sign_receipt(other, RECEIPT))
    _, signature = from_code(sign_receipt(PRIVATE, RECEIPT))
    with pytest.raises(ForgedReceipt):
        ReceiptKeys([PUBLIC]).read(to_code(to_text(RECEIPT).replace("|1000|", "|9000|"), signature))


def test_a_code_is_not_unpacked_without_end() -> None:
    """A short code that unpacks to more than any receipt is refused before it fills the memory."""
    with pytest.raises(BadReceipt, match="damaged"):
        from_code(to_code("0" * 10_000_000, bytes(64)))


@pytest.mark.parametrize("key", ["", "abc", "not base64!", "AAAA"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    """The configuration's keys are Ed25519 public keys, or the lot does not start."""
    with pytest.raises(BadConfig, match="receipt_keys"):
        ReceiptKeys([key])
