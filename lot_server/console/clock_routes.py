"""The lot's clock on the console: what it shows, and ending a doubt about it."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.errors import BadForm

PAGE = "/clock"


def clock_routes(console: Console) -> APIRouter:
    """The page and its order."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    def frame_now() -> Frame:
        with console.store.look() as look:
            return Frame.of(look)

    @router.get(PAGE)
    def show(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """Both clocks, and the doubt."""
        machine = None if lot.clock_watch is None else lot.clock_watch.machine
        return console.pages(request, visitor).show("clock.html", frame_now(), {"machine": machine})

    @router.post(PAGE)
    async def confirm(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Trust the machine's clock, or set the time that the form gives. Raises ClockNotDoubted, BadForm."""
        reason, given = posted.form.reason(), posted.form.choice("time")
        instant = None
        if given is not None:
            frame = await run_in_threadpool(frame_now)
            instant = _instant(given, frame.facts.time_zone)
        await lot.note(posted.who, "confirm_clock", given, reason)
        await lot.watch().confirm(posted.who, reason, instant)
        return RedirectResponse(PAGE, 303)

    return router


def _instant(text: str, zone: str) -> datetime:
    """The instant of a browser's local date and time, by the lot's zone. Raises BadForm."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadForm("time must be a date and a time") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
