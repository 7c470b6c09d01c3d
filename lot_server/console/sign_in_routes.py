"""Signing in and out, and choosing a password."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from lot_server.console.forms import read_form
from lot_server.console.guard import OWN_PASSWORD, SIGN_OUT, Posted
from lot_server.console.pages import Frame
from lot_server.console.parts import Console
from lot_server.console.passwords import LONGEST
from lot_server.console.sign_ins import Visitor, form_token, new_secret
from lot_server.errors import BadForm, BadPassword, LotError, SignInRefused, StaleForm, TooManySignIns
from lot_server.loopback.problems import status_of

SIGN_IN = "/sign-in"


def sign_in_routes(console: Console) -> APIRouter:
    """The pages before and behind the door."""
    router, guard, sign_ins = APIRouter(), console.guard, console.sign_ins

    def show(request: Request, secret: str, then: str, name: str, problem: LotError | None) -> HTMLResponse:
        with console.store.look() as look:
            frame = Frame.of(look)
            nobody = not look.accounts.all()
        values = {
            "token": form_token(secret),
            "then": then,
            "name": name,
            "problem": problem,
            "nobody": nobody,
        }
        status = 200 if problem is None else status_of(problem)
        answer = console.pages(request).show("sign_in.html", frame, values, status)
        if isinstance(problem, TooManySignIns):
            answer.headers["Retry-After"] = str(problem.wait_s)
        guard.set_cookie(answer, guard.before_cookie, secret)
        return answer

    @router.get(SIGN_IN)
    def sign_in(request: Request, then: str = "/") -> HTMLResponse:
        """Ask for account and password."""
        return show(request, request.cookies.get(guard.before_cookie) or new_secret(), _own(then), "", None)

    @router.post(SIGN_IN)
    async def begin(request: Request) -> Response:
        """Let somebody in. The secret of the browser is a new one from here on."""
        before = request.cookies.get(guard.before_cookie) or new_secret()
        then, name = "/", ""
        try:
            form = await read_form(request, form_token(before))
            then, name = _own(form.fields.get("then", "/")), form.text("name", 40)
            visitor = await sign_ins.begin(name, form.fields.get("password", "")[:LONGEST], _address(request))
        except (StaleForm, BadForm, SignInRefused, TooManySignIns) as error:
            return await run_in_threadpool(show, request, before, then, name, error)
        answer = RedirectResponse(OWN_PASSWORD if visitor.account.one_time else then, 303)
        guard.set_cookie(answer, guard.cookie, visitor.secret)
        guard.drop_cookie(answer, guard.before_cookie)
        return answer

    @router.post(SIGN_OUT)
    async def end(posted: Annotated[Posted, Depends(guard.own_form())]) -> RedirectResponse:
        """End the sign-in; the browser forgets the photos it kept."""
        await sign_ins.end(posted.visitor)
        answer = RedirectResponse(SIGN_IN, 303, {"Clear-Site-Data": '"cache"'})
        guard.drop_cookie(answer, guard.cookie)
        return answer

    @router.get(OWN_PASSWORD)
    def own_password(request: Request, visitor: Annotated[Visitor, Depends(guard.visitor)]) -> HTMLResponse:
        """Ask for another password."""
        return show_password(request, visitor, None)

    @router.post(OWN_PASSWORD)
    async def change(request: Request, posted: Annotated[Posted, Depends(guard.own_form())]) -> Response:
        """Take another password; all other browsers of the account are signed out."""
        fields = posted.form.fields
        old, new, again = (fields.get(name, "") for name in ("old", "new", "again"))
        try:
            if new != again:
                raise BadPassword("the two spellings of the new password differ")
            visitor = await sign_ins.change_password(posted.visitor, old[:LONGEST], new, _address(request))
        except (BadPassword, SignInRefused, TooManySignIns) as error:
            return await run_in_threadpool(show_password, request, posted.visitor, error)
        answer = RedirectResponse("/", 303)
        guard.set_cookie(answer, guard.cookie, visitor.secret)
        return answer

    def show_password(request: Request, visitor: Visitor, problem: LotError | None) -> HTMLResponse:
        with console.store.look() as look:
            frame = Frame.of(look)
        status = 200 if problem is None else status_of(problem)
        return console.pages(request, visitor).show("password.html", frame, {"problem": problem}, status)

    return router


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _own(path: str) -> str:
    """A path of the console's; anything that leads elsewhere becomes the first page."""
    parts = urlsplit(path)
    elsewhere = parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//") or "\\" in path
    return "/" if elsewhere else path
