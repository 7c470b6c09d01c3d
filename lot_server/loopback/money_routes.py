"""Refunds, payments at the desk, debts and cash drawers, over the loopback API."""

from typing import Annotated

from fastapi import APIRouter, Body

from lot_server.domain.clock import to_text
from lot_server.domain.codec import Json, from_body
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.domain.shift import AT_DESK
from lot_server.domain.stay import Settlement
from lot_server.errors import NotDescribed
from lot_server.identifiers import new_id
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.money_schemas import (
    Balances,
    BalanceView,
    DeskPayment,
    Payments,
    PaymentView,
    RefundAnswer,
    RefundOrder,
    ShiftClosing,
    ShiftOpening,
    Shifts,
    ShiftView,
)
from lot_server.loopback.schemas import Amount, Done, Order, SettlementAnswer
from lot_server.store.owing import Side
from lot_server.store.unit_of_work import SqliteWork

MOST_BALANCES = 500
MOST_SHIFTS = 100


def money_routes(lot: RunningLot) -> APIRouter:
    """The routes for money; a lane that waits for payment looks at the fee again after each change."""
    router, cashier = APIRouter(), lot.handlers.cashier

    @router.post("/refunds")
    async def refund(body: Annotated[Json, Body()]) -> SettlementAnswer:
        """What the cloud's provider gave back."""
        found = from_body(Refund, body)
        outcome = await lot.writer.transact(lambda work: cashier.apply_refund(work, found))
        lot.price_again(found.stay_id)
        return SettlementAnswer(outcome=outcome)

    @router.post("/stays/{stay_id}/payments")
    async def pay(stay_id: str, payment: DeskPayment) -> SettlementAnswer:
        amount, now = Money(payment.amount_minor, payment.currency), lot.clock.now()
        settlement = Settlement(
            new_id(), stay_id, amount, payment.provider, payment.provider_reference, now, now
        )  # fmt: skip
        told = f"{amount}, {payment.provider} {payment.provider_reference}"
        await lot.note(payment.operator, "take_payment", stay_id, told)
        outcome = await lot.writer.transact(
            lambda work: lot.handlers.apply_settlement(work, settlement, payment.operator, payment.tendered_minor)
        )
        lot.price_again(stay_id)
        return SettlementAnswer(outcome=outcome)

    @router.get("/stays/{stay_id}/payments")
    async def payments(stay_id: str) -> Payments:
        def read(work: SqliteWork) -> Payments:
            return Payments(
                payments=tuple(
                    PaymentView(
                        settlement_id=each.settlement_id,
                        provider=each.provider,
                        provider_reference=each.provider_reference,
                        settled_at=to_text(each.settled_at),
                        amount=Amount.of(each.amount),
                        refundable_minor=cashier.refundable(work, each),
                    )
                    for each in work.settlements(stay_id)
                )
            )

        return await lot.writer.transact(read)

    @router.post("/settlements/{settlement_id}/refunds")
    async def give_back(settlement_id: str, order: RefundOrder) -> RefundAnswer:
        amount = Money(order.amount_minor, order.currency)
        await lot.note(order.operator, "refund", settlement_id, f"{amount}: {order.reason}")

        def job(work: SqliteWork) -> tuple[RefundAnswer, str]:
            outcome = cashier.give_back(work, settlement_id, amount, order.reference, order.operator, order.reason)
            settlement = work.money.settlement(settlement_id)
            assert settlement is not None
            asked = outcome == "applied" and settlement.provider not in AT_DESK
            return RefundAnswer(outcome="asked" if asked else outcome), settlement.stay_id

        answer, stay_id = await lot.writer.transact(job)
        lot.price_again(stay_id)
        return answer

    @router.post("/stays/{stay_id}/forgive")
    async def forgive(stay_id: str, order: Order) -> Done:
        await lot.note(order.operator, "forgive_debt", stay_id, order.reason)
        await lot.writer.transact(lambda work: cashier.forgive(work, stay_id, order.operator, order.reason))
        return Done()

    @router.get("/balances/{side}")
    async def balances(side: Side) -> Balances:
        def read(work: SqliteWork) -> Balances:
            facts = work.lot()
            if facts is None:
                raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
            found = work.owing.all(side, MOST_BALANCES)
            return Balances(currency=facts.currency, stays=tuple(BalanceView.of(each) for each in found))

        return await lot.writer.transact(read)

    @router.get("/shifts")
    async def shifts() -> Shifts:
        found = await lot.writer.transact(lambda work: work.money.shifts(MOST_SHIFTS))
        return Shifts(shifts=tuple(ShiftView.of(each) for each in found))

    @router.post("/shifts", status_code=201)
    async def open_shift(order: ShiftOpening) -> ShiftView:
        opening = Money(order.amount_minor, order.currency)
        await lot.note(order.account, "open_shift", None, str(opening))
        return ShiftView.of(await lot.writer.transact(lambda work: cashier.open_shift(work, order.account, opening)))

    @router.post("/shifts/{shift_id}/close")
    async def close_shift(shift_id: str, order: ShiftClosing) -> ShiftView:
        counted = Money(order.amount_minor, order.currency)
        await lot.note(order.operator, "close_shift", shift_id, f"{counted}: {order.note or ''}")
        return ShiftView.of(
            await lot.writer.transact(
                lambda work: cashier.close_shift(work, shift_id, counted, order.operator, order.note)
            )
        )

    return router
