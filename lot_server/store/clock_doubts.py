"""Doubts about the clock in the tables, and instants that were moved once they had ended."""

from datetime import timedelta
from typing import cast

from sqlmodel import Session, col, select, update

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.clock_trust import ClockDoubt, DoubtReason
from lot_server.domain.ledger import Envelope
from lot_server.errors import ContradictoryEvent
from lot_server.store.tables import ClockDoubtRow, PassageRow, SettlementRow, StayRow


def clock_doubted(session: Session, event: events.ClockDoubted, envelope: Envelope) -> None:
    """Raises ContradictoryEvent where a doubt is open already."""
    known = clock_doubt(session)
    if known is not None and known.shift is None:
        raise ContradictoryEvent("the clock is in doubt already: end that first")
    session.add(
        ClockDoubtRow(
            seq=envelope.seq,
            doubted_at=from_text(envelope.occurred_at),
            reason=event.reason,
            since_seq=event.since_seq,
            boot_id=event.boot_id,
            boot_us=event.boot_us,
        )
    )


def clock_doubt_ended(session: Session, event: events.ClockDoubtEnded, envelope: Envelope) -> None:
    """Raises ContradictoryEvent for a doubt that has ended or never was."""
    row = session.get(ClockDoubtRow, event.doubt_seq)
    if row is None or row.trusted_at is not None:
        raise ContradictoryEvent(f"the doubt {event.doubt_seq} about the clock has ended already")
    row.trusted_at, row.source, row.actor = from_text(envelope.occurred_at), event.source, event.actor
    row.trust_reason, row.shift_us = event.reason, event.shift_us
    if event.source != "restart":
        session.exec(update(StayRow).where(col(StayRow.doubt_seq) == event.doubt_seq).values(doubt_seq=None))


def stay_retimed(session: Session, event: events.StayRetimed, _: Envelope) -> None:
    row = session.get_one(StayRow, event.stay_id)
    row.read_at, row.entered_at, row.exited_at = event.read_at, event.entered_at, event.exited_at


def passage_retimed(session: Session, event: events.PassageRetimed, _: Envelope) -> None:
    row = session.get_one(PassageRow, event.passage_id)
    row.decided_at, row.ended_at = event.decided_at, event.ended_at


def settlement_retimed(session: Session, event: events.SettlementRetimed, _: Envelope) -> None:
    moved = event.settlement
    row = session.get_one(SettlementRow, moved.settlement_id)
    row.quoted_at, row.settled_at = moved.quoted_at, moved.settled_at


def mark_unsure(session: Session, stay_id: str) -> None:
    """Note on a stay that it is timed in doubt, where there is one."""
    known = clock_doubt(session)
    if known is not None and known.shift is None:
        session.get_one(StayRow, stay_id).doubt_seq = known.seq


def clock_doubt(session: Session) -> ClockDoubt | None:
    """The latest, ended or not."""
    row = session.exec(select(ClockDoubtRow).order_by(col(ClockDoubtRow.seq).desc()).limit(1)).first()
    if row is None:
        return None
    shift = None if row.shift_us is None else timedelta(microseconds=row.shift_us)
    return ClockDoubt(
        row.seq, row.doubted_at, cast(DoubtReason, row.reason), row.since_seq, row.boot_id, row.boot_us, shift
    )
