"""A cash drawer in one person's hands, from the money put into it to the money counted at its end."""

from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.money import Money

CASH = "cash"
"""The provider of money that lies in a drawer."""
TERMINAL = "terminal"
"""The provider of money taken by a card terminal at the desk, whose slip has the reference."""
AT_DESK = (CASH, TERMINAL)


@dataclass(frozen=True, slots=True)
class AtDesk:
    """How a person took money: their account, their shift if they had one, and the cash handed over.

    `tendered_minor` is None where the amount was exact or no cash; what is over the amount was given as change.
    """

    account: str
    shift_id: str | None = None
    tendered_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """`opening` lay in the drawer at `opened_at`. The rest is None until the shift is closed.

    `expected` is what should lie there by the ledger, `counted` what did.
    """

    shift_id: str
    account: str
    opening: Money
    opened_at: datetime
    expected: Money | None = None
    counted: Money | None = None
    closed_at: datetime | None = None
    note: str | None = None

    @property
    def difference(self) -> Money | None:
        """Counted less expected: below 0 where money is missing."""
        return None if self.counted is None or self.expected is None else self.counted - self.expected
