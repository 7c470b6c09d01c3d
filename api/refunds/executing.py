"""Carries refund orders out: asks from lots become orders, and each order is given to its provider until it answers."""

import asyncio
import logging
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Cloud
from api.errors import NotRefundable, ProviderFailed
from api.payments.provider import Payback, PaybackDone
from api.refunds.orders import Wish, open_refund, refused_order
from api.tables import CloudAlert, RefundAskRow, RefundOrder
from lot_server.domain.money import Money

log = logging.getLogger(__name__)
SWEEP_S = 2.0
SWEEP_ORDERS = 100


async def sweep_refunds(cloud: Cloud) -> None:
    """Open the orders that lots asked for, then carry out the oldest ones once, side by side."""
    async with cloud.database.reading() as session:
        asks = await _asks_without_order(session)
        pending = await _pending(session)
    for ask in asks:
        async with cloud.database.writing() as session:
            order = await _open(session, ask, cloud.clock.now())
            if order.state == "pending":
                pending.append(order)
    results = await asyncio.gather(*(carry_out(cloud, order) for order in pending), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        log.warning("%d of %d refunds not carried out yet: %s", len(failures), len(pending), failures[0])


async def carry_out(cloud: Cloud, order: RefundOrder) -> None:
    """Have the provider give money back, and tell the lot. Raises ProviderFailed; then it is tried again."""
    provider = cloud.providers.get(order.provider)
    if provider is None:
        raise ProviderFailed(f"the provider {order.provider} is no longer configured: put it back")
    amount = Money(order.amount_minor, order.currency)
    answer = await provider.pay_back(Payback(order.refund_id, order.order_id, order.payment_reference, amount))
    now = cloud.clock.now()
    async with cloud.database.writing() as session:
        stored = await session.get_one(RefundOrder, (order.lot_id, order.refund_id), with_for_update=True)
        if stored.state != "pending":
            return
        stored.done_at = now
        if isinstance(answer, PaybackDone):
            stored.state, stored.provider_reference = "done", answer.reference
            stored.refunded_at = min(answer.refunded_at, now)
        else:
            stored.state, stored.text = "refused", answer.why
            session.add(_alert(stored, now))
        session.add(stored)
    cloud.bell.ring(order.lot_id)


async def keep_refunding(cloud: Cloud) -> None:
    """Sweep until cancelled; a failure is logged and does not end it."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await sweep_refunds(cloud)
        except Exception:
            log.exception("carrying out refunds failed; the next sweep tries again")


async def _asks_without_order(session: AsyncSession) -> list[RefundAskRow]:
    ordered = select(RefundOrder.refund_id).where(
        RefundOrder.lot_id == RefundAskRow.lot_id, RefundOrder.refund_id == RefundAskRow.refund_id
    )
    found = await session.exec(
        select(RefundAskRow).where(~ordered.exists()).order_by(col(RefundAskRow.asked_at)).limit(SWEEP_ORDERS)
    )
    return list(found)


async def _pending(session: AsyncSession) -> list[RefundOrder]:
    found = await session.exec(
        select(RefundOrder)
        .where(RefundOrder.state == "pending")
        .order_by(col(RefundOrder.created_at))
        .limit(SWEEP_ORDERS)
    )
    return list(found)


async def _open(session: AsyncSession, ask: RefundAskRow, now: datetime) -> RefundOrder:
    amount = Money(ask.amount_minor, ask.currency)
    wish = Wish(ask.refund_id, ask.settlement_id, amount, ask.operator, ask.reason)
    try:
        return await open_refund(session, ask.lot_id, wish, now)
    except NotRefundable as error:
        order = refused_order(ask.lot_id, wish, str(error), now)
        session.add(order)
        session.add(_alert(order, now))
        return order


def _alert(order: RefundOrder, now: datetime) -> CloudAlert:
    return CloudAlert(
        lot_id=order.lot_id,
        alert_id=f"refund_refused:{order.refund_id}",
        code="refund_refused",
        order_id=order.order_id,
        text=f"{order.operator} asked for a refund that cannot be: {order.text}",
        raised_at=now,
    )
