"""What the events about money change in the tables, as `projection` does for the others."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session, func, select

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.events import Event
from lot_server.domain.ledger import Envelope
from lot_server.errors import ContradictoryEvent
from lot_server.store import money_tables as tables
from lot_server.store.tables import SettlementRow, StayRow


def balance_of_exit(session: Session, stay: StayRow, gross_minor: int) -> None:
    """Work out what a stay that leaves now owes still, or has paid too much."""
    taken = select(func.coalesce(func.sum(SettlementRow.amount_minor), 0)).where(SettlementRow.stay_id == stay.stay_id)
    back = select(func.coalesce(func.sum(tables.RefundRow.amount_minor), 0)).where(
        tables.RefundRow.stay_id == stay.stay_id
    )
    stay.balance_minor = gross_minor - int(session.exec(taken).one()) + int(session.exec(back).one())


def _owe(session: Session, stay_id: str, minor: int) -> None:
    """Change what a stay that has left owes; one that is inside is priced when it leaves."""
    stay = session.get(StayRow, stay_id)
    if stay is not None and stay.state == "closed":
        stay.balance_minor += minor


def _settlement_applied(session: Session, event: events.SettlementApplied, _: Envelope) -> None:
    settlement, desk = event.settlement, event.desk
    session.add(
        SettlementRow(
            settlement_id=settlement.settlement_id,
            stay_id=settlement.stay_id,
            amount_minor=settlement.amount.minor,
            currency=settlement.amount.currency,
            provider=settlement.provider,
            provider_reference=settlement.provider_reference,
            quoted_at=settlement.quoted_at,
            settled_at=settlement.settled_at,
            taken_by=desk.account if desk else None,
            shift_id=desk.shift_id if desk else None,
            tendered_minor=desk.tendered_minor if desk else None,
        )
    )
    _owe(session, settlement.stay_id, -settlement.amount.minor)


def _refund_applied(session: Session, event: events.RefundApplied, _: Envelope) -> None:
    refund = event.refund
    if session.get(SettlementRow, refund.settlement_id) is None:
        raise ContradictoryEvent(f"no settlement {refund.settlement_id!r} is stored: record it before its refund")
    session.add(
        tables.RefundRow(
            refund_id=refund.refund_id,
            settlement_id=refund.settlement_id,
            stay_id=refund.stay_id,
            amount_minor=refund.amount.minor,
            currency=refund.amount.currency,
            provider=refund.provider,
            provider_reference=refund.provider_reference,
            operator=refund.operator,
            reason=refund.reason,
            refunded_at=refund.refunded_at,
            shift_id=event.shift_id,
        )
    )
    _owe(session, refund.stay_id, refund.amount.minor)


def _refund_asked(session: Session, event: events.RefundAsked, _: Envelope) -> None:
    ask = event.ask
    session.add(
        tables.RefundAskRow(
            refund_id=ask.refund_id,
            settlement_id=ask.settlement_id,
            amount_minor=ask.amount.minor,
            currency=ask.amount.currency,
            operator=ask.operator,
            reason=ask.reason,
            asked_at=ask.asked_at,
        )
    )


def _debt_forgiven(session: Session, event: events.DebtForgiven, _: Envelope) -> None:
    stay = session.get(StayRow, event.stay_id)
    if stay is None or stay.state != "closed":
        raise ContradictoryEvent(f"stay {event.stay_id} has not left: what it owes is asked for at the exit")
    stay.forgiven_minor += event.amount.minor
    _owe(session, event.stay_id, -event.amount.minor)


def _shift_opened(session: Session, event: events.ShiftOpened, _: Envelope) -> None:
    session.add(
        tables.ShiftRow(
            shift_id=event.shift_id,
            account=event.account,
            opening_minor=event.opening.minor,
            currency=event.opening.currency,
            opened_at=event.opened_at,
        )
    )


def _shift_closed(session: Session, event: events.ShiftClosed, _: Envelope) -> None:
    shift = session.get(tables.ShiftRow, event.shift_id)
    if shift is None or shift.closed_at is not None:
        raise ContradictoryEvent(f"shift {event.shift_id} is not open: look at the cash page")
    shift.expected_minor, shift.counted_minor = event.expected.minor, event.counted.minor
    shift.closed_at, shift.closed_by, shift.note = event.closed_at, event.operator, event.note


def _merchant_agreed(session: Session, event: events.MerchantAgreed, _: Envelope) -> None:
    terms = event.merchant
    session.merge(
        tables.MerchantRow(
            name=terms.name, kind=terms.kind, value=terms.value, per_day=terms.per_day, active=terms.active
        )
    )


def _coupon_batch_issued(session: Session, event: events.CouponBatchIssued, envelope: Envelope) -> None:
    batch, issued_at = event.batch, _at(envelope)
    session.add(
        tables.CouponBatchRow(
            batch_id=batch.batch_id,
            merchant=batch.merchant,
            kind=batch.kind,
            value=batch.value,
            valid_until=batch.valid_until,
            codes=len(batch.hashes),
            operator=event.operator,
            reason=event.reason,
            issued_at=issued_at,
        )
    )
    session.flush()
    session.add_all(tables.CouponCodeRow(code_hash=each, batch_id=batch.batch_id) for each in batch.hashes)


def _at(envelope: Envelope) -> datetime:
    return from_text(envelope.occurred_at)


MONEY_PROJECTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.SettlementApplied: _settlement_applied,
    events.RefundApplied: _refund_applied,
    events.RefundAsked: _refund_asked,
    events.DebtForgiven: _debt_forgiven,
    events.ShiftOpened: _shift_opened,
    events.ShiftClosed: _shift_closed,
    events.MerchantAgreed: _merchant_agreed,
    events.CouponBatchIssued: _coupon_batch_issued,
}
