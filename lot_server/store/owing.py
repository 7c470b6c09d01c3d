"""The stays that left without paying all of their fee, and those that paid too much."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from lot_server.store.tables import StayRow

Side = Literal["owed", "overpaid"]
"""owed: by the vehicle to the lot; overpaid: the other way round."""


@dataclass(frozen=True, slots=True)
class OpenBalance:
    """A stay that left with `minor` units open on one side."""

    stay_id: str
    plate: str | None
    ticket_id: str | None
    plate_color: str | None
    entered_at: datetime | None
    exited_at: datetime | None
    minor: int


class Owing:
    """The open balances within one look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self, side: Side, count: int) -> list[OpenBalance]:
        """The last to have left first."""
        return self._find(side, count)

    def of_plate(self, plate: str) -> list[OpenBalance]:
        """What earlier stays of exactly this plate still owe."""
        return self._find("owed", 100, StayRow.plate == plate)

    def _find(self, side: Side, count: int, *more: Any) -> list[OpenBalance]:
        balance = col(StayRow.balance_minor)
        names = OpenBalance.__slots__[:-1]
        columns: list[Any] = [getattr(StayRow, name) for name in names]
        # Said twice, so that the index on open balances serves.
        open_ones = select(*[*columns, balance]).where(
            balance != 0, balance > 0 if side == "owed" else balance < 0, StayRow.state == "closed", *more
        )
        rows: Any = self._session.execute(open_ones.order_by(col(StayRow.exited_at).desc()).limit(count))
        return [OpenBalance(**dict(zip(names, row, strict=False)), minor=abs(row[-1])) for row in rows]
