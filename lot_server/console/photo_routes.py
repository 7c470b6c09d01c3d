"""The photos, to people who signed in; who saw which is in the audit trail."""

from collections import OrderedDict
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor

KEPT_BY_BROWSER_S = 600
MOST_KEPT = 4096


def photo_routes(console: Console) -> APIRouter:
    """The one route."""
    router, lot = APIRouter(), console.lot
    noted: OrderedDict[tuple[str, str], None] = OrderedDict()

    @router.get("/photos/{name}")
    async def photo(name: str, visitor: Annotated[Visitor, Depends(console.guard.needs("viewer"))]) -> Response:
        """A JPEG by its SHA-256. Raises PhotoUnavailable."""
        content = await run_in_threadpool(lot.photos.read, name)
        look = (visitor.secret, name)
        # One entry for each photo and sign-in: a page that is loaded again must not cost the gates a write.
        if look not in noted:
            await lot.note(visitor.account.name, "view_photo", name, None)
            noted[look] = None
            while len(noted) > MOST_KEPT:
                noted.popitem(last=False)
        headers = {"Cache-Control": f"private, max-age={KEPT_BY_BROWSER_S}, immutable"}
        return Response(content, media_type="image/jpeg", headers=headers)

    return router
