"""Follows pending orders whose webhook has not come: asks the provider, and lets what nobody paid expire."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from api.deps import Cloud
from api.errors import ProviderFailed
from api.fees.service import quote_stay
from api.payments.orders import find_order
from api.payments.provider import Notice, OrderExpired, OrderPaid
from api.payments.settling import Applied, apply_notice
from api.tables import PaymentOrder, RefundOrder, StayRow

log = logging.getLogger(__name__)
SWEEP_S = 5.0
SWEEP_ORDERS = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as it stands now; `leave_by` while its paid stay may leave, `inside` while the vehicle has not left.

    `refunded_minor` is what its provider gave back of it.
    """

    order: PaymentOrder
    leave_by: datetime | None
    inside: bool
    refunded_minor: int


async def read_order(cloud: Cloud, order_id: str) -> Standing:
    """How an order stands; a pending one is asked for at its provider first. Raises UnknownOrder."""
    async with cloud.database.reading() as session:
        order = await find_order(session, order_id)
    if order.state == "pending" and cloud.order_queries.allows(order_id) == 0:
        try:
            order = await follow(cloud, order)
        except ProviderFailed as error:
            # The page shows what is known, still pending; it or the sweep asks again.
            log.warning("order of lot %s not followed: %s", order.lot_id, error)
    async with cloud.database.reading() as session:
        stay = await session.get_one(StayRow, (order.lot_id, order.stay_id))
        inside = stay.state == "open"
        back = select(func.coalesce(func.sum(RefundOrder.amount_minor), 0)).where(
            RefundOrder.lot_id == order.lot_id, RefundOrder.order_id == order.order_id, RefundOrder.state == "done"
        )
        refunded = int((await session.exec(back)).one())
        if order.state != "paid" or not inside:
            return Standing(order, None, inside, refunded)
        return Standing(order, (await quote_stay(session, stay, cloud.clock.now())).leave_by, inside, refunded)


async def follow(cloud: Cloud, order: PaymentOrder) -> PaymentOrder:
    """Ask the provider what became of an order, and apply its answer. Raises ProviderFailed."""
    provider = cloud.providers.get(order.provider)
    if provider is None:
        raise ProviderFailed(f"the provider {order.provider} is no longer configured: put it back")
    notice = await provider.ask(order.order_id)
    if not isinstance(notice, OrderPaid):
        if cloud.clock.now() <= order.expires_at:
            return order
        notice = OrderExpired(order.order_id)
    return (await take_notice(cloud, provider.name, notice)).order


async def take_notice(cloud: Cloud, provider: str, notice: Notice) -> Applied:
    """Apply a notice in one transaction, and wake the lot's connection for what it brings. Raises UnknownOrder."""
    async with cloud.database.writing() as session:
        applied = await apply_notice(session, provider, notice, cloud.clock.now())
    if applied.outcome == "settled":
        cloud.bell.ring(applied.order.lot_id)
    return applied


async def sweep(cloud: Cloud) -> None:
    """Follow the oldest pending orders once, side by side, so that one that fails holds up no other."""
    async with cloud.database.reading() as session:
        found = await session.exec(
            select(PaymentOrder)
            .where(PaymentOrder.state == "pending")
            .order_by(col(PaymentOrder.created_at))
            .limit(SWEEP_ORDERS)
        )
        pending = found.all()
    results = await asyncio.gather(*(follow(cloud, order) for order in pending), return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        log.warning("%d of %d pending orders not followed: %s", len(failures), len(pending), failures[0])


async def keep_sweeping(cloud: Cloud) -> None:
    """Sweep until cancelled; a failure is logged and does not end it."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await sweep(cloud)
        except Exception:
            log.exception("following pending orders failed; the next sweep tries again")
