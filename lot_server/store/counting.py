"""How many vehicles a lot holds, and what makes that unsure, within one transaction or look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlmodel import Session, col, func, select

from lot_server.domain.codec import from_body
from lot_server.domain.events import Reconciled
from lot_server.domain.occupancy import Occupancy, Stray, StrayCause
from lot_server.domain.stay import Stay
from lot_server.errors import NotDescribed
from lot_server.store.counting_projection import RECOUNT, latest_recount
from lot_server.store.tables import LotRow, ReconciliationRow, RecountRow, StayRow, StrayRow


@dataclass(frozen=True, slots=True)
class Recount:
    """What a person counted; `uncounted` is what is left of the difference to the stays."""

    counted_at: datetime
    inside: int
    uncounted: int
    operator: str
    reason: str


class Counting:
    """The count of one lot."""

    def __init__(self, session: Session, lot_id: str) -> None:
        self._session = session
        self._lot_id = lot_id

    def occupancy(self) -> Occupancy:
        """The lot now. Raises NotDescribed."""
        lot = self._session.get(LotRow, self._lot_id)
        if lot is None:
            raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
        recount = self.recount()
        states = select(StayRow.state, func.count(), func.count(col(StayRow.pass_id)))
        found = {
            state: (count, passes)
            for state, count, passes in self._session.exec(
                states.where(col(StayRow.state).in_(("open", "intended"))).group_by(col(StayRow.state))
            )
        }
        (stays, inside_by_pass), (arriving, arriving_by_pass) = (
            found.get(state, (0, 0)) for state in ("open", "intended")
        )
        strays = [stray.direction for stray in self.strays()]
        return Occupancy(
            spaces=lot.spaces,
            stays=stays,
            arriving=arriving,
            passes=inside_by_pass + arriving_by_pass,
            kept_for_passes=lot.kept_for_passes,
            orphans=self._unsure_orphans(recount),
            strays_in=strays.count("entry"),
            strays_out=strays.count("exit"),
            uncounted=0 if recount is None else recount.uncounted,
            older=0 if recount is None else self._older(recount),
        )

    def unsure(self, orphaned_at: datetime | None) -> bool:
        """Whether a stay that was orphaned then makes the count unsure: no recount has come since."""
        recount = self.recount()
        return orphaned_at is not None and (recount is None or orphaned_at > recount.counted_at)

    def is_older(self, stay: Stay) -> bool:
        """Whether a stay began before the last recount."""
        recount = self.recount()
        return recount is not None and (stay.entered_at or stay.read_at) <= recount.counted_at

    def strays(self) -> list[Stray]:
        """Those that nothing has explained, oldest first."""
        rows = self._session.exec(
            select(StrayRow).where(col(StrayRow.settled_at).is_(None)).order_by(col(StrayRow.passed_at))
        )
        return [
            Stray(
                row.passage_id,
                row.lane_id,
                "entry" if row.direction == "entry" else "exit",
                cast(StrayCause, row.cause),
                row.passed_at,
            )
            for row in rows
        ]

    def is_stray(self, passage_id: str) -> bool:
        """Whether a passage was counted as a stray."""
        return self._session.get(StrayRow, passage_id) is not None

    def counted_by(self, passage_id: str) -> Literal["stray", "recount"] | None:
        """What counts the vehicle of a passage already, apart from its stay."""
        row = self._session.get(StrayRow, passage_id)
        if row is None or row.settled_by not in (None, RECOUNT):
            return None
        return "stray" if row.settled_at is None else "recount"

    def last_found(self, stay_id: str) -> datetime | None:
        """When a person last saw a vehicle that had been believed gone."""
        row = self._session.get(StayRow, stay_id)
        return None if row is None else row.found_at

    def recount(self) -> Recount | None:
        """The last one."""
        row = latest_recount(self._session)
        return None if row is None else _recount(row)

    def recounts(self, count: int) -> list[Recount]:
        """The last ones, the newest first."""
        rows = self._session.exec(select(RecountRow).order_by(col(RecountRow.seq).desc()).limit(count))
        return [_recount(row) for row in rows]

    def reconciliations(self, count: int) -> list[Reconciled]:
        """The last nights, the newest first."""
        rows = self._session.exec(select(ReconciliationRow).order_by(col(ReconciliationRow.day).desc()).limit(count))
        return [from_body(Reconciled, row.body) for row in rows]

    def reconciliation(self, day: str) -> Reconciled | None:
        """That of a local day like 2026-01-31."""
        row = self._session.get(ReconciliationRow, day)
        return None if row is None else from_body(Reconciled, row.body)

    def _older(self, recount: Recount) -> int:
        found = select(func.count()).select_from(StayRow).where(StayRow.state == "open")
        return self._session.exec(found.where(col(StayRow.entered_at) <= recount.counted_at)).one()

    def _unsure_orphans(self, recount: Recount | None) -> int:
        orphaned = col(StayRow.orphaned_at)
        found = select(func.count()).select_from(StayRow).where(StayRow.state == "open", orphaned.is_not(None))
        if recount is not None:
            found = found.where(orphaned > recount.counted_at)
        return self._session.exec(found).one()


def _recount(row: RecountRow) -> Recount:
    return Recount(row.counted_at, row.inside, row.uncounted, row.operator, row.reason)
