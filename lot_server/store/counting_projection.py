"""What events about strays, orphans and recounts change in the tables."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import Session, col, select

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.codec import to_body
from lot_server.domain.events import Event
from lot_server.domain.ledger import Envelope
from lot_server.errors import ContradictoryEvent
from lot_server.store import tables
from lot_server.store.rows import row, stay_in

RECOUNT = "recount"
"""What has settled the strays that a recount came after."""


def latest_recount(session: Session) -> tables.RecountRow | None:
    """The last time that a person counted, None before the first."""
    return session.exec(select(tables.RecountRow).order_by(col(tables.RecountRow.seq).desc()).limit(1)).first()


def explain_stray(session: Session, passage_id: str, stay_id: str, envelope: Envelope) -> None:
    """A stay has left by this passage: where it was counted as a stray's, or by a recount, it is not counted twice."""
    stray, counted = session.get(tables.StrayRow, passage_id), latest_recount(session)
    if stray is not None and stray.settled_at is None:
        _settle(session, passage_id, envelope, stay_id)
    elif stray is not None and stray.settled_by == RECOUNT and counted is not None:
        stray.settled_by = stay_id
        counted.uncounted += 1


def _stray_passed(session: Session, event: events.StrayPassed, _: Envelope) -> None:
    session.add(
        tables.StrayRow(
            passage_id=event.passage_id,
            lane_id=event.lane_id,
            direction=event.direction,
            cause=event.cause,
            passed_at=event.passed_at,
        )
    )


def _stay_orphaned(session: Session, event: events.StayOrphaned, _: Envelope) -> None:
    stay = stay_in(session, event.stay_id, "open")
    stay.orphaned, stay.orphaned_at = event.cause, event.orphaned_at


def _orphan_found(session: Session, event: events.OrphanFound, envelope: Envelope) -> None:
    stay = stay_in(session, event.stay_id, "open")
    if stay.orphaned is None:
        raise ContradictoryEvent(f"stay {event.stay_id} is not believed gone: nothing is left to do")
    stay.orphaned = stay.orphaned_at = None
    stay.found_at = from_text(envelope.occurred_at)


def _stay_written_off(session: Session, event: events.StayWrittenOff, envelope: Envelope) -> None:
    stay = stay_in(session, event.stay_id, "open")
    stay.state, stay.exited_at = "closed", event.ended_at
    if event.stray is not None:
        _settle(session, event.stray, envelope, event.stay_id)
    counted = latest_recount(session)
    if event.recounted and counted is not None:
        counted.uncounted += 1


def _recounted(session: Session, event: events.Recounted, envelope: Envelope) -> None:
    open_ones = select(tables.StrayRow.passage_id).where(col(tables.StrayRow.settled_at).is_(None))
    for passage_id in session.exec(open_ones).all():
        _settle(session, passage_id, envelope, RECOUNT)
    session.add(
        tables.RecountRow(
            seq=envelope.seq,
            counted_at=event.counted_at,
            inside=event.inside,
            uncounted=event.uncounted,
            operator=event.operator,
            reason=event.reason,
        )
    )


def _reconciled(session: Session, event: events.Reconciled, envelope: Envelope) -> None:
    for passage_id in event.settled:
        _settle(session, passage_id, envelope, "reconciliation")
    session.add(tables.ReconciliationRow(day=event.day, reconciled_at=event.reconciled_at, body=to_body(event)))


def _settle(session: Session, passage_id: str, envelope: Envelope, settled_by: str) -> None:
    stray = row(session, tables.StrayRow, passage_id)
    if stray.settled_at is not None:
        raise ContradictoryEvent(f"stray {passage_id} is settled already: nothing is left to do")
    stray.settled_at, stray.settled_by = from_text(envelope.occurred_at), settled_by


COUNTING: Mapping[type[Event], Callable[[Session, Any, Envelope], None]] = {
    events.StrayPassed: _stray_passed,
    events.StayOrphaned: _stay_orphaned,
    events.OrphanFound: _orphan_found,
    events.StayWrittenOff: _stay_written_off,
    events.Recounted: _recounted,
    events.Reconciled: _reconciled,
}
