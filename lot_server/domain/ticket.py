"""The number of a ticket, and the text of its QR code: good at one lot, guessed by nobody.

`OLT1`, eight characters that stand for the lot, the ticket's ten: all of QR's alphanumeric kind, so that the code has
25 modules a side with a quarter of it to spare, and a camera reads it from far. Nothing is signed: a number that was
never given out finds no stay, and one of the 30^10 that were not is not hit by guessing at a gate.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

TICKET_CHARACTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None of which is taken for another."""
TICKET_LENGTH = 10
FORM = "OLT1"
_MARK_LENGTH = 8
_NUMBER = re.compile(f"[{TICKET_CHARACTERS}]{{{TICKET_LENGTH}}}")
_BETWEEN = re.compile(r"[\s.\-]+")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is shown or typed; `mark` stands for its lot, None where only the number was typed."""

    ticket_id: str
    mark: str | None = None

    def is_of(self, lot_id: str) -> bool:
        """Whether it may be a ticket of the lot."""
        return self.mark in (None, lot_mark(lot_id))


def lot_mark(lot_id: str) -> str:
    """What stands for a lot in its tickets: 40 bits of the SHA-256 of its id, in base32."""
    return base64.b32encode(hashlib.sha256(lot_id.encode()).digest()).decode()[:_MARK_LENGTH]


def to_code(lot_id: str, ticket_id: str) -> str:
    """The text of the QR code of a lot's ticket."""
    return f"{FORM}{lot_mark(lot_id)}{ticket_id}"


def from_text(text: str) -> Ticket | None:
    """The ticket of a code, or of a number typed in any spelling; None for what is no ticket's."""
    plain = _BETWEEN.sub("", text).upper()
    if _NUMBER.fullmatch(plain):
        return Ticket(plain)
    mark, number = plain[len(FORM) : -TICKET_LENGTH], plain[-TICKET_LENGTH:]
    if plain.startswith(FORM) and len(mark) == _MARK_LENGTH and _NUMBER.fullmatch(number):
        return Ticket(number, mark)
    return None
