"""The lanes live: what stands where, and the orders an operator gives there."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from lot_server.console.desk import desk_payment
from lot_server.console.guard import Posted
from lot_server.console.live import LOOK_S, LotNow
from lot_server.console.pages import Pages
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.errors import NothingWaits, NotSignedIn, TooManyWatchers, UnknownLane, UnknownStay
from lot_server.lane_loop import LaneLoop

MOST_WATCHERS = 32
PROVE_S = 5.0
"""How often a watcher's sign-in is looked at, and a sign of life sent."""


def lane_routes(console: Console, ending: asyncio.Event) -> APIRouter:
    """The pages and orders; `ending` lets the watchers go."""
    router, guard, lot = APIRouter(), console.guard, console.lot
    watchers = [0]

    @router.get("/")
    async def lanes(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """All lanes."""
        pages, now = console.pages(request, visitor), await console.live.now(fresh=True)
        parts = await run_in_threadpool(_parts, pages, now)
        return await run_in_threadpool(pages.show, "lanes.html", now.frame, {"lot": now, "parts": parts})

    @router.get("/events")
    async def events(
        request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]
    ) -> StreamingResponse:
        """The parts of the lanes' page that changed, as server-sent events. Raises TooManyWatchers."""
        if watchers[0] >= MOST_WATCHERS:
            raise TooManyWatchers(f"{MOST_WATCHERS} pages watch the lanes already: close some")
        pages = console.pages(request, visitor)

        async def watched() -> AsyncIterator[str]:
            watchers[0] += 1
            try:
                async for event in _watch(console, pages, visitor, ending):
                    yield event
            finally:
                watchers[0] -= 1

        return StreamingResponse(watched(), media_type="text/event-stream")

    @router.post("/lanes/{lane_id}/open")
    async def open_lane(lane_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Let the vehicle through, or open for nobody. Raises UnknownLane, NothingWaits and what a decision raises."""
        lane, reason = _still_there(lane_id, posted), posted.form.reason()
        await lot.note(posted.who, "open_lane", lane_id, reason)
        await lane.open(posted.who, reason)
        return RedirectResponse("/", 303)

    @router.post("/lanes/{lane_id}/resolve")
    async def resolve(lane_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Say whose vehicle stands at an exit. Raises UnknownLane, UnknownStay, NothingWaits."""
        lane, stay_id, reason = _still_there(lane_id, posted), posted.form.text("stay_id"), posted.form.reason()
        await lot.note(posted.who, "resolve_stay", f"{lane_id} {stay_id}", reason)
        await lane.resolve(stay_id, posted.who, reason)
        return RedirectResponse("/", 303)

    @router.post("/lanes/{lane_id}/code")
    async def type_code(lane_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Type a ticket's number, or scan what the driver shows. Raises UnknownLane, NothingWaits, CodeNotTaken."""
        lane, code, reason = _still_there(lane_id, posted), posted.form.text("code", 1000), posted.form.reason()
        await lot.note(posted.who, "type_code", lane_id, reason)
        await lane.type_code(code, posted.who, reason)
        return RedirectResponse("/", 303)

    @router.post("/lanes/{lane_id}/payment")
    async def take_payment(
        lane_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]
    ) -> RedirectResponse:
        """Count cash or a terminal's payment for the stay that waits; one form counts once.

        Raises UnknownLane, NothingWaits, SettlementConflict.
        """
        form, lane = posted.form, lot.lane(lane_id)
        here = lane.snapshot()
        # Pressed twice, the stay may be gone or another one there: money is only counted for the one it was asked of.
        if here.stay_id != form.text("stay_id"):
            raise NothingWaits(f"another vehicle stands at {lane_id} by now: look at the lane")
        paid = desk_payment(form)
        await lot.note(posted.who, "take_payment", lane_id, paid.told)
        await lane.take_payment(paid.amount, paid.provider, paid.reference, posted.who, paid.tendered_minor)
        return RedirectResponse("/", 303)

    @router.get("/lanes/{lane_id}/stays/{stay_id}")
    async def compare(
        request: Request,
        lane_id: str,
        stay_id: str,
        visitor: Annotated[Visitor, Depends(guard.needs("operator"))],
    ) -> HTMLResponse:
        """The vehicle at an exit beside a stay, both photos side by side. Raises UnknownLane, UnknownStay."""
        now = await console.live.now(fresh=True)
        here = now.lane(lane_id)
        if here is None:
            raise UnknownLane(f"no lane {lane_id!r} at this lot")

        def page() -> HTMLResponse:
            with console.store.look() as look:
                stay = look.work.stay(stay_id)
            if stay is None:
                raise UnknownStay(f"this lot has no stay {stay_id}")
            return console.pages(request, visitor).show("compare.html", now.frame, {"lane": here, "stay": stay})

        return await run_in_threadpool(page)

    def _still_there(lane_id: str, posted: Posted) -> LaneLoop:
        """The lane, if the vehicle that the form was about stands there still."""
        lane = lot.lane(lane_id)
        if (lane.snapshot().passage_id or "") != posted.form.fields.get("passage_id", ""):
            raise NothingWaits(f"another vehicle stands at {lane_id} by now, or none: look at the lane")
        return lane

    return router


async def _watch(console: Console, pages: Pages, visitor: Visitor, ending: asyncio.Event) -> AsyncIterator[str]:
    """What changes from now on; ends with the server, and says `gone` when the sign-in ends."""
    sent: dict[str, str] = {}
    seen: LotNow | None = None
    proved_at = time.monotonic()
    yield "retry: 2000\n\n"
    while not ending.is_set():
        now = await console.live.now()
        if now != seen:
            seen = now
            parts = await run_in_threadpool(_parts, pages, now)
            for name, html in parts.items():
                if sent.get(name) != html:
                    yield f"event: part\ndata: {json.dumps({'part': name, 'html': html}, ensure_ascii=False)}\n\n"
            sent = parts
        if time.monotonic() - proved_at >= PROVE_S:
            proved_at = time.monotonic()
            try:
                await run_in_threadpool(console.sign_ins.find, visitor.secret)
            except NotSignedIn:
                yield "event: gone\ndata:\n\n"
                return
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)


def _parts(pages: Pages, now: LotNow) -> dict[str, str]:
    """The texts of the page's parts by name: of each lane what is seen, and what can be ordered; and the head."""
    parts = {"head": pages.render("part_head.html", now.frame, {"current": "lanes"})}
    for lane in now.lanes:
        here = lane.snapshot
        # One number for each payment of a vehicle: a form that is sent twice counts once.
        reference = f"{here.passage_id}-{lane.payments}"
        for kind in ("seen", "orders"):
            values = {"lane": lane, "reference": reference}
            parts[f"{here.lane_id}-{kind}"] = pages.render(f"part_lane_{kind}.html", now.frame, values)
    return parts
