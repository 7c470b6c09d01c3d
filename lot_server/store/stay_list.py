"""Lists of stays for people: by a part of the plate or ticket, sorted, page by page, without what matching needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from lot_server.store.tables import SettlementRow, StayRow

StaySort = Literal["newest", "oldest", "plate", "lane"]
Whereabouts = Literal["inside", "left"]
_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})
_FOLDS = (("O", "0"), ("I", "1"), ("Q", "0"))
"""What people take for one another when they read or type a plate."""


@dataclass(frozen=True, slots=True)
class ListedStay:
    """One line of a list. `exited_at` is None for a vehicle inside."""

    stay_id: str
    plate: str | None
    printed: str | None
    ticket_id: str | None
    entry_lane_id: str
    entered_at: datetime | None
    exited_at: datetime | None
    pass_id: str | None
    plate_color: str | None


class StayList:
    """The stays within one look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(
        self, where: Whereabouts, part: str, sort: StaySort, first: int, count: int
    ) -> tuple[int, list[ListedStay]]:
        """How many stays there are with `part` in plate or ticket, and `count` of them from `first` (from 0) on.

        `part` is in the plates' normal form, "" for all. O, 0 and Q are one character for this, and so are I and 1.
        """
        found = [col(StayRow.state) == ("open" if where == "inside" else "closed"), *_has(part)]
        total = self._session.exec(select(func.count()).select_from(StayRow).where(*found)).one()
        time = StayRow.entered_at if where == "inside" else StayRow.exited_at
        order = {
            "newest": (col(time).desc(),),
            "oldest": (col(time),),
            "plate": (col(StayRow.plate).is_(None), col(StayRow.plate), col(StayRow.ticket_id)),
            "lane": (col(StayRow.entry_lane_id), col(time).desc()),
        }[sort]
        columns = [getattr(StayRow, name) for name in ListedStay.__slots__]
        rows: Any = self._session.execute(select(*columns).where(*found).order_by(*order).offset(first).limit(count))
        return total, [ListedStay(*row) for row in rows]

    def between(self, start: datetime, end: datetime) -> list[tuple[ListedStay, int]]:
        """Every stay that entered or left from `start` on and before `end`, by entry, with the minor units it paid."""
        columns = [getattr(StayRow, name) for name in ListedStay.__slots__]
        entered, exited = col(StayRow.entered_at), col(StayRow.exited_at)
        inside = or_((entered >= start) & (entered < end), (exited >= start) & (exited < end))
        rows: Any = self._session.execute(select(*columns).where(inside).order_by(entered))
        found = [ListedStay(*row) for row in rows]
        taken = select(SettlementRow.stay_id, func.sum(SettlementRow.amount_minor)).join(
            StayRow, col(StayRow.stay_id) == SettlementRow.stay_id
        )
        paid = dict(self._session.exec(taken.where(inside).group_by(col(SettlementRow.stay_id))).all())
        return [(each, paid.get(each.stay_id) or 0) for each in found]


def _has(part: str) -> list[ColumnElement[bool]]:
    if not part:
        return []
    pattern = f"%{_folded_text(part).translate(_LIKE)}%"
    return [
        or_(*(_folded(column).like(pattern, escape="\\") for column in (col(StayRow.plate), col(StayRow.ticket_id))))
    ]


def _folded_text(text: str) -> str:
    for letter, digit in _FOLDS:
        text = text.replace(letter, digit)
    return text


def _folded(column: Any) -> Any:
    for letter, digit in _FOLDS:
        column = func.replace(column, letter, digit)
    return column
