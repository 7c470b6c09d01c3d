"""What is on its way down to a lot, and what the lot answered."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.fees.service import refund_of, settlement_of
from api.tables import CloudAlert, DeliveryRow, RefundOrder, TakenSettlement
from cloud_sync.wire import Delivery, DeliveryAck

MAX_DELIVERIES = 100


async def undelivered(session: AsyncSession, lot_id: str) -> list[Delivery]:
    """The oldest settlements, then the oldest refunds, that the lot has not answered."""
    rows = await session.exec(
        select(DeliveryRow.delivery_id, TakenSettlement)
        .join(
            TakenSettlement,
            (col(TakenSettlement.lot_id) == DeliveryRow.lot_id)
            & (col(TakenSettlement.settlement_id) == DeliveryRow.settlement_id),
        )
        .where(DeliveryRow.lot_id == lot_id, col(DeliveryRow.outcome).is_(None))
        .order_by(col(DeliveryRow.created_at), DeliveryRow.delivery_id)
        .limit(MAX_DELIVERIES)
    )
    found = [Delivery(delivery_id, settlement_of(taken)) for delivery_id, taken in rows]
    return found + [Delivery(each.refund_id, None, refund_of(each)) for each in await _untold_refunds(session, lot_id)]


async def _untold_refunds(session: AsyncSession, lot_id: str) -> list[RefundOrder]:
    """The refunds that the lot has not answered, of payments that it has counted."""
    rows = await session.exec(
        select(RefundOrder)
        .join(
            DeliveryRow,
            (col(DeliveryRow.lot_id) == RefundOrder.lot_id)
            & (col(DeliveryRow.settlement_id) == RefundOrder.settlement_id),
        )
        .where(
            RefundOrder.lot_id == lot_id,
            RefundOrder.state == "done",
            col(RefundOrder.outcome).is_(None),
            DeliveryRow.outcome == "applied",
        )
        .order_by(col(RefundOrder.done_at), RefundOrder.refund_id)
        .limit(MAX_DELIVERIES)
    )
    return list(rows)


async def take_answer(session: AsyncSession, lot_id: str, answer: DeliveryAck, now: datetime) -> None:
    """Note a lot's answer, once; a refused settlement or refund raises an alert. One to nothing changes nothing."""
    row = await session.get(DeliveryRow, (lot_id, answer.delivery_id), with_for_update=True)
    if row is None:
        await _take_refund_answer(session, lot_id, answer, now)
        return
    if row.outcome is not None:
        return
    row.outcome, row.answered_at = answer.outcome, now
    session.add(row)
    if answer.outcome == "refused":
        taken = await session.get_one(TakenSettlement, (lot_id, row.settlement_id))
        session.add(
            CloudAlert(
                lot_id=lot_id,
                alert_id=f"delivery_refused:{row.delivery_id}",
                code="delivery_refused",
                order_id=taken.order_id,
                text=f"the lot does not know the stay {taken.stay_id}: refund the payment",
                raised_at=now,
            )
        )


async def _take_refund_answer(session: AsyncSession, lot_id: str, answer: DeliveryAck, now: datetime) -> None:
    order = await session.get(RefundOrder, (lot_id, answer.delivery_id), with_for_update=True)
    if order is None or order.state != "done" or order.outcome is not None:
        return
    order.outcome, order.answered_at = answer.outcome, now
    session.add(order)
    if answer.outcome == "refused":
        session.add(
            CloudAlert(
                lot_id=lot_id,
                alert_id=f"refund_not_counted:{order.refund_id}",
                code="refund_not_counted",
                order_id=order.order_id,
                text=f"the lot does not count a refund for stay {order.stay_id} that was given: compare both ledgers",
                raised_at=now,
            )
        )
