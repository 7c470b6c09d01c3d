"""What the lot is: its facts and price lists, every version of them, and who made it."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.forms import Form
from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.console.tariff_text import preview, read_tariff, write_tariff
from lot_server.domain.errors import DomainError
from lot_server.domain.events import LotDescribed, TariffPublished
from lot_server.domain.tariff import Tariff
from lot_server.errors import BadConfig, BadForm, StaleForm
from lot_server.facts import MILLIONTHS, counted
from lot_server.store.look import Look
from lot_server.store.lot_versions import DESCRIBES, PUBLISHES
from lot_server.store.unit_of_work import SqliteWork

MOST_SPACES = 1_000_000
MOST_TARIFF = 32_000
_TOLD = ("name", "address", "latitude", "longitude", "spaces", "kept_for_passes", "members_only")


def facts_routes(console: Console) -> APIRouter:
    """The pages and orders about the lot itself."""
    router, guard, lot = APIRouter(), console.guard, console.lot
    lanes = [(lane_id, lane.snapshot().direction) for lane_id, lane in lot.lanes.items()]

    def show(
        request: Request, visitor: Visitor, given: dict[str, str] | None = None, problem: Exception | None = None
    ) -> HTMLResponse:
        """The page; `given` is what somebody typed that could not be taken, for `problem`."""
        with console.store.look() as look:
            frame = Frame.of(look)
            values = {
                "versions": look.versions.facts(),
                "tariffs": look.versions.tariffs(),
                "current_tariff": look.work.tariff_at(lot.clock.now()).version,
                "given": given or _fields(frame.facts),
                "was": _fingerprint(frame.facts),
                "problem": problem,
                "lanes": lanes,
            }
        status = 200 if problem is None else 422
        return console.pages(request, visitor).show("facts.html", frame, values, status)

    @router.get("/facts")
    def facts(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """The lot's facts and how they came to be."""
        return show(request, visitor)

    @router.post("/facts")
    async def describe(request: Request, posted: Annotated[Posted, Depends(guard.form("administrator"))]) -> Response:
        """Change the lot's facts. Raises StaleForm where they changed since the form was shown."""
        form = posted.form
        try:
            changed, reason, was = _changed(form), form.reason(), form.text("was")
        except BadForm as error:
            return await run_in_threadpool(show, request, posted.visitor, dict(form.fields), error)

        def job(work: SqliteWork) -> None:
            now, stored = lot.clock.now(), work.lot()
            if stored is None or _fingerprint(stored) != was:
                raise StaleForm("somebody else changed the lot's facts meanwhile: look at them again")
            wanted = replace(changed, time_zone=stored.time_zone, currency=stored.currency)
            wanted = counted(work, wanted)
            if wanted != stored:
                work.trail.add(now, posted.who, DESCRIBES, lot.lot_id, reason)
                work.record(wanted, now)

        await lot.writer.transact(job)
        return RedirectResponse("/facts", 303)

    @router.get("/facts/tariffs/{version}")
    def tariff(
        request: Request, version: int, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]
    ) -> HTMLResponse:
        """One price list, what it makes of a few stays, and for administrators a form to make the next one of it."""
        with console.store.look() as look:
            frame, found = Frame.of(look), look.work.tariff(version)
        return show_tariff(request, visitor, frame, found, write_tariff(found))

    @router.post("/facts/tariffs/{version}")
    async def draft(
        request: Request, version: int, posted: Annotated[Posted, Depends(guard.form("administrator"))]
    ) -> Response:
        """Try a text out, or publish it with `publish` in the form. `version` is the list that it was made of."""
        form, visitor = posted.form, posted.visitor
        text = form.fields.get("text", "")

        def read() -> tuple[Frame, Tariff, Tariff]:
            with console.store.look() as look:
                frame, shown = Frame.of(look), look.work.tariff(version)
                return frame, shown, read_tariff(text[:MOST_TARIFF], _next(look), frame.facts)

        def again(problem: Exception) -> HTMLResponse:
            with console.store.look() as look:
                frame, shown = Frame.of(look), look.work.tariff(version)
            return show_tariff(request, visitor, frame, shown, text, problem=problem)

        try:
            frame, shown, drafted = await run_in_threadpool(read)
            reason = form.reason() if form.choice("publish") else ""
            if form.choice("publish") and form.number("next") != drafted.version:
                raise StaleForm("somebody else published a price list meanwhile: look at it first")
        except (BadConfig, BadForm, DomainError, StaleForm) as error:
            return await run_in_threadpool(again, error)
        if not reason:
            return await run_in_threadpool(show_tariff, request, visitor, frame, shown, text, drafted)

        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, posted.who, PUBLISHES, str(drafted.version), reason)
            work.record(TariffPublished(drafted), now)

        await lot.writer.transact(job)
        return RedirectResponse(f"/facts/tariffs/{drafted.version}", 303)

    def show_tariff(
        request: Request,
        visitor: Visitor,
        frame: Frame,
        shown: Tariff,
        text: str,
        drafted: Tariff | None = None,
        problem: Exception | None = None,
    ) -> HTMLResponse:
        now: datetime = lot.clock.now()
        priced = drafted or shown
        since = max(now, priced.valid_from)
        values = {
            "tariff": shown,
            "text": text,
            "drafted": drafted,
            "problem": problem,
            "since": since,
            "prices": preview(priced, since),
            "classes": [each.name for each in priced.classes],
        }
        status = 200 if problem is None else 422
        return console.pages(request, visitor).show("tariff.html", frame, values, status)

    return router


def _fields(facts: LotDescribed) -> dict[str, str]:
    told = {
        "name": facts.name,
        "address": facts.address,
        "latitude": f"{facts.latitude_e6 / MILLIONTHS:.6f}",
        "longitude": f"{facts.longitude_e6 / MILLIONTHS:.6f}",
        "spaces": str(facts.spaces),
        "kept_for_passes": str(facts.kept_for_passes),
        "members_only": "yes" if facts.members_only else "",
    }
    assert tuple(told) == _TOLD
    return told


def _fingerprint(facts: LotDescribed) -> str:
    """Tells whether the facts are those that a form was filled from; spaces fill and empty meanwhile."""
    return hashlib.sha256(repr(replace(facts, free_spaces=0, count=None)).encode()).hexdigest()[:16]


def _changed(form: Form) -> LotDescribed:
    """What the form says; zone, currency and free spaces are not its to say. Raises BadForm."""
    spaces = form.number("spaces")
    if not 1 <= spaces <= MOST_SPACES:
        raise BadForm(f"spaces must be 1 to {MOST_SPACES}")
    kept = form.number("kept_for_passes") if form.choice("kept_for_passes") else 0
    if not 0 <= kept <= spaces:
        raise BadForm("the spaces kept for pass holders must be 0 to all spaces")
    return LotDescribed(
        name=form.text("name"),
        address=form.text("address"),
        latitude_e6=_degrees(form, "latitude", 90),
        longitude_e6=_degrees(form, "longitude", 180),
        spaces=spaces,
        free_spaces=0,
        time_zone="",
        currency="",
        kept_for_passes=kept,
        members_only=form.choice("members_only") is not None,
    )


def _degrees(form: Form, name: str, most: int) -> int:
    try:
        degrees = float(form.text(name, 20))
    except ValueError as error:
        raise BadForm(f"{name} must be a number of degrees like 31.2304") from error
    if not -most <= degrees <= most:
        raise BadForm(f"{name} must be -{most} to {most}")
    return round(degrees * MILLIONTHS)


def _next(look: Look) -> int:
    latest = look.work.latest_tariff()
    return 1 if latest is None else latest.version + 1
