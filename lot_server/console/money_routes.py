"""Money at the desk: payments and refunds of a stay, cash drawers, who still owes and who paid too much."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from lot_server.console.desk import desk_payment
from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement
from lot_server.errors import NotAllowed, UnknownSettlement, UnknownStay
from lot_server.identifiers import new_id
from lot_server.store.unit_of_work import SqliteWork

LISTED = 100
SHIFTS = 30


def money_routes(console: Console) -> APIRouter:
    """The pages and orders about money."""
    router, guard, lot = APIRouter(), console.guard, console.lot
    cashier = lot.handlers.cashier

    @router.get("/money")
    def money(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """One's own drawer, all drawers, over-payments and debts."""
        with console.store.look() as look:
            record = look.work.money
            own = record.open_shift(visitor.account.name)
            shifts = record.shifts(SHIFTS)
            values = {
                "own": own,
                "shifts": shifts,
                "totals": {each.shift_id: record.totals(each.shift_id) for each in shifts},
                "overpaid": look.work.owing.all("overpaid", LISTED),
                "owed": look.work.owing.all("owed", LISTED),
            }
            frame = Frame.of(look)
        return console.pages(request, visitor).show("money.html", frame, values)

    @router.post("/money/shift")
    async def open_shift(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Take a drawer into one's hands. Raises ShiftConflict, BadForm."""
        opening = Money(posted.form.minor("opening"), posted.form.text("currency", 3))

        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), posted.who, "open_shift", None, str(opening))
            cashier.open_shift(work, posted.who, opening)

        await lot.writer.transact(job)
        return RedirectResponse("/money", 303)

    @router.post("/money/shift/{shift_id}/close")
    async def close_shift(
        shift_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]
    ) -> RedirectResponse:
        """Count a drawer: one's own, or as an administrator any. Raises ShiftConflict, BadPayment, NotAllowed."""
        form = posted.form
        counted, note = Money(form.minor("counted"), form.text("currency", 3)), form.choice("note")

        def job(work: SqliteWork) -> None:
            shift = work.money.shift(shift_id)
            if shift is not None and shift.account != posted.who and not posted.visitor.account.may("administrator"):
                raise NotAllowed(f"this is the drawer of {shift.account}: its owner or an administrator counts it")
            work.trail.add(lot.clock.now(), posted.who, "close_shift", shift_id, f"{counted}: {note or ''}")
            cashier.close_shift(work, shift_id, counted, posted.who, note)

        await lot.writer.transact(job)
        return RedirectResponse("/money", 303)

    @router.post("/stays/{stay_id}/payment")
    async def pay(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Count money for a stay, inside or gone. Raises UnknownStay, SettlementConflict, BadForm."""
        paid, now = desk_payment(posted.form), lot.clock.now()
        settlement = Settlement(new_id(), stay_id, paid.amount, paid.provider, paid.reference, now, now)

        def job(work: SqliteWork) -> None:
            work.trail.add(now, posted.who, "take_payment", stay_id, paid.told)
            lot.handlers.apply_settlement(work, settlement, posted.who, paid.tendered_minor)

        await lot.writer.transact(job)
        lot.price_again(stay_id)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.post("/settlements/{settlement_id}/refund")
    async def refund(
        settlement_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]
    ) -> RedirectResponse:
        """Give money back; beyond what was paid too much only as an administrator.

        Raises UnknownSettlement, RefundExceeds, NotAllowed, BadForm.
        """
        form = posted.form
        amount, reason = Money(form.minor("amount"), form.text("currency", 3)), form.reason()
        reference = form.choice("slip") or form.text("reference")

        def job(work: SqliteWork) -> str:
            settlement = work.money.settlement(settlement_id)
            stay = None if settlement is None else work.stay(settlement.stay_id)
            if settlement is None or stay is None:
                raise UnknownSettlement(f"this lot has counted no payment {settlement_id}")
            known = work.money.refund_by_reference(settlement.provider, reference)
            beyond = known is None and amount.minor > cashier.excess(work, stay)
            if beyond and not posted.visitor.account.may("administrator"):
                raise NotAllowed("more than was paid too much is given back by an administrator")
            work.trail.add(lot.clock.now(), posted.who, "refund", settlement_id, f"{amount}: {reason}")
            cashier.give_back(work, settlement_id, amount, reference, posted.who, reason)
            return settlement.stay_id

        stay_id = await lot.writer.transact(job)
        lot.price_again(stay_id)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.post("/stays/{stay_id}/forgive")
    async def forgive(
        stay_id: str, posted: Annotated[Posted, Depends(guard.form("administrator"))]
    ) -> RedirectResponse:
        """Give up what a stay that left still owes. Raises NothingOwed, BadForm."""
        reason = posted.form.reason()

        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), posted.who, "forgive_debt", stay_id, reason)
            cashier.forgive(work, stay_id, posted.who, reason)

        await lot.writer.transact(job)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.get("/stays/{stay_id}/bill")
    def bill(
        request: Request, stay_id: str, visitor: Annotated[Visitor, Depends(guard.needs("operator"))]
    ) -> HTMLResponse:
        """The bill of a stay to print, in both languages. Raises UnknownStay."""
        pages = console.pages(request, visitor)
        with console.store.look() as look:
            frame, stay = Frame.of(look), look.work.stay(stay_id)
            if stay is None or stay.entered_at is None:
                raise UnknownStay(f"this lot has no stay {stay_id} that began")
            record = look.work.money
            values = {
                "stay": stay,
                "quote": lot.handlers.fee_of(look.work, stay_id),
                "settlements": look.work.settlements(stay_id),
                "taken_as": record.taken_as(stay_id),
                "refunds": record.refunds(stay_id),
                "both": pages.both(frame),
            }
        return pages.show("printed_bill.html", frame, values)

    return router
