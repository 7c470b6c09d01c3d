"""Holding all barriers open from the console, ending that, and whose vehicles drove out meanwhile."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor

PAGE = "/emergency"


def emergency_routes(console: Console) -> APIRouter:
    """The page and its orders."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    @router.get(PAGE)
    def show(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """Whether the barriers are held, and the exits without a stay."""
        with console.store.look() as look:
            frame = Frame.of(look)
            unmatched = look.work.unmatched_exits()
            inside = look.work.open_stays() if unmatched else []
        values = {"unmatched": unmatched, "inside": inside}
        return console.pages(request, visitor).show("emergency.html", frame, values)

    @router.post(f"{PAGE}/hold")
    async def hold(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Open all barriers. Raises BadForm, and what the store raises once they are open."""
        reason = posted.form.reason()
        # Who did so is written once the barriers move: a full disk must keep nobody inside.
        await lot.emergency.hold("operator", posted.who, reason)
        await lot.note(posted.who, "hold_barriers", None, reason)
        return RedirectResponse(PAGE, 303)

    @router.post(f"{PAGE}/release")
    async def release(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Give the barriers back. Raises NoEmergency, EmergencyInputOn, BadForm."""
        reason = posted.form.reason()
        await lot.note(posted.who, "release_barriers", None, reason)
        await lot.emergency.release(posted.who, reason)
        return RedirectResponse(PAGE, 303)

    @router.post(f"{PAGE}/unmatched/{{passage_id}}")
    async def reconcile(
        passage_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]
    ) -> RedirectResponse:
        """Say whose vehicle drove out. Raises NoEmergency, UnknownStay, BadForm."""
        stay_id, reason = posted.form.text("stay_id"), posted.form.reason()
        await lot.note(posted.who, "reconcile_exit", f"{passage_id} {stay_id}", reason)
        await lot.writer.transact(
            lambda work: lot.handlers.held.reconcile(work, passage_id, stay_id, posted.who, reason)
        )
        return RedirectResponse(PAGE, 303)

    return router
