"""A ticket's code: read back in any spelling, and good at one lot only."""

import pytest
import segno

from lot_server.domain.ticket import TICKET_CHARACTERS, Ticket, from_text, lot_mark, to_code
from lot_server.identifiers import new_ticket_id


def test_a_code_names_ticket_and_lot() -> None:
    """What a lot prints is its own ticket, and no other lot's, however long the lot's id."""
    for lot_id in ("lot-1", "a" * 64):
        number = new_ticket_id()
        found = from_text(to_code(lot_id, number))
        assert found == Ticket(number, lot_mark(lot_id))
        assert found.is_of(lot_id)
        assert not found.is_of("lot-2")


@pytest.mark.parametrize("spelling", ["ABCDE23456", "abcde 23456", "ABCDE-23456", " abcde23456 "])
def test_a_number_is_typed_as_one_likes(spelling: str) -> None:
    """A number without a lot, typed in any spelling, may be any lot's."""
    found = from_text(spelling)
    assert found == Ticket("ABCDE23456")
    assert found.is_of("lot-1")


@pytest.mark.parametrize(
    "text", ["", "ABCDE2345", "ABCDE234560", "ABCDEO2345", "京A12345", "OLT1ABCDE23456", "https://x"]
)
def test_other_texts_are_no_tickets(text: str) -> None:
    """Plates, addresses and numbers with characters that no ticket has are no tickets."""
    assert from_text(text) is None


def test_numbers_are_not_guessed() -> None:
    """A number is drawn from 30 characters ten times, so that a thousand differ and use them all."""
    numbers = {new_ticket_id() for _ in range(1000)}
    assert len(numbers) == 1000
    assert set("".join(numbers)) == set(TICKET_CHARACTERS)


def test_a_code_stays_small() -> None:
    """The code has 25 modules a side with a quarter of it to spare, for a lot of any name."""
    code = segno.make(to_code("x" * 64, "ABCDE23456"), micro=False, error="q", boost_error=False)
    assert code.symbol_size(border=0) == (25, 25)
