"""Refund orders: each gives back part of one payment, once for its id, and never more than was taken."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import NotRefundable
from api.tables import RefundOrder, TakenSettlement
from lot_server.domain.money import Money

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants how much of a payment given back, and why; the same `refund_id` is the same wish."""

    refund_id: str
    settlement_id: str
    amount: Money
    operator: str
    reason: str


async def open_refund(session: AsyncSession, lot_id: str, wish: Wish, now: datetime) -> RefundOrder:
    """The order of a wish, new or as it was; the service carries it out. Raises NotRefundable."""
    known = await session.get(RefundOrder, (lot_id, wish.refund_id))
    if known is not None:
        return known
    # Two wishes for one payment wait for each other here; on SQLite the transaction itself is the lock.
    taken = await session.get(TakenSettlement, (lot_id, wish.settlement_id), with_for_update=True)
    if taken is None:
        raise NotRefundable("this cloud has taken no such payment: give it back where it was taken")
    if wish.amount.currency != taken.currency or wish.amount.minor < 1:
        raise NotRefundable(f"the payment was in {taken.currency}: give back 1 minor unit of it or more")
    left = taken.amount_minor - await _given_back(session, lot_id, wish.settlement_id)
    if wish.amount.minor > left:
        raise NotRefundable(f"of this payment {Money(left, taken.currency)} is left to give back, not {wish.amount}")
    order = _order(lot_id, wish, now)
    order.stay_id, order.order_id = taken.stay_id, taken.order_id
    order.provider, order.payment_reference = taken.provider, taken.provider_reference
    session.add(order)
    return order


async def refund_payment(
    session: AsyncSession,
    provider: str,
    reference: str,
    minor: int | None,
    operator: str,
    reason: str,
    now: datetime,
) -> RefundOrder:
    """The order to give back a payment by its provider's reference: `minor` units, or all that is left of it.

    Raises NotRefundable.
    """
    found = await session.exec(
        select(TakenSettlement).where(
            TakenSettlement.provider == provider, TakenSettlement.provider_reference == reference
        )
    )
    taken = found.first()
    if taken is None:
        raise NotRefundable(f"this cloud has taken no payment {reference} by {provider}: check both")
    if minor is None:
        minor = taken.amount_minor - await _given_back(session, taken.lot_id, taken.settlement_id)
    amount = Money(minor, taken.currency)
    wish = Wish(uuid.uuid4().hex, taken.settlement_id, amount, operator, reason)
    return await open_refund(session, taken.lot_id, wish, now)


async def newest_refunds(session: AsyncSession) -> list[RefundOrder]:
    """The last refunds of all lots, newest first."""
    found = await session.exec(select(RefundOrder).order_by(col(RefundOrder.created_at).desc()).limit(MOST_LISTED))
    return list(found)


async def _given_back(session: AsyncSession, lot_id: str, settlement_id: str) -> int:
    """Minor units of a payment that were given back, or are about to be."""
    back = select(func.coalesce(func.sum(RefundOrder.amount_minor), 0)).where(
        RefundOrder.lot_id == lot_id,
        RefundOrder.settlement_id == settlement_id,
        col(RefundOrder.state) != "refused",
    )
    return int((await session.exec(back)).one())


def refused_order(lot_id: str, wish: Wish, why: str, now: datetime) -> RefundOrder:
    """The order of a wish that cannot be: kept, so that it is not tried again."""
    order = _order(lot_id, wish, now)
    order.state, order.text, order.done_at = "refused", why, now
    return order


def _order(lot_id: str, wish: Wish, now: datetime) -> RefundOrder:
    return RefundOrder(
        lot_id=lot_id,
        refund_id=wish.refund_id,
        settlement_id=wish.settlement_id,
        stay_id="",
        order_id="",
        amount_minor=wish.amount.minor,
        currency=wish.amount.currency,
        provider="",
        payment_reference="",
        operator=wish.operator,
        reason=wish.reason,
        state="pending",
        created_at=now,
    )
