"""A receipt's text: the same on both sides, and refused when it is damaged or for something else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import BadReceipt
from lot_server.domain.money import Money
from lot_server.domain.receipt import Receipt, check, digest, from_text, to_text
from lot_server.domain.stay import Settlement, Stay

ENTERED = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = ENTERED + timedelta(hours=2)
PAID = Settlement("s1", "stay-1", Money(1000, "CNY"), "sandbox", "order|7", NOW, NOW)
RECEIPT = Receipt("lot-1", PAID)
STAY = Stay("stay-1", "open", "A1", "A1", None, "in", ENTERED, ENTERED, None, None, (), None, 1)

instants = st.datetimes(timezones=st.just(UTC))
settlements = st.builds(
    Settlement,
    st.text(),
    st.text(),
    st.builds(Money, st.integers(), st.text()),
    st.text(),
    st.text(),
    instants,
    instants,
)


@given(st.builds(Receipt, st.text(), settlements))
def test_every_receipt_survives_its_text(receipt: Receipt) -> None:
    """Whatever its names hold, bars and percent signs too, a receipt is read back the same."""
    text = to_text(receipt)
    assert from_text(text) == receipt
    assert text.isascii()
    assert len(digest(text)) == 32


def test_the_text_is_what_it_is() -> None:
    """The form is fixed: a phone shows receipts that were signed by older clouds."""
    assert to_text(RECEIPT) == (
        "openlot1|lot-1|stay-1|s1|1000|CNY|sandbox|order%7C7|2026-03-02T10:00:00.000000Z|2026-03-02T10:00:00.000000Z"
    )


@given(st.integers(0, 200), st.sampled_from("0|%aZ"))
def test_a_changed_character_changes_receipt_or_refuses_it(at: int, put: str) -> None:
    """No two texts stand for one receipt, so that a signature covers exactly what is read."""
    text = to_text(RECEIPT)
    at %= len(text)
    changed = text[:at] + put + text[at + 1 :]
    if changed == text:
        return
    try:
        read = from_text(changed)
    except BadReceipt:
        return
    assert read != RECEIPT
    assert digest(changed) != digest(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("https://example.org", id="another code"),
        pytest.param(to_text(RECEIPT).replace("openlot1", "openlot2"), id="a newer form"),
        pytest.param(to_text(RECEIPT) + "|more", id="a part too many"),
        pytest.param(to_text(RECEIPT).replace("|1000|", "|ten|"), id="no amount"),
        pytest.param(to_text(RECEIPT).replace("|1000|", "| 1000|"), id="another spelling of the amount"),
        pytest.param(to_text(RECEIPT).replace("2026-03-02T10", "2026-99-02T10"), id="no time"),
        pytest.param(to_text(RECEIPT).replace("000000Z", "000000+00:00"), id="another spelling of the time"),
    ],
)
def test_damaged_texts_are_refused(text: str) -> None:
    """A text that is not exactly a receipt is an error that asks for the code again."""
    with pytest.raises(BadReceipt, match="show the code"):
        from_text(text)


@pytest.mark.parametrize(
    ("receipt", "named"),
    [
        pytest.param(replace(RECEIPT, lot_id="lot-2"), "lot-2", id="another lot"),
        pytest.param(Receipt("lot-1", replace(PAID, stay_id="stay-2")), "another stay", id="another stay"),
        pytest.param(Receipt("lot-1", replace(PAID, settled_at=ENTERED - timedelta(minutes=1))), "older", id="old"),
        pytest.param(Receipt("lot-1", replace(PAID, settled_at=NOW + timedelta(hours=1))), "future", id="future"),
    ],
)
def test_a_receipt_for_something_else_is_refused(receipt: Receipt, named: str) -> None:
    """A receipt counts only for its lot, its stay and the stay's time."""
    with pytest.raises(BadReceipt, match=named):
        check(receipt, "lot-1", STAY, NOW)


def test_a_good_receipt_passes() -> None:
    """A receipt of this stay passes, also when the cloud's clock is a little ahead."""
    check(RECEIPT, "lot-1", STAY, NOW)
    check(RECEIPT, "lot-1", STAY, NOW - timedelta(minutes=4))
