"""What changes or explains the fee of a stay, over the loopback API."""

from fastapi import APIRouter

from lot_server.domain.coupon import Coupon
from lot_server.domain.quote import Quote
from lot_server.errors import NotDescribed
from lot_server.loopback.fee_schemas import CouponOrder, FeeView
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done, Order, SettlementAnswer
from lot_server.store.unit_of_work import SqliteWork


def fee_routes(lot: RunningLot) -> APIRouter:
    """The routes for fees; a lane that waits for payment looks at the fee again after each change."""
    router = APIRouter()

    @router.post("/stays/{stay_id}/coupons")
    async def apply_coupon(stay_id: str, order: CouponOrder) -> SettlementAnswer:
        coupon = Coupon(
            order.coupon_id, stay_id, order.merchant, order.kind, order.value, order.reason, lot.clock.now()
        )  # fmt: skip
        await lot.note(order.operator, "apply_coupon", f"{stay_id} {order.coupon_id}", order.reason)
        outcome = await lot.writer.transact(lambda work: lot.handlers.apply_coupon(work, coupon))
        lot.price_again(stay_id)
        return SettlementAnswer(outcome=outcome)

    @router.post("/stays/{stay_id}/lost-ticket")
    async def lose_ticket(stay_id: str, order: Order) -> Done:
        await lot.note(order.operator, "lose_ticket", stay_id, order.reason)
        await lot.writer.transact(lambda work: lot.handlers.lose_ticket(work, stay_id, order.operator, order.reason))
        lot.price_again(stay_id)
        return Done()

    @router.get("/stays/{stay_id}/fee")
    async def fee(stay_id: str) -> FeeView:
        def read(work: SqliteWork) -> tuple[Quote, str]:
            facts = work.lot()
            if facts is None:
                raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
            return lot.handlers.fee_of(work, stay_id), facts.time_zone

        quote, zone = await lot.writer.transact(read)
        return FeeView.of(stay_id, quote, zone)

    return router
