"""What a provider's notice changes: an order's state, and the settlement it becomes, once for ever.

The order's transitions: pending to paid or expired; an expired one may still be paid, which is flagged.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import UnknownOrder
from api.fees.service import quote_stay
from api.payments.provider import Notice, OrderExpired, OrderPaid
from api.tables import CloudAlert, DeliveryRow, PaymentOrder, StayRow, TakenSettlement
from lot_server.domain.money import Money

Outcome = Literal["settled", "already_settled", "alerted", "noted"]
FLAGS = {
    "order_already_paid": "paid a second time under another reference: refund one of the two",
    "stay_gone": "paid after the vehicle had left: refund it if the stay was settled otherwise",
    "nothing_was_due": "paid although the stay had been settled meanwhile: refund it",
    "order_expired": "paid after the order had expired: what was due may have grown since",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a notice, and the order as it stands now; `settled` means a new delivery for its lot."""

    outcome: Outcome
    order: PaymentOrder


async def apply_notice(session: AsyncSession, provider: str, notice: Notice, now: datetime) -> Applied:
    """Apply a verified notice, whichever came before it and however often. Raises UnknownOrder."""
    found = await session.exec(
        select(PaymentOrder)
        .where(PaymentOrder.order_id == notice.order_id, PaymentOrder.provider == provider)
        .with_for_update()
    )
    order = found.first()
    if order is None:
        raise UnknownOrder("there is no such payment order here: it may belong to another cloud")
    if isinstance(notice, OrderPaid):
        return Applied(await _pay(session, order, notice, now), order)
    if isinstance(notice, OrderExpired) and order.state == "pending":
        order.state = "expired"
        session.add(order)
    return Applied("noted", order)


async def _pay(session: AsyncSession, order: PaymentOrder, payment: OrderPaid, now: datetime) -> Outcome:
    reference, paid_at = payment.reference, min(payment.paid_at, now)
    found = await session.exec(
        select(TakenSettlement).where(
            TakenSettlement.provider == order.provider, TakenSettlement.provider_reference == reference
        )
    )
    if found.first() is not None:
        return "already_settled"
    wanted = Money(order.amount_minor, order.currency)
    if payment.amount != wanted:
        text = f"{payment.amount} paid where {wanted} was asked"
        await _alert(session, order, "wrong_amount", reference, text, now)
        return "alerted"
    flag = await _flag(session, order, paid_at)
    if flag is not None:
        await _alert(session, order, flag, reference, FLAGS[flag], now)
    await _settle(session, order, reference, paid_at, now, flag)
    order.state, order.paid_at = "paid", order.paid_at or paid_at
    session.add(order)
    return "settled"


async def _flag(session: AsyncSession, order: PaymentOrder, paid_at: datetime) -> str | None:
    if order.state == "paid":
        return "order_already_paid"
    stay = await session.get_one(StayRow, (order.lot_id, order.stay_id))
    if stay.state != "open":
        return "stay_gone"
    if (await quote_stay(session, stay, paid_at)).due.minor == 0:
        return "nothing_was_due"
    return "order_expired" if order.state == "expired" or paid_at > order.expires_at else None


async def _settle(
    session: AsyncSession, order: PaymentOrder, reference: str, paid_at: datetime, now: datetime, flag: str | None
) -> None:
    """The settlement and its delivery, in the one transaction."""
    settlement_id = uuid.uuid4().hex
    session.add(
        TakenSettlement(
            lot_id=order.lot_id,
            settlement_id=settlement_id,
            order_id=order.order_id,
            stay_id=order.stay_id,
            amount_minor=order.amount_minor,
            currency=order.currency,
            provider=order.provider,
            provider_reference=reference,
            # An expired quote is not honoured: what was due when the money came decides whether it suffices.
            quoted_at=paid_at if flag == "order_expired" else order.quoted_at,
            settled_at=paid_at,
            flag=flag,
        )
    )
    # The delivery refers to the settlement, so that one goes first.
    await session.flush()
    session.add(
        DeliveryRow(lot_id=order.lot_id, delivery_id=uuid.uuid4().hex, settlement_id=settlement_id, created_at=now)
    )


async def _alert(
    session: AsyncSession, order: PaymentOrder, code: str, reference: str, text: str, now: datetime
) -> None:
    alert_id = f"{code}:{order.provider}:{reference}"
    if await session.get(CloudAlert, (order.lot_id, alert_id)) is None:
        session.add(
            CloudAlert(
                lot_id=order.lot_id, alert_id=alert_id, code=code, order_id=order.order_id, text=text, raised_at=now
            )
        )
