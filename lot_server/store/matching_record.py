"""What the store knows of matching's choices, and of stays that it may have ended wrongly."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from lot_server.domain.events import MatchJudged
from lot_server.domain.false_opens import LanePair, MatchingRecord, first_month, month_of
from lot_server.store.tables import ExitCountRow, MatchJudgementRow, PassageRow, StayRow


def count_exit(session: Session, stay: StayRow, passage: PassageRow, left_at: datetime) -> None:
    """Count a vehicle that has left, by its lanes and whether a person chose its stay."""
    unaided = passage.operator is None and session.get(MatchJudgementRow, passage.passage_id) is None
    key = (month_of(left_at), stay.entry_lane_id, passage.lane_id)
    row = session.get(ExitCountRow, key)
    if row is None:
        row = ExitCountRow(month=key[0], entry_lane_id=key[1], exit_lane_id=key[2], exits=0, unaided=0)
        session.add(row)
    row.exits += 1
    row.unaided += unaided


def note_judgement(session: Session, event: MatchJudged) -> None:
    """Keep what became of a choice; the last judgement of a passage counts."""
    session.merge(
        MatchJudgementRow(
            passage_id=event.passage_id,
            stay_id=event.stay_id,
            opened=event.opened,
            right=event.right,
            doubt_ppm=event.doubt_ppm,
            judged_at=event.judged_at,
        )
    )


def matching_record(session: Session, at: datetime) -> MatchingRecord:
    """The choices that count at an instant."""
    since = first_month(at)
    unaided = select(func.coalesce(func.sum(ExitCountRow.unaided), 0)).where(ExitCountRow.month >= since)
    opened, opened_wrong, asked, asked_wrong, doubt = session.exec(unaided).one(), 0, 0, 0, 0
    judged = select(MatchJudgementRow).where(col(MatchJudgementRow.judged_at) >= _start(since, at))
    for row in session.exec(judged):
        if row.opened:
            opened_wrong += not row.right
        else:
            asked += 1
            asked_wrong += not row.right
            doubt += row.doubt_ppm
    return MatchingRecord(opened, opened_wrong, asked, asked_wrong, doubt)


def lane_pairs(session: Session, at: datetime) -> tuple[LanePair, ...]:
    """The pairs of lanes by which vehicles came and left lately."""
    rows = session.exec(
        select(ExitCountRow.entry_lane_id, ExitCountRow.exit_lane_id, func.sum(ExitCountRow.exits))
        .where(ExitCountRow.month >= first_month(at))
        .group_by(ExitCountRow.entry_lane_id, ExitCountRow.exit_lane_id)
    )
    return tuple(LanePair(entry, leave, exits) for entry, leave, exits in rows)


def left_unaided(session: Session, since: datetime) -> list[tuple[StayRow, PassageRow]]:
    """The stays that ended since an instant by a read and without a person, each with its exit, the latest first."""
    rows = session.exec(
        select(StayRow, PassageRow)
        .where(PassageRow.stay_id == StayRow.stay_id, StayRow.state == "closed")
        .where(col(StayRow.exited_at) >= since, PassageRow.direction == "exit", PassageRow.state == "confirmed")
        .where(col(PassageRow.operator).is_(None), col(PassageRow.evidence).is_not(None))
        .where(col(PassageRow.passage_id).not_in(select(MatchJudgementRow.passage_id)))
        .order_by(col(StayRow.exited_at).desc())
    )
    return list(rows)


def _start(month: str, at: datetime) -> datetime:
    return at.replace(year=int(month[:4]), month=int(month[5:]), day=1, hour=0, minute=0, second=0, microsecond=0)
