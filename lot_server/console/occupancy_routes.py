"""How many vehicles are inside: the count and its bounds, what makes it unsure, a recount, and what the nights did."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.errors import BadForm
from lot_server.spaces.recount import recount
from lot_server.spaces.write_off import explaining, find_orphan, write_off
from lot_server.store.unit_of_work import SqliteWork

NIGHTS, RECOUNTS = 14, 10
MOST_INSIDE = 1_000_000


def occupancy_routes(console: Console) -> APIRouter:
    """The page and orders about the count."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    @router.get("/occupancy")
    def occupancy(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """The count now."""
        with console.store.look() as look:
            frame, work = Frame.of(look), look.work
            orphans = [each for each in work.open_stays() if each.orphaned is not None]
            values = {
                "now_inside": look.counting.occupancy(),
                "orphans": [(each, explaining(work, each)) for each in orphans],
                "strays": look.counting.strays(),
                "nights": look.counting.reconciliations(NIGHTS),
                "recounts": look.counting.recounts(RECOUNTS),
            }
        return console.pages(request, visitor).show("occupancy.html", frame, values)

    @router.post("/occupancy/recount")
    async def count(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Somebody counted. Raises BadForm."""
        inside, reason = posted.form.number("inside"), posted.form.reason()
        if not 0 <= inside <= MOST_INSIDE:
            raise BadForm(f"the vehicles inside must be 0 to {MOST_INSIDE}")

        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, posted.who, "recount", str(inside), reason)
            recount(work, inside, posted.who, reason, now)

        await lot.writer.transact(job)
        return RedirectResponse("/occupancy", 303)

    @router.post("/occupancy/{stay_id}/found")
    async def found(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """The vehicle is there. Raises UnknownStay, NothingWaits, BadForm."""
        reason = posted.form.reason()

        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, posted.who, "find_orphan", stay_id, reason)
            find_orphan(work, stay_id, posted.who, reason, now)

        await lot.writer.transact(job)
        return RedirectResponse("/occupancy", 303)

    @router.post("/occupancy/{stay_id}/write-off")
    async def end(stay_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """The vehicle is gone. Raises UnknownStay, BadForm."""
        reason = posted.form.reason()

        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, posted.who, "write_off_stay", stay_id, reason)
            write_off(work, stay_id, "operator", reason, now, posted.who)

        await lot.writer.transact(job)
        return RedirectResponse("/occupancy", 303)

    return router
