"""Passes and lists within one transaction or look."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, func, or_, select

from lot_server.domain.codec import from_body
from lot_server.domain.listing import ListedPlate, ListKind
from lot_server.domain.stay import Pass
from lot_server.store.tables import ListedPlateRow, PassPlateRow, PassRow, PassVersionRow, StayRow


@dataclass(frozen=True, slots=True)
class PassVersion:
    """A pass as it stood from `made_at` on; `operator` is None where the configuration file said so."""

    held: Pass
    made_at: datetime
    operator: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A plate on a list, and who put it there."""

    listed: ListedPlate
    operator: str
    listed_at: datetime


class Rights:
    """What may park or enter by what."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def passes(self) -> list[Pass]:
        """All, by id."""
        return [_pass(row) for row in self._session.exec(select(PassRow).order_by(col(PassRow.pass_id)))]

    def passes_naming(self, plate: str) -> list[Pass]:
        """Those that name this plate, valid or not; that which lasts longest first."""
        rows = self._session.exec(
            select(PassRow)
            .join(PassPlateRow, col(PassPlateRow.pass_id) == PassRow.pass_id)
            .where(PassPlateRow.plate == plate)
            .order_by(col(PassRow.valid_until).desc(), col(PassRow.pass_id))
        )
        return [_pass(row) for row in rows]

    def versions(self, pass_id: str) -> list[PassVersion]:
        """How a pass came to be what it is, the newest first."""
        rows = self._session.exec(
            select(PassVersionRow).where(PassVersionRow.pass_id == pass_id).order_by(col(PassVersionRow.seq).desc())
        )
        return [PassVersion(from_body(Pass, row.body), row.made_at, row.operator, row.reason) for row in rows]

    def configured(self, pass_id: str) -> Pass | None:
        """What the configuration file said last of a pass, None before it said anything."""
        return next((each.held for each in self.versions(pass_id) if each.operator is None), None)

    def taken(self, pass_id: str) -> int:
        """How many of a pass' spaces vehicles have that are inside or driving in."""
        found = select(func.count()).select_from(StayRow).where(StayRow.pass_id == pass_id, _HERE)
        return self._session.exec(found).one()

    def taken_of_each(self) -> dict[str, int]:
        """The same of every pass of which any is taken."""
        found = select(StayRow.pass_id, func.count()).where(col(StayRow.pass_id).is_not(None), _HERE)
        return {
            pass_id: count for pass_id, count in self._session.exec(found.group_by(col(StayRow.pass_id))) if pass_id
        }

    def listed(self, kind: ListKind, plate: str, instant: datetime) -> ListedPlate | None:
        """The plate's place on a list at an instant."""
        found = self.standing(kind, plate)
        return found if found is not None and found.holds_at(instant) else None

    def standing(self, kind: ListKind, plate: str) -> ListedPlate | None:
        """The plate's place on a list, ended or not."""
        row = self._session.get(ListedPlateRow, (kind, plate))
        return None if row is None else _listing(row).listed

    def listings(self, kind: ListKind | None = None, part: str = "") -> list[Listing]:
        """Those of one list or both, with `part` in plate or reason; by list and plate."""
        found = select(ListedPlateRow).order_by(col(ListedPlateRow.kind), col(ListedPlateRow.plate))
        if kind is not None:
            found = found.where(ListedPlateRow.kind == kind)
        if part:
            found = found.where(
                or_(col(ListedPlateRow.plate).contains(part, autoescape=True),
                    col(ListedPlateRow.reason).contains(part, autoescape=True))
            )  # fmt: skip
        return [_listing(row) for row in self._session.exec(found)]


_HERE = col(StayRow.state).in_(("open", "intended"))


def _pass(row: PassRow) -> Pass:
    return from_body(Pass, row.body)


def _listing(row: ListedPlateRow) -> Listing:
    listed = ListedPlate(
        cast(ListKind, row.kind), row.plate, row.reason, row.valid_until, bool(row.free), bool(row.when_full)
    )
    return Listing(listed, row.operator, row.listed_at)
