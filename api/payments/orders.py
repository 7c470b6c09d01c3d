"""Payment orders: one for each idempotency key, opened at a provider."""

import re
import secrets

from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Cloud
from api.errors import IdempotencyConflict, NothingDue, PaymentUnavailable, UnknownOrder
from api.fees.query import admit, inside, price_and_note
from api.fees.service import Priced
from api.payments.provider import Checkout, PaymentProvider
from api.tables import LotRow, PaymentOrder
from lot_server.domain.money import Money

ORDER_ID = re.compile(r"[A-Za-z0-9_-]{24}")


async def open_order(cloud: Cloud, lot_id: str, spelling: str, key: str, address: str) -> PaymentOrder:
    """The order of this key, which is new or the same as before, with its pay page.

    Two transactions, because the provider is asked between them: first the order is on disk, then its page.
    Raises PlateNotInside, NothingDue, IdempotencyConflict, PaymentUnavailable, ProviderFailed, TooManyRequests.
    """
    provider = _provider(cloud)
    plate = admit(cloud, lot_id, spelling, address)
    try:
        order = await _reserve(cloud, provider.name, lot_id, plate, key, address)
    except IntegrityError:
        # Another request with this key was faster: what it stored is found now.
        order = await _reserve(cloud, provider.name, lot_id, plate, key, address)
    if order.plate != plate:
        raise IdempotencyConflict("this Idempotency-Key was used for another plate: make a new key for a new order")
    if order.pay_url is None:
        await _open_at(cloud, provider, order)
    return order


async def find_order(session: AsyncSession, order_id: str) -> PaymentOrder:
    """Raises UnknownOrder."""
    order = None
    if ORDER_ID.fullmatch(order_id):
        found = await session.exec(select(PaymentOrder).where(PaymentOrder.order_id == order_id))
        order = found.first()
    if order is None:
        raise UnknownOrder("there is no such payment order: start again from the lot's page")
    return order


def _provider(cloud: Cloud) -> PaymentProvider:
    for provider in cloud.providers.values():
        return provider
    raise PaymentUnavailable("this cloud has no payment provider: pay at the barrier")


async def _reserve(cloud: Cloud, provider: str, lot_id: str, plate: str, key: str, address: str) -> PaymentOrder:
    async with cloud.database.writing() as session:
        found = await session.exec(
            select(PaymentOrder).where(PaymentOrder.lot_id == lot_id, PaymentOrder.idempotency_key == key)
        )
        order, priced = found.first(), None
        if order is None:
            priced = await price_and_note(session, cloud, lot_id, plate, address)
            if priced is not None and priced.quote.due.minor > 0:
                order = _order(provider, priced, key)
                session.add(order)
    if order is None:
        inside(priced)
        raise NothingDue("nothing is due for this stay: drive to the exit")
    return order


def _order(provider: str, priced: Priced, key: str) -> PaymentOrder:
    quote = priced.quote
    return PaymentOrder(
        lot_id=priced.lot.lot_id,
        order_id=secrets.token_urlsafe(18),
        stay_id=priced.stay.stay_id,
        plate=priced.plate,
        idempotency_key=key,
        state="pending",
        amount_minor=quote.due.minor,
        currency=quote.due.currency,
        provider=provider,
        quoted_at=quote.at,
        created_at=quote.at,
        expires_at=quote.honoured_until,
    )


async def _open_at(cloud: Cloud, provider: PaymentProvider, order: PaymentOrder) -> None:
    public_url = cloud.config.server.public_url
    async with cloud.database.reading() as session:
        lot = await session.get_one(LotRow, order.lot_id)
    pay_url = await provider.open(
        Checkout(
            order.order_id,
            Money(order.amount_minor, order.currency),
            lot.name,
            order.expires_at,
            f"{public_url}/pay/status/{order.order_id}",
            f"{public_url}/v1/payments/{provider.name}/webhook",
        )
    )
    async with cloud.database.writing() as session:
        stored = await session.get_one(PaymentOrder, (order.lot_id, order.order_id))
        stored.pay_url = pay_url
        session.add(stored)
    order.pay_url = pay_url
