"""What happened last at each lane, and the story of one stay as its lanes saw it."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, or_, select

from lot_server.domain.stay import Direction, PassageState
from lot_server.store.tables import AlertRow, PassageRow, PlateCorrectionRow


@dataclass(frozen=True, slots=True)
class PassageStory:
    """One passage with what was decided and by whom. `read` is the plate that was read there, amounts minor units."""

    passage_id: str
    lane_id: str
    direction: Direction
    state: PassageState
    stay_id: str | None
    read: str | None
    decision: str
    photos: tuple[str, ...]
    photos_dropped_at: datetime | None
    gross_minor: int | None
    paid_minor: int | None
    operator: str | None
    reason: str | None
    decided_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator changed a plate from and to."""

    before: str | None
    after: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlertStory:
    """An alert, and who resolved it; `resolved_at`, `operator` and `reason` are None while it is open."""

    alert_id: str
    code: str
    lane_id: str | None
    stay_id: str | None
    passage_id: str | None
    text: str
    photos: tuple[str, ...]
    raised_at: datetime
    resolved_at: datetime | None
    operator: str | None
    reason: str | None


class LaneHistory:
    """Passages, corrections and alerts within one look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last(self, lane_id: str) -> PassageStory | None:
        """The newest passage of a lane."""
        newest = select(PassageRow).where(PassageRow.lane_id == lane_id).order_by(col(PassageRow.decided_at).desc())
        row = self._session.exec(newest.limit(1)).first()
        return None if row is None else _passage(row)

    def of_stay(self, stay_id: str) -> list[PassageStory]:
        """Entry first."""
        found = select(PassageRow).where(PassageRow.stay_id == stay_id).order_by(col(PassageRow.decided_at))
        return [_passage(row) for row in self._session.exec(found)]

    def corrections(self, stay_id: str) -> list[Correction]:
        """Oldest first."""
        found = select(PlateCorrectionRow).where(PlateCorrectionRow.stay_id == stay_id)
        rows = self._session.exec(found.order_by(col(PlateCorrectionRow.seq)))
        return [Correction(row.before, row.after, row.operator, row.reason) for row in rows]

    def alerts(self, stay_id: str) -> list[AlertStory]:
        """All alerts of a stay's passages, oldest first."""
        passages = select(PassageRow.passage_id).where(PassageRow.stay_id == stay_id)
        theirs = or_(col(AlertRow.stay_id) == stay_id, col(AlertRow.passage_id).in_(passages))
        found = select(AlertRow).where(theirs)
        return [_alert(row) for row in self._session.exec(found.order_by(col(AlertRow.raised_at)))]

    def passage(self, passage_id: str) -> PassageStory | None:
        """None for a vehicle about which nothing was decided yet."""
        row = self._session.get(PassageRow, passage_id)
        return None if row is None else _passage(row)

    def alert(self, alert_id: str) -> AlertStory | None:
        row = self._session.get(AlertRow, alert_id)
        return None if row is None else _alert(row)

    def resolved(self, count: int) -> list[AlertStory]:
        """The last alerts that were resolved, newest first."""
        found = (
            select(AlertRow).where(col(AlertRow.resolved_at).is_not(None)).order_by(col(AlertRow.resolved_at).desc())
        )
        return [_alert(row) for row in self._session.exec(found.limit(count))]


def _passage(row: PassageRow) -> PassageStory:
    return PassageStory(
        passage_id=row.passage_id,
        lane_id=row.lane_id,
        direction="entry" if row.direction == "entry" else "exit",
        state=cast(PassageState, row.state),
        stay_id=row.stay_id,
        read=row.plate,
        decision=row.decision,
        photos=row.photos,
        photos_dropped_at=row.photos_dropped_at,
        gross_minor=row.gross_minor,
        paid_minor=row.paid_minor,
        operator=row.operator,
        reason=row.reason,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
    )


def _alert(row: AlertRow) -> AlertStory:
    return AlertStory(**{name: getattr(row, name) for name in AlertStory.__slots__})
