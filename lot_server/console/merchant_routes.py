"""Merchants and their coupons: terms, codes to hand out, codes that drivers show, and the merchants' own page."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, cast, get_args
from zoneinfo import ZoneInfo

import segno
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.day import codes_csv
from lot_server.console.forms import Form
from lot_server.console.guard import VALIDATE, Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.console.wording import Wording
from lot_server.domain.coupon import CouponKind
from lot_server.domain.errors import DomainError
from lot_server.domain.merchant import MOST_CODES, CouponBatch, Merchant
from lot_server.domain.plate import normalise
from lot_server.errors import BadForm, LotError, MerchantLimit, UnknownMerchant, UnknownStay
from lot_server.identifiers import new_id
from lot_server.loopback.problems import status_of
from lot_server.store.unit_of_work import SqliteWork

KINDS: tuple[CouponKind, ...] = get_args(CouponKind)


def merchant_routes(console: Console) -> APIRouter:
    """The pages and orders about coupons."""
    router, guard, lot = APIRouter(), console.guard, console.lot
    validations = lot.handlers.validations

    @router.get("/merchants")
    def merchants(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("operator"))]) -> HTMLResponse:
        """All merchants with their terms, and the codes handed out."""
        with console.store.look() as look:
            record = look.work.money
            values = {
                "merchants": [(each, validations.given_today(look.work, each.name)) for each in record.merchants()],
                "batches": list(record.batches()),
                "kinds": KINDS,
                "most": MOST_CODES,
            }
            frame = Frame.of(look)
        return console.pages(request, visitor).show("merchants.html", frame, values)

    @router.post("/merchants")
    async def agree(posted: Annotated[Posted, Depends(guard.form("administrator"))]) -> RedirectResponse:
        """Agree on a merchant's terms, or change them. Raises BadForm, BadMerchant."""
        form = posted.form
        kind, value = _worth(form)
        active = form.choice("active") is not None
        merchant = Merchant(form.text("name", 60), kind, value, form.number("per_day"), active)

        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), posted.who, "agree_merchant", merchant.name, None)
            validations.agree(work, merchant, posted.who)

        await lot.writer.transact(job)
        return RedirectResponse("/merchants", 303)

    @router.post("/merchants/codes")
    async def issue(request: Request, posted: Annotated[Posted, Depends(guard.form("administrator"))]) -> Response:
        """Hand out codes: this answer alone has them, as a file or as a sheet of QR codes to print."""
        form, pages = posted.form, console.pages(request, posted.visitor)
        kind, value = _worth(form)
        merchant, count, reason = form.text("merchant", 60), form.number("count"), form.reason()
        if not 1 <= count <= MOST_CODES:
            raise BadForm(f"count must be 1 to {MOST_CODES}")

        def frame_now() -> Frame:
            with console.store.look() as look:
                return Frame.of(look)

        frame = await run_in_threadpool(frame_now)
        until = _end_of_day(form.text("valid_until"), frame.facts.time_zone)

        def job(work: SqliteWork) -> tuple[CouponBatch, tuple[str, ...]]:
            work.trail.add(lot.clock.now(), posted.who, "issue_coupons", merchant, f"{count} codes: {reason}")
            return validations.issue(work, merchant, kind, value, count, until, posted.who, reason)

        batch, codes = await lot.writer.transact(job)
        if form.choice("sheet"):
            sheet = [(code, _qr(code)) for code in codes]
            return await run_in_threadpool(pages.show, "codes.html", frame, {"batch": batch, "codes": sheet})
        words = Wording("en", frame.facts.time_zone, frame.facts.currency)
        headers = {"Content-Disposition": f'attachment; filename="{lot.lot_id}-codes-{batch.batch_id[:8]}.csv"'}
        return Response(codes_csv(batch, codes, words), media_type="text/csv; charset=utf-8", headers=headers)

    @router.post("/stays/{stay_id}/code")
    async def redeem(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Take the code that a driver shows. Raises UnknownCode, CouponConflict, UnknownStay."""
        code = posted.form.text("code", 64)

        def job(work: SqliteWork) -> None:
            coupon = validations.coupon_of(work, code, stay_id, posted.who)
            work.trail.add(lot.clock.now(), posted.who, "apply_coupon", stay_id, coupon.merchant)
            lot.handlers.apply_coupon(work, coupon)

        await lot.writer.transact(job)
        lot.price_again(stay_id)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    def show_own(
        request: Request, visitor: Visitor, given: str | None = None, problem: Exception | None = None
    ) -> HTMLResponse:
        """The merchant's page; `given` is the plate that just got a coupon."""
        name = visitor.account.merchant or ""
        with console.store.look() as look:
            terms = look.work.money.merchant(name)
            values = {
                "terms": terms,
                "today": validations.given_today(look.work, name),
                "given": given,
                "problem": problem,
                "key": new_id(),
            }
            frame = Frame.of(look)
        status = 200 if problem is None else status_of(problem) if isinstance(problem, LotError) else 422
        return console.pages(request, visitor).show("validate.html", frame, values, status)

    @router.get(VALIDATE)
    def own_page(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("merchant"))]) -> HTMLResponse:
        """Where a merchant gives a coupon."""
        return show_own(request, visitor)

    @router.post(VALIDATE)
    async def validate(request: Request, posted: Annotated[Posted, Depends(guard.form("merchant"))]) -> HTMLResponse:
        """Give the vehicle inside with exactly this plate or ticket a coupon, on the merchant's own terms."""
        form, visitor = posted.form, posted.visitor
        name = visitor.account.merchant or ""

        def job(work: SqliteWork) -> str:
            worth = form.number("value") if form.choice("value") else None
            coupon = validations.validation(work, name, form.text("plate", 64), worth, form.text("key", 64), posted.who)
            work.trail.add(lot.clock.now(), posted.who, "apply_coupon", coupon.stay_id, name)
            lot.handlers.apply_coupon(work, coupon)
            return coupon.stay_id

        try:
            stay_id = await lot.writer.transact(job)
        except (BadForm, DomainError, MerchantLimit, UnknownMerchant, UnknownStay) as error:
            return await run_in_threadpool(show_own, request, visitor, None, error)
        lot.price_again(stay_id)
        return await run_in_threadpool(show_own, request, visitor, normalise(form.text("plate", 64)))

    return router


def _worth(form: Form) -> tuple[CouponKind, int]:
    """Kind and value; amounts are typed as amounts. Raises BadForm."""
    kind = form.text("kind")
    if kind not in KINDS:
        raise BadForm(f"kind must be one of {', '.join(KINDS)}")
    if kind == "full":
        return "full", 0
    return cast(CouponKind, kind), form.minor("value") if kind == "amount" else form.number("value")


def _end_of_day(text: str, zone: str) -> datetime:
    """The end of a local day, in UTC. Raises BadForm."""
    try:
        following = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise BadForm("valid_until must be a day like 2026-12-31") from error
    return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _qr(code: str) -> str:
    return str(segno.make(code, micro=False).svg_inline(border=1, dark="#000", light="#fff", omitsize=True))
