"""The block and allow lists: which plates, why, until when, and who put them there."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.forms import Form
from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.pass_routes import MOST_IMPORT
from lot_server.console.sign_ins import Visitor
from lot_server.domain.errors import DomainError
from lot_server.domain.listing import ListedPlate, ListKind
from lot_server.domain.plate import normalise
from lot_server.errors import BadForm, LotError
from lot_server.rights.csv_files import LIST_COLUMNS, Imported, import_lists, lists_csv
from lot_server.rights.instants import ends
from lot_server.rights.lists import enlist, unlist
from lot_server.store.unit_of_work import SqliteWork


def list_routes(console: Console) -> APIRouter:
    """The page and orders about lists."""
    router, guard, lot = APIRouter(), console.guard, console.lot

    def show(
        request: Request,
        visitor: Visitor,
        q: str = "",
        given: dict[str, str] | None = None,
        problem: Exception | None = None,
    ) -> HTMLResponse:
        """Both lists; `given` is what somebody typed that was not taken, for `problem`."""
        with console.store.look() as look:
            frame, found = Frame.of(look), look.rights.listings(part=q.strip())
        values = {
            "q": q,
            "block": [each for each in found if each.listed.kind == "block"],
            "allow": [each for each in found if each.listed.kind == "allow"],
            "configured": sorted(plate for plate in lot.handlers.blocked if q.strip() in plate),
            "given": given or {},
            "problem": problem,
        }
        return console.pages(request, visitor).show("lists.html", frame, values, 200 if problem is None else 422)

    @router.get("/lists")
    def lists(
        request: Request,
        visitor: Annotated[Visitor, Depends(guard.needs("viewer"))],
        q: Annotated[str, Query(max_length=64)] = "",
    ) -> HTMLResponse:
        """The lists, or those places on them with `q` in plate or reason."""
        return show(request, visitor, q)

    @router.post("/lists")
    async def add(request: Request, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> Response:
        """Put a plate on a list, or change its place."""
        form = posted.form

        def job(work: SqliteWork) -> None:
            now, listed = lot.clock.now(), _listed(form, work.time_zone())
            work.trail.add(now, posted.who, "list_plate", f"{listed.kind} {listed.plate}", listed.reason)
            enlist(work, listed, posted.who, now)

        try:
            await lot.writer.transact(job)
        except (BadForm, LotError, DomainError) as error:
            return await run_in_threadpool(show, request, posted.visitor, "", dict(form.fields), error)
        return RedirectResponse("/lists", 303)

    @router.post("/lists/remove")
    async def remove(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """Take a plate off a list. Raises NotListed, BadForm."""
        kind, plate, reason = _kind(posted.form), normalise(posted.form.text("plate", 64)), posted.form.reason()

        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, posted.who, "unlist_plate", f"{kind} {plate}", reason)
            unlist(work, kind, plate, posted.who, reason, now)

        await lot.writer.transact(job)
        return RedirectResponse("/lists", 303)

    @router.get("/lists/lists.csv")
    async def export(visitor: Annotated[Visitor, Depends(guard.needs("operator"))]) -> Response:
        """Both lists, for spreadsheets and for importing again."""

        def write() -> str:
            with console.store.look() as look:
                return lists_csv(each.listed for each in look.rights.listings())

        text = await run_in_threadpool(write)
        await lot.note(visitor.account.name, "export_rights", "lists", None)
        headers = {"Content-Disposition": f'attachment; filename="{lot.lot_id}-lists.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/lists/import")
    def import_form(
        request: Request, visitor: Annotated[Visitor, Depends(guard.needs("administrator"))]
    ) -> HTMLResponse:
        """Where a file is chosen."""
        return show_import(request, visitor, "", None, None)

    @router.post("/lists/import")
    async def take_in(
        request: Request, posted: Annotated[Posted, Depends(guard.form("administrator", MOST_IMPORT))]
    ) -> Response:
        """Say what a file would change, or with `import` in the form do it."""
        form, text = posted.form, posted.form.fields.get("csv", "")
        dry_run = not form.ticked("import")

        def job(work: SqliteWork) -> Imported:
            now = lot.clock.now()
            if not dry_run:
                work.trail.add(now, posted.who, "import_rights", "lists", form.reason())
            return import_lists(work, text, work.time_zone(), posted.who, now, dry_run)

        try:
            done = await lot.writer.transact(job)
        except (BadForm, LotError, DomainError) as error:
            return await run_in_threadpool(show_import, request, posted.visitor, text, None, error)
        if dry_run:
            return await run_in_threadpool(show_import, request, posted.visitor, text, done, None)
        return RedirectResponse("/lists", 303)

    def show_import(
        request: Request, visitor: Visitor, text: str, found: Imported | None, problem: Exception | None
    ) -> HTMLResponse:
        with console.store.look() as look:
            frame = Frame.of(look)
        values = {"what": "lists", "text": text, "found": found, "problem": problem, "columns": ",".join(LIST_COLUMNS)}
        return console.pages(request, visitor).show("import.html", frame, values, 200 if problem is None else 422)

    return router


def _listed(form: Form, zone: str) -> ListedPlate:
    until = form.choice("valid_until")
    return ListedPlate(
        kind=_kind(form),
        plate=normalise(form.text("plate", 64)),
        reason=form.text("listed_for", 300),
        valid_until=None if until is None else ends(until, zone),
        free=form.ticked("free"),
        when_full=form.ticked("when_full"),
    )


def _kind(form: Form) -> ListKind:
    match form.text("kind"):
        case "block":
            return "block"
        case "allow":
            return "allow"
    raise BadForm("a list is block or allow")
