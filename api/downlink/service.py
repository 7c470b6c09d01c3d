"""What is on its way down to a lot, and what the lot answered."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.fees.service import settlement_of
from api.tables import CloudAlert, DeliveryRow, TakenSettlement
from cloud_sync.wire import Delivery, DeliveryAck

MAX_DELIVERIES = 100


async def undelivered(session: AsyncSession, lot_id: str) -> list[Delivery]:
    """The oldest deliveries that the lot has not answered."""
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
    return [Delivery(delivery_id, settlement_of(taken)) for delivery_id, taken in rows]


async def take_answer(session: AsyncSession, lot_id: str, answer: DeliveryAck, now: datetime) -> None:
    """Note a lot's answer, once; a refused settlement raises an alert. An answer to nothing changes nothing."""
    row = await session.get(DeliveryRow, (lot_id, answer.delivery_id), with_for_update=True)
    if row is None or row.outcome is not None:
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
