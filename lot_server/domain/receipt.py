"""The text form of a receipt: what the cloud signs for a payment and a lot without uplink can check.

`openlot1|lot|stay|settlement|minor|currency|provider|reference|quoted at|settled at`, each part percent-encoded, so
that a bar never stands inside one. What is signed is the SHA-256 of its UTF-8 bytes; signing stands elsewhere.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from lot_server.domain import clock
from lot_server.domain.errors import (
    BadReceipt,
    DomainError,
    ReceiptOfAnotherLot,
    ReceiptOfAnotherStay,
    ReceiptOutOfTime,
)
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement, Stay

_FORM = "openlot1"
_PARTS = 10
CLOCK_DIFFERENCE = timedelta(minutes=5)
"""How far ahead the cloud's clock may be of a lot's that has long been offline."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A settlement taken for a stay of one lot."""

    lot_id: str
    settlement: Settlement


def to_text(receipt: Receipt) -> str:
    """The one text of a receipt. Raises NaiveTime."""
    paid = receipt.settlement
    parts = (
        receipt.lot_id,
        paid.stay_id,
        paid.settlement_id,
        str(paid.amount.minor),
        paid.amount.currency,
        paid.provider,
        paid.provider_reference,
        clock.to_text(paid.quoted_at),
        clock.to_text(paid.settled_at),
    )
    return "|".join((_FORM, *(quote(part, safe=":") for part in parts)))


def digest(text: str) -> bytes:
    """What is signed: the SHA-256 of the text, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def from_text(text: str) -> Receipt:
    """The receipt of a text. Raises BadReceipt unless the text is exactly what `to_text` writes."""
    parts = [unquote(part) for part in text.split("|")]
    if len(parts) != _PARTS or parts[0] != _FORM:
        raise BadReceipt("this code is not an openlot receipt: show the code of the payment")
    lot_id, stay_id, settlement_id, minor, currency, provider, reference, quoted_at, settled_at = parts[1:]
    try:
        times = clock.from_text(quoted_at), clock.from_text(settled_at)
        amount = Money(int(minor), currency)
    except (DomainError, ValueError) as error:
        raise BadReceipt(f"the receipt is damaged ({error}): show the code again") from error
    receipt = Receipt(lot_id, Settlement(settlement_id, stay_id, amount, provider, reference, *times))
    if to_text(receipt) != text:
        raise BadReceipt("the receipt is damaged: show the code again")
    return receipt


def check(receipt: Receipt, lot_id: str, stay: Stay, now: datetime) -> None:
    """The receipt is for this lot and stay, and was made during the stay.

    Raises ReceiptOfAnotherLot, ReceiptOfAnotherStay, ReceiptOutOfTime.
    """
    settled_at = receipt.settlement.settled_at
    if receipt.lot_id != lot_id:
        raise ReceiptOfAnotherLot(f"the receipt is for the lot {receipt.lot_id}, not {lot_id}")
    if receipt.settlement.stay_id != stay.stay_id:
        raise ReceiptOfAnotherStay("the receipt is for another stay: check which vehicle was paid for")
    if settled_at < (stay.entered_at or stay.read_at):
        raise ReceiptOutOfTime("the receipt is older than the stay: pay for this stay")
    if settled_at > now + CLOCK_DIFFERENCE:
        raise ReceiptOutOfTime("the receipt is from the future: check the lot's clock")
