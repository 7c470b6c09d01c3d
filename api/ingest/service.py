"""Applies a batch: in order, exactly once by lot and sequence, all of it or nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import RequestRefused
from api.ingest.mirror import Mirror, Unprojectable
from api.ingest.projection import project
from api.tables import Enrolment, EnvelopeRow
from cloud_sync.wire import MAX_BATCH_ENVELOPES, Ack, Batch, Refusal, RefusalCode, fill_batch
from lot_server.domain.clock import from_text
from lot_server.domain.errors import BrokenChain, DomainError, UnknownEvent
from lot_server.domain.events import Event, decode
from lot_server.domain.ledger import Envelope, verify


async def apply_batch(session: AsyncSession, batch: Batch) -> Ack:
    """Skip what is applied already, apply the rest. Raises RequestRefused; then nothing is applied."""
    enrolment = await _lock(session, batch.lot_id)
    known, base = await _known(session, enrolment, batch.envelopes)
    _require_chain(enrolment, batch.envelopes, known, base)
    new = batch.envelopes[len(known) :]
    if new:
        await _apply(session, enrolment, new)
        enrolment.applied_seq, enrolment.head = new[-1].seq, new[-1].hash
        session.add(enrolment)
    return Ack(batch.lot_id, enrolment.applied_seq, enrolment.head)


async def ledger_of(session: AsyncSession, lot_id: str) -> Ack:
    """How far an enrolled lot's ledger is applied."""
    enrolment = await session.get_one(Enrolment, lot_id)
    return Ack(lot_id, enrolment.applied_seq, enrolment.head)


async def envelopes_after(session: AsyncSession, lot_id: str, seq: int) -> Batch:
    """Some of the applied envelopes of a lot that follow `seq`, in order; none where there are no more."""
    rows = await session.exec(
        select(EnvelopeRow)
        .where(EnvelopeRow.lot_id == lot_id, EnvelopeRow.seq > seq)
        .order_by(col(EnvelopeRow.seq))
        .limit(MAX_BATCH_ENVELOPES)
    )
    found = [Envelope(row.lot_id, row.seq, row.kind, row.occurred_at, row.body, row.previous, row.hash) for row in rows]
    return fill_batch(lot_id, found)


async def _lock(session: AsyncSession, lot_id: str) -> Enrolment:
    """Two batches of one lot wait for each other here; on SQLite the transaction itself is the lock."""
    found = await session.exec(select(Enrolment).where(Enrolment.lot_id == lot_id).with_for_update())
    return found.one()


async def _known(
    session: AsyncSession, enrolment: Enrolment, envelopes: Sequence[Envelope]
) -> tuple[list[str], tuple[int, str]]:
    """The stored hashes of those envelopes that are applied, and (seq, hash) of what the first one must follow."""
    first, last = envelopes[0].seq, envelopes[-1].seq
    applied = (enrolment.applied_seq, enrolment.head)
    if first > enrolment.applied_seq or first < 1:
        return [], applied
    rows = await session.exec(
        select(EnvelopeRow.hash, EnvelopeRow.previous)
        .where(EnvelopeRow.lot_id == enrolment.lot_id, EnvelopeRow.seq >= first, EnvelopeRow.seq <= last)
        .order_by(col(EnvelopeRow.seq))
    )
    stored = rows.all()
    return [row[0] for row in stored], (first - 1, stored[0][1])


def _require_chain(
    enrolment: Enrolment, envelopes: Sequence[Envelope], known: Sequence[str], base: tuple[int, str]
) -> None:
    for expected, envelope in enumerate(envelopes, base[0] + 1):
        if envelope.seq != expected:
            following = enrolment.applied_seq + 1
            raise _refusal(enrolment, "sequence_gap", f"seq {envelope.seq} is not {expected}: send from {following}")
    if any(envelope.hash != stored for envelope, stored in zip(envelopes, known, strict=False)):
        raise _refusal(enrolment, "ledger_fork", "an applied envelope had another hash: stop and compare ledgers")
    try:
        verify(envelopes, *base)
    except BrokenChain as error:
        raise _refusal(enrolment, "ledger_fork", str(error)) from error
    except DomainError as error:
        raise _refusal(enrolment, "malformed_batch", str(error)) from error


async def _apply(session: AsyncSession, enrolment: Enrolment, envelopes: Sequence[Envelope]) -> None:
    decoded = [_decoded(enrolment, envelope) for envelope in envelopes]
    mirror = await Mirror.load(session, enrolment.lot_id, envelopes)
    for envelope, (event, occurred_at) in zip(envelopes, decoded, strict=True):
        try:
            project(mirror, event, occurred_at)
        except Unprojectable as error:
            raise _refusal(enrolment, "malformed_batch", f"seq {envelope.seq}: {error}") from error
    session.add_all(mirror.rows())
    session.add_all(
        EnvelopeRow(
            lot_id=each.lot_id,
            seq=each.seq,
            kind=each.kind,
            occurred_at=each.occurred_at,
            body=each.body,
            previous=each.previous,
            hash=each.hash,
        )
        for each in envelopes
    )


def _decoded(enrolment: Enrolment, envelope: Envelope) -> tuple[Event, datetime]:
    try:
        return decode(envelope.kind, envelope.body), from_text(envelope.occurred_at)
    except UnknownEvent as error:
        raise _refusal(enrolment, "unknown_event", f"seq {envelope.seq}: {error}") from error
    except DomainError as error:
        raise _refusal(enrolment, "malformed_batch", f"seq {envelope.seq}: {error}") from error


def _refusal(enrolment: Enrolment, code: RefusalCode, message: str) -> RequestRefused:
    return RequestRefused(Refusal(code, message, enrolment.applied_seq, enrolment.head))
