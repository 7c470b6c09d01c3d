"""Merchants' terms, and coupons handed out as codes, over the loopback API."""

from fastapi import APIRouter
from pydantic import Field

from lot_server.domain.clock import from_text, to_text
from lot_server.domain.coupon import CouponKind
from lot_server.domain.merchant import MOST_CODES, Merchant
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done, Message, Order, SettlementAnswer
from lot_server.store.unit_of_work import SqliteWork


class MerchantView(Message):
    """A merchant's terms, and how many coupons its accounts gave today."""

    name: str
    kind: CouponKind
    value: int
    per_day: int
    active: bool
    given_today: int


class Merchants(Message):
    merchants: tuple[MerchantView, ...]


class MerchantOrder(Message):
    operator: str = Field(min_length=1, max_length=100)
    name: str
    kind: CouponKind
    value: int = Field(default=0, ge=0)
    per_day: int = Field(ge=0)
    active: bool = True


class BatchOrder(Order):
    """Hand out `count` codes; `valid_until` is an ISO 8601 time with its zone."""

    merchant: str
    kind: CouponKind
    value: int = Field(default=0, ge=0)
    count: int = Field(ge=1, le=MOST_CODES)
    valid_until: str


class BatchView(Message):
    """A batch; `codes` are in this one answer alone."""

    batch_id: str
    merchant: str
    kind: CouponKind
    value: int
    valid_until: str
    codes: tuple[str, ...]


class CodeOrder(Order):
    code: str = Field(min_length=1, max_length=64)


def merchant_routes(lot: RunningLot) -> APIRouter:
    """The routes for merchants and codes."""
    router, validations = APIRouter(), lot.handlers.validations

    @router.get("/merchants")
    async def merchants() -> Merchants:
        def read(work: SqliteWork) -> Merchants:
            return Merchants(
                merchants=tuple(
                    MerchantView(
                        name=each.name,
                        kind=each.kind,
                        value=each.value,
                        per_day=each.per_day,
                        active=each.active,
                        given_today=validations.given_today(work, each.name),
                    )
                    for each in work.money.merchants()
                )
            )

        return await lot.writer.transact(read)

    @router.post("/merchants")
    async def agree(order: MerchantOrder) -> Done:
        merchant = Merchant(order.name, order.kind, order.value, order.per_day, order.active)
        await lot.note(order.operator, "agree_merchant", order.name, None)
        await lot.writer.transact(lambda work: validations.agree(work, merchant, order.operator))
        return Done()

    @router.post("/coupon-batches", status_code=201)
    async def issue(order: BatchOrder) -> BatchView:
        until = from_text(order.valid_until)
        await lot.note(order.operator, "issue_coupons", order.merchant, f"{order.count} codes: {order.reason}")
        batch, codes = await lot.writer.transact(
            lambda work: validations.issue(
                work, order.merchant, order.kind, order.value, order.count, until, order.operator, order.reason
            )
        )
        return BatchView(
            batch_id=batch.batch_id,
            merchant=batch.merchant,
            kind=batch.kind,
            value=batch.value,
            valid_until=to_text(batch.valid_until),
            codes=codes,
        )

    @router.post("/stays/{stay_id}/codes")
    async def redeem(stay_id: str, order: CodeOrder) -> SettlementAnswer:
        # The code itself is worth money until it is used: the trail does not keep it.
        await lot.note(order.operator, "apply_coupon", stay_id, order.reason)

        def job(work: SqliteWork) -> SettlementAnswer:
            coupon = validations.coupon_of(work, order.code, stay_id, order.reason)
            return SettlementAnswer(outcome=lot.handlers.apply_coupon(work, coupon))

        answer = await lot.writer.transact(job)
        lot.price_again(stay_id)
        return answer

    return router
