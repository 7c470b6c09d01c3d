"""The alerts: what waits for a person, and what was done about it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.domain.events import AlertResolved
from lot_server.store.unit_of_work import SqliteWork

RESOLVED = 30


def alert_routes(console: Console) -> APIRouter:
    """The page, and the order to resolve one."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    @router.get("/alerts")
    def alerts(request: Request, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]) -> HTMLResponse:
        """The open ones, newest first, and the last that were resolved."""
        with console.store.look() as look:
            frame = Frame.of(look)
            values = {"open": look.work.open_alerts()[::-1], "resolved": look.lanes.resolved(RESOLVED)}
        return console.pages(request, visitor).show("alerts.html", frame, values)

    @router.post("/alerts/{alert_id}/resolve")
    async def resolve(alert_id: str, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Somebody looked and says what came of it. Raises ContradictoryEvent, BadForm."""
        reason, now = posted.form.reason(), lot.clock.now()

        def job(work: SqliteWork) -> None:
            work.trail.add(now, posted.who, "resolve_alert", alert_id, reason)
            work.record(AlertResolved(alert_id, posted.who, reason), now)

        await lot.writer.transact(job)
        return RedirectResponse("/alerts", 303)

    return router
