"""Passes: who may park without paying per stay, by what, and how each pass came to be."""

from datetime import datetime, timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.forms import Form
from lot_server.console.guard import Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.sign_ins import Visitor
from lot_server.console.wording import Wording
from lot_server.domain.errors import DomainError
from lot_server.domain.plate import normalise
from lot_server.domain.stay import Pass, PassKind
from lot_server.errors import BadForm, LotError
from lot_server.rights.csv_files import PASS_COLUMNS, Imported, import_passes, passes_csv
from lot_server.rights.instants import begins, ends
from lot_server.rights.passes import grant, known, revoke
from lot_server.store.unit_of_work import SqliteWork

MOST_IMPORT = 6 * 1024 * 1024
"""Bytes of a posted file: its characters are escaped on the way."""
_KINDS: tuple[PassKind, ...] = get_args(PassKind)


def pass_routes(console: Console) -> APIRouter:
    """The pages and orders about passes."""
    router, guard, lot = APIRouter(), console.guard, console.lot
    entries = [lane_id for lane_id, lane in lot.lanes.items() if lane.snapshot().direction == "entry"]

    @router.get("/passes")
    def passes(
        request: Request,
        visitor: Annotated[Visitor, Depends(guard.needs("viewer"))],
        q: Annotated[str, Query(max_length=64)] = "",
        ended: bool = False,
    ) -> HTMLResponse:
        """All that hold or will hold, or with `ended` the others; `q` is a part of id, holder or plate."""
        now = lot.clock.now()
        with console.store.look() as look:
            frame, found = Frame.of(look), look.rights.passes()
            taken = look.rights.taken_of_each()
        shown = [held for held in found if (held.valid_until <= now) == ended and _has(held, q)]
        values = {"passes": shown, "taken": taken, "q": q, "ended": ended}
        return console.pages(request, visitor).show("passes.html", frame, values)

    def show(
        request: Request,
        visitor: Visitor,
        pass_id: str,
        given: dict[str, str] | None = None,
        problem: Exception | None = None,
    ) -> HTMLResponse:
        """One pass, or an empty form for "" as its id; `given` is what somebody typed that was not taken."""
        pages, now = console.pages(request, visitor), lot.clock.now()
        with console.store.look() as look:
            frame = Frame.of(look)
            held = known(look.work, pass_id) if pass_id else None
            words = pages.words(frame)
            stays = [] if held is None else [each for each in look.work.open_stays() if each.pass_id == pass_id]
            waiting = [] if held is None else [each for each in look.work.open_stays() if each.waits_for == pass_id]
            values = {
                "held": held,
                "given": given or _fields(held, words, now),
                "versions": look.rights.versions(pass_id) if pass_id else [],
                "stays": stays,
                "waiting": waiting,
                "kinds": _KINDS,
                "entries": entries,
                "holds": held is None or held.valid_until > now,
                "problem": problem,
            }
        return pages.show("pass.html", frame, values, 200 if problem is None else 422)

    @router.get("/passes/one")
    def one(
        request: Request,
        visitor: Annotated[Visitor, Depends(guard.needs("viewer"))],
        id: Annotated[str, Query(max_length=64)] = "",
    ) -> HTMLResponse:
        """A pass with its versions and who parks by it. Raises UnknownPass."""
        return show(request, visitor, id)

    @router.post("/passes/one")
    async def save(request: Request, posted: Annotated[Posted, Depends(guard.form("operator"))]) -> Response:
        """Grant a pass, or change one."""
        form = posted.form
        was = form.choice("was") or ""

        def job(work: SqliteWork) -> str:
            now = lot.clock.now()
            held, reason = _pass(form, was, work.time_zone()), form.reason()
            if not was and work.pass_by_id(held.pass_id) is not None:
                raise BadForm(f"there is a pass {held.pass_id} already: change that one")
            work.trail.add(now, posted.who, "grant_pass", held.pass_id, reason)
            grant(work, held, posted.who, reason, now)
            return held.pass_id

        try:
            pass_id = await lot.writer.transact(job)
        except (BadForm, LotError, DomainError) as error:
            return await run_in_threadpool(show, request, posted.visitor, was, dict(form.fields), error)
        return RedirectResponse(f"/passes/one?id={pass_id}", 303)

    @router.post("/passes/revoke")
    async def end(posted: Annotated[Posted, Depends(guard.form("operator"))]) -> RedirectResponse:
        """End a pass now. Raises UnknownPass, BadPass, BadForm."""
        pass_id, reason = posted.form.text("pass_id", 64), posted.form.reason()

        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, posted.who, "revoke_pass", pass_id, reason)
            revoke(work, pass_id, posted.who, reason, now)

        await lot.writer.transact(job)
        return RedirectResponse(f"/passes/one?id={pass_id}", 303)

    @router.get("/passes/passes.csv")
    async def export(visitor: Annotated[Visitor, Depends(guard.needs("operator"))]) -> Response:
        """All passes, for spreadsheets and for importing again."""

        def write() -> str:
            with console.store.look() as look:
                return passes_csv(look.rights.passes())

        text = await run_in_threadpool(write)
        await lot.note(visitor.account.name, "export_rights", "passes", None)
        headers = {"Content-Disposition": f'attachment; filename="{lot.lot_id}-passes.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/passes/import")
    def import_form(
        request: Request, visitor: Annotated[Visitor, Depends(guard.needs("administrator"))]
    ) -> HTMLResponse:
        """Where a file is chosen."""
        return show_import(request, visitor, "", None, None)

    @router.post("/passes/import")
    async def take_in(
        request: Request, posted: Annotated[Posted, Depends(guard.form("administrator", MOST_IMPORT))]
    ) -> Response:
        """Say what a file would change, or with `import` in the form do it."""
        form, text = posted.form, posted.form.fields.get("csv", "")
        dry_run = not form.ticked("import")

        def job(work: SqliteWork) -> Imported:
            now, reason = lot.clock.now(), "" if dry_run else form.reason()
            if not dry_run:
                work.trail.add(now, posted.who, "import_rights", "passes", reason)
            return import_passes(work, text, work.time_zone(), posted.who, reason, now, dry_run)

        try:
            done = await lot.writer.transact(job)
        except (BadForm, LotError, DomainError) as error:
            return await run_in_threadpool(show_import, request, posted.visitor, text, None, error)
        if dry_run:
            return await run_in_threadpool(show_import, request, posted.visitor, text, done, None)
        return RedirectResponse("/passes", 303)

    def show_import(
        request: Request, visitor: Visitor, text: str, found: Imported | None, problem: Exception | None
    ) -> HTMLResponse:
        with console.store.look() as look:
            frame = Frame.of(look)
        values = {"what": "passes", "text": text, "found": found, "problem": problem, "columns": ",".join(PASS_COLUMNS)}
        return console.pages(request, visitor).show("import.html", frame, values, 200 if problem is None else 422)

    def _pass(form: Form, was: str, zone: str) -> Pass:
        """What the form says. Raises BadForm, BadPlate, BadPass, BadInstant."""
        plates = [normalise(plate) for plate in form.text("plates", 2000).replace(",", " ").split()]
        kind = next((each for each in _KINDS if each == form.text("kind")), None)
        if kind is None or not plates:
            raise BadForm("a pass has a kind and at least one plate")
        return Pass(
            was or form.text("pass_id", 64),
            plates[0],
            kind,
            begins(form.text("valid_from", 40), zone),
            ends(form.text("valid_until", 40), zone),
            tuple(plates[1:]),
            form.number("spaces"),
            tuple(each for each in entries if form.ticked(f"lane:{each}")),
            form.choice("holder") or "",
        )

    return router


def _fields(held: Pass | None, words: Wording, now: datetime) -> dict[str, str]:
    """A form's fields; days where validity begins and ends with one, else instants."""
    if held is None:
        today = words.local(now).date()
        until = today + timedelta(days=30)
        return {"valid_from": f"{today}", "valid_until": f"{until}", "spaces": "1", "kind": "monthly"}
    first, last = words.local(held.valid_from), words.local(held.valid_until)
    one = timedelta(days=1)
    lanes = {f"lane:{each}": "yes" for each in held.lanes}
    return lanes | {
        "pass_id": held.pass_id,
        "kind": held.kind,
        "holder": held.holder,
        "plates": " ".join(held.plates),
        "spaces": str(held.spaces),
        "valid_from": f"{first.date()}" if _midnight(first) else first.isoformat(),
        "valid_until": f"{last.date() - one}" if _midnight(last) else last.isoformat(),
    }


def _midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)


def _has(held: Pass, part: str) -> bool:
    wanted = part.strip().casefold()
    return not wanted or any(wanted in each.casefold() for each in (held.pass_id, held.holder, *held.plates))
