"""The stays: those inside and those that left, found by a part of the plate, and each with all that is known of it."""

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from lot_server import disputes
from lot_server.console.desk import money_of
from lot_server.console.guard import Posted
from lot_server.console.pages import Frame, Pages
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import PlateColor, normalise
from lot_server.domain.vehicle import VehicleClass
from lot_server.errors import BadForm, UnknownStay
from lot_server.lane_view import LaneSnapshot
from lot_server.store.stay_list import StaySort, Whereabouts
from lot_server.store.unit_of_work import SqliteWork

PAGE = 50
MOST_PART = 64
MOST_PAGES = 10_000
COLORS: tuple[PlateColor, ...] = get_args(PlateColor)
VEHICLES: tuple[VehicleClass, ...] = get_args(VehicleClass)


def stay_routes(console: Console) -> APIRouter:
    """The pages and orders about stays."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    @router.get("/stays")
    def stays(
        request: Request,
        visitor: Annotated[Visitor, Depends(guard.needs("viewer"))],
        q: Annotated[str, Query(max_length=MOST_PART)] = "",
        where: Whereabouts = "inside",
        sort: StaySort = "newest",
        page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
        lane: Annotated[str, Query(max_length=MOST_PART)] = "",
    ) -> HTMLResponse:
        """A list; `lane` is an exit whose vehicle's stay is looked for."""
        part = _part(q)
        with console.store.look() as look:
            frame = Frame.of(look)
            first = (page - 1) * PAGE
            total, found = (0, []) if part is None else look.stays.page(where, part, sort, first, PAGE)
        values = {
            "q": q,
            "where": where,
            "sort": sort,
            "page": page,
            "pages": max(1, -(-total // PAGE)),
            "lane": lane,
            "total": total,
            "stays": found,
        }
        return console.pages(request, visitor).show("stays.html", frame, values)

    @router.get("/stays/{stay_id}")
    async def stay(
        request: Request, stay_id: str, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]
    ) -> HTMLResponse:
        """One stay. Raises UnknownStay."""
        snapshots = [lane.snapshot() for lane in lot.lanes.values()]
        here = next((each for each in snapshots if each.stay_id == stay_id and each.direction == "exit"), None)
        return await run_in_threadpool(_stay, console.pages(request, visitor), stay_id, here)

    def _stay(pages: Pages, stay_id: str, here: LaneSnapshot | None) -> HTMLResponse:
        """The page of a stay; `here` is the exit where its vehicle stands now."""
        with console.store.look() as look:
            frame, found = Frame.of(look), look.work.stay(stay_id)
            if found is None:
                raise UnknownStay(f"this lot has no stay {stay_id}")
            passages = look.lanes.of_stay(stay_id)
            values = {
                "stay": found,
                "entry": next((each for each in passages if each.direction == "entry"), None),
                "exit": next((each for each in reversed(passages) if each.direction == "exit"), None),
                "passages": passages,
                "quote": None if found.entered_at is None else lot.handlers.fee_of(look.work, stay_id),
                **money_of(look, lot.handlers, found),
                "disputes": look.work.disputes(stay_id),
                "corrections": look.lanes.corrections(stay_id),
                "alerts": look.lanes.alerts(stay_id),
                "colors": COLORS,
                "vehicles": VEHICLES,
                "inside": found.state in ("open", "intended"),
                "here": here,
            }
        return pages.show("stay.html", frame, values)

    @router.post("/stays/{stay_id}/plate")
    async def correct(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Change or confirm a plate. Raises UnknownStay, BadPlate, BadForm."""
        form = posted.form
        plate, color, reason = form.text("plate", 64), _color(form.choice("color")), form.reason()

        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), posted.who, "correct_plate", stay_id, reason)
            lot.handlers.correct_plate(work, stay_id, plate, posted.who, reason, color)

        await lot.writer.transact(job)
        lot.price_again(stay_id)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.post("/stays/{stay_id}/vehicle")
    async def class_vehicle(
        stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]
    ) -> RedirectResponse:
        """Say what kind of vehicle it is. Raises UnknownStay, BadForm."""
        vehicle, reason = _vehicle(posted.form.text("vehicle")), posted.form.reason()

        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), posted.who, "class_vehicle", stay_id, reason)
            lot.handlers.class_vehicle(work, stay_id, vehicle, posted.who, reason)

        await lot.writer.transact(job)
        lot.price_again(stay_id)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.post("/stays/{stay_id}/ticket")
    async def lose(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """The driver lost the ticket. Raises UnknownStay, BadForm."""
        reason = posted.form.reason()

        def job(work: SqliteWork) -> None:
            work.trail.add(lot.clock.now(), posted.who, "lose_ticket", stay_id, reason)
            lot.handlers.lose_ticket(work, stay_id, posted.who, reason)

        await lot.writer.transact(job)
        lot.price_again(stay_id)
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.post("/stays/{stay_id}/dispute")
    async def dispute(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Somebody disputes the stay. Raises UnknownStay, BadForm."""
        reason, now = posted.form.reason(), lot.clock.now()
        await lot.note(posted.who, "dispute_stay", stay_id, reason)
        await lot.writer.transact(lambda work: disputes.dispute(work, stay_id, posted.who, reason, now))
        return RedirectResponse(f"/stays/{stay_id}", 303)

    @router.post("/stays/{stay_id}/dispute/end")
    async def end(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """The dispute is over. Raises NothingDisputed, BadForm."""
        reason, now = posted.form.reason(), lot.clock.now()
        await lot.note(posted.who, "end_dispute", stay_id, reason)
        await lot.writer.transact(lambda work: disputes.end_dispute(work, stay_id, posted.who, reason, now))
        return RedirectResponse(f"/stays/{stay_id}", 303)

    return router


def _part(text: str) -> str | None:
    """A part of a plate as plates are stored, "" for all of them; None for what no plate or ticket contains."""
    if not text.strip():
        return ""
    try:
        return normalise(text)
    except BadPlate:
        return None


def _vehicle(text: str) -> VehicleClass:
    found = next((each for each in VEHICLES if each == text), None)
    if found is None:
        raise BadForm(f"vehicle must be one of {', '.join(VEHICLES)}")
    return found


def _color(text: str | None) -> PlateColor | None:
    found = next((each for each in COLORS if each == text), None)
    if text is not None and found is None:
        raise BadForm(f"color must be one of {', '.join(COLORS)}")
    return found
