"""Emergencies in the tables, and the vehicles that drove out unknown while one went on."""

from collections.abc import Sequence
from typing import cast

from sqlmodel import Session, col, delete, select

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.emergency import Emergency, HoldSource
from lot_server.domain.ledger import Envelope
from lot_server.errors import ContradictoryEvent
from lot_server.store.tables import EmergencyRow, PassageRow, PhotoRow

UNMATCHED = "unmatched"
"""The decision of a passage that nobody decided, of a vehicle that belongs to no stay yet."""


def emergency_began(session: Session, event: events.EmergencyBegan, envelope: Envelope) -> None:
    """Raises ContradictoryEvent where one goes on already."""
    if _open(session) is not None:
        raise ContradictoryEvent("an emergency goes on already: end it first")
    at = from_text(envelope.occurred_at)
    session.add(
        EmergencyRow(seq=envelope.seq, began_at=at, source=event.source, actor=event.actor, reason=event.reason)
    )


def emergency_ended(session: Session, event: events.EmergencyEnded, envelope: Envelope) -> None:
    """Raises ContradictoryEvent where none goes on."""
    row = _open(session)
    if row is None:
        raise ContradictoryEvent("no emergency goes on: there is nothing to end")
    row.ended_at, row.ended_by, row.end_reason = from_text(envelope.occurred_at), event.operator, event.reason


def unmatched_exit(session: Session, event: events.UnmatchedExit, _: Envelope) -> None:
    """A passage without a stay."""
    session.add(
        PassageRow(
            passage_id=event.passage_id,
            lane_id=event.lane_id,
            direction="exit",
            state="confirmed",
            plate=event.read_plate,
            decision=UNMATCHED,
            evidence=event.evidence,
            photos=event.photos,
            decided_at=event.exited_at,
            ended_at=event.exited_at,
        )
    )


def forget_unmatched(session: Session, passage_id: str) -> None:
    """An exit that is decided now takes the place of the same one without a stay."""
    row = session.get(PassageRow, passage_id)
    if row is not None and row.decision == UNMATCHED:
        # Which photos it has is written anew with the passage that takes its place.
        session.exec(delete(PhotoRow).where(col(PhotoRow.passage_id) == passage_id))
        session.delete(row)
        session.flush()


def emergency(session: Session) -> Emergency | None:
    """The one that goes on."""
    row = _open(session)
    if row is None:
        return None
    return Emergency(row.seq, row.began_at, cast(HoldSource, row.source), row.actor, row.reason)


def unmatched_exits(session: Session) -> Sequence[PassageRow]:
    """Oldest first."""
    found = select(PassageRow).where(PassageRow.state == "confirmed", PassageRow.decision == UNMATCHED)
    return session.exec(found.order_by(col(PassageRow.decided_at))).all()


def _open(session: Session) -> EmergencyRow | None:
    return session.exec(select(EmergencyRow).where(col(EmergencyRow.ended_at).is_(None))).first()
