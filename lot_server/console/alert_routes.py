"""The alerts: what waits for a person, and what was done about it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from lot_server.console.guard import Posted
from lot_server.console.pages import Frame, Pages
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.console.stay_routes import COLORS
from lot_server.domain.events import AlertResolved
from lot_server.domain.shortlist import likeliest_text
from lot_server.domain.stay import Stay
from lot_server.errors import UnknownAlert
from lot_server.lane_view import LaneSnapshot
from lot_server.store.lane_history import AlertStory, PassageStory
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

    @router.get("/alerts/{alert_id}")
    async def alert(
        request: Request, alert_id: str, visitor: Annotated[Visitor, Depends(guard.needs("viewer"))]
    ) -> HTMLResponse:
        """One alert with the photos that it is about, side by side. Raises UnknownAlert."""
        snapshots = [lane.snapshot() for lane in lot.lanes.values()]
        return await run_in_threadpool(_alert, console.pages(request, visitor), alert_id, snapshots)

    def _alert(pages: Pages, alert_id: str, snapshots: list[LaneSnapshot]) -> HTMLResponse:
        with console.store.look() as look:
            found = look.lanes.alert(alert_id)
            if found is None:
                raise UnknownAlert(f"this lot has no alert {alert_id}: look at the list")
            passage = look.lanes.passage(found.passage_id) if found.passage_id is not None else None
            values = {
                "alert": found,
                "passage": passage,
                "here": next(
                    (each for each in snapshots if found.passage_id and each.passage_id == found.passage_id), None
                ),
                "stays": _stays(look.work, found, passage),
                "colors": COLORS,
            }
            return pages.show("alert.html", Frame.of(look), values)

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


def _stays(work: SqliteWork, alert: AlertStory, passage: PassageStory | None) -> list[Stay]:
    """The stays that an alert is about: the one it names, that of its passage, and those inside with the same plate."""
    named = dict.fromkeys(each for each in (alert.stay_id, passage.stay_id if passage else None) if each is not None)
    found = [stay for stay in map(work.stay, named) if stay is not None]
    for stay in tuple(found):
        plate = stay.plate or (likeliest_text(stay.evidence) if stay.evidence is not None else "")
        found += [each for each in work.stays_with_plate(plate) if each.stay_id not in named]
    return found
