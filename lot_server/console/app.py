"""The console as one application."""

import asyncio
import logging
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from lot_server.console.alert_routes import alert_routes
from lot_server.console.clock_routes import clock_routes
from lot_server.console.config import ConsoleSection
from lot_server.console.day_routes import day_routes
from lot_server.console.emergency_routes import emergency_routes
from lot_server.console.facts_routes import facts_routes
from lot_server.console.guard import OWN_PASSWORD, VALIDATE, Guard
from lot_server.console.headers import ConsoleHeaders
from lot_server.console.lane_routes import lane_routes
from lot_server.console.list_routes import list_routes
from lot_server.console.live import LiveLanes
from lot_server.console.merchant_routes import merchant_routes
from lot_server.console.money_routes import money_routes
from lot_server.console.occupancy_routes import occupancy_routes
from lot_server.console.parts import Console
from lot_server.console.pass_routes import pass_routes
from lot_server.console.passwords import Passwords
from lot_server.console.photo_routes import photo_routes
from lot_server.console.sign_in_routes import SIGN_IN, sign_in_routes
from lot_server.console.sign_ins import SignIns
from lot_server.console.stay_routes import stay_routes
from lot_server.console.trail_routes import trail_routes
from lot_server.domain.errors import DomainError
from lot_server.errors import LotError, MerchantsPage, NotSignedIn, PasswordWanted
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.problems import status_of
from lot_server.store.look import ReadStore

STATIC = Path(__file__).parent / "static"
UNPROCESSABLE, FAULT = 422, 500
log = logging.getLogger(__name__)


def console_app(
    lot: RunningLot, store: ReadStore, section: ConsoleSection, passwords: Passwords, ending: asyncio.Event
) -> FastAPI:
    """The application; once `ending` is set, pages that watch the lanes are let go."""
    sign_ins = SignIns(lot, store, section, passwords)
    guard = Guard(lot.lot_id, section, sign_ins)
    console = Console(lot, store, section, sign_ins, guard, LiveLanes(lot, store))
    app = FastAPI(title="openlot console", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(ConsoleHeaders, encrypted=section.encrypted)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.include_router(lane_routes(console, ending))
    for routes in (
        sign_in_routes,
        stay_routes,
        alert_routes,
        emergency_routes,
        clock_routes,
        day_routes,
        facts_routes,
        trail_routes,
        photo_routes,
    ):
        app.include_router(routes(console))
    for routes in (money_routes, merchant_routes, pass_routes, list_routes, occupancy_routes):
        app.include_router(routes(console))
    _answer_problems(app, console)
    return app


def _answer_problems(app: FastAPI, console: Console) -> None:
    """Let every error be a page that says what to do; none goes further than its request."""

    def problem(request: Request, status: int, code: str, message: str) -> HTMLResponse:
        values = {"code": code, "message": message, "back": _back(request)}
        return console.pages(request).show("problem.html", None, values, status)

    @app.exception_handler(NotSignedIn)
    async def not_signed_in(request: Request, error: NotSignedIn) -> Response:
        if isinstance(error, PasswordWanted):
            return RedirectResponse(OWN_PASSWORD, 303)
        if request.method != "GET":
            return problem(request, 401, error.code, str(error))
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{SIGN_IN}?{urlencode({'then': request.url.path + query})}", 303)

    @app.exception_handler(MerchantsPage)
    async def merchants_page(_: Request, __: MerchantsPage) -> RedirectResponse:
        return RedirectResponse(VALIDATE, 303)

    @app.exception_handler(LotError)
    async def lot_error(request: Request, error: LotError) -> HTMLResponse:
        status = status_of(error)
        if status >= FAULT:
            log.error("%s: %s", error.code, error)
        return problem(request, status, error.code, str(error))

    @app.exception_handler(DomainError)
    async def domain_error(request: Request, error: DomainError) -> HTMLResponse:
        return problem(request, UNPROCESSABLE, error.code, str(error))

    @app.exception_handler(RequestValidationError)
    async def bad_request(request: Request, error: RequestValidationError) -> HTMLResponse:
        where = ", ".join(str(fault["loc"][-1]) for fault in error.errors())
        return problem(request, UNPROCESSABLE, "bad_form", f"the address is not one of this console's: {where}")

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> HTMLResponse:
        code = "unknown_page" if error.status_code == 404 else "bad_form"
        return problem(request, error.status_code, code, str(error.detail))

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> HTMLResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(request, FAULT, "internal_error", f"{type(error).__name__}: look at the lot server's log")


def _back(request: Request) -> str:
    """The page that the request came from, if it was one of the console's."""
    came = urlsplit(request.headers.get("referer", ""))
    return came.path + (f"?{came.query}" if came.query else "") if came.netloc == request.url.netloc else "/"
