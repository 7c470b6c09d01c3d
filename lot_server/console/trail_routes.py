"""The audit trail, for administrators: who did what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.domain.clock import from_text

PAGE = 100


def trail_routes(console: Console) -> APIRouter:
    """The one page."""
    router = APIRouter()

    @router.get("/trail")
    def trail(
        request: Request,
        visitor: Annotated[Visitor, Depends(console.guard.needs("administrator"))],
        before: Annotated[int | None, Query(ge=1)] = None,
    ) -> HTMLResponse:
        """The newest entries, or those before a number, and all accounts."""
        with console.store.look() as look:
            frame = Frame.of(look)
            entries = look.versions.trail(PAGE, before)
            values = {
                "entries": [(from_text(entry.at), entry) for entry in entries],
                "older": entries[-1].number if entries and entries[-1].number > 1 else None,
                "newest": before is None,
                "accounts": look.accounts.all(),
            }
        return console.pages(request, visitor).show("trail.html", frame, values)

    return router
