"""The loopback API as one application, and the HTTP server that runs it."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn
from fastapi import APIRouter, Depends, FastAPI

from lot_server.adapters.simulated import SimulatedSite
from lot_server.console.passwords import Passwords
from lot_server.errors import LoopbackUnavailable
from lot_server.hardware_site import HardwareSite
from lot_server.loopback.account_routes import account_routes
from lot_server.loopback.auth import TokenGuard
from lot_server.loopback.clock_routes import clock_routes
from lot_server.loopback.emergency_routes import emergency_routes
from lot_server.loopback.fee_routes import fee_routes
from lot_server.loopback.hardware_routes import hardware_routes
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.merchant_routes import merchant_routes
from lot_server.loopback.metrics_routes import Measured, metrics_routes
from lot_server.loopback.money_routes import money_routes
from lot_server.loopback.occupancy_routes import occupancy_routes
from lot_server.loopback.problems import answer_problems
from lot_server.loopback.rights_routes import rights_routes
from lot_server.loopback.routes import lot_routes
from lot_server.loopback.simulated_routes import simulated_routes
from lot_server.loopback.watch_routes import watch_routes

PREFIX = "/loopback/v1"
GRACE_SECONDS = 2


def loopback_app(
    lot: RunningLot,
    site: SimulatedSite | None,
    token: str,
    hardware: HardwareSite | None = None,
    measured: Measured | None = None,
    more: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application; `site` only where it is a simulated one, `hardware` and `measured` (for
    `/metrics`) only where it has some; `more` are further routes.
    """
    app = FastAPI(title="openlot lot", openapi_url=None)
    answer_problems(app)
    guard = [Depends(TokenGuard(token))]
    app.include_router(lot_routes(lot), prefix=PREFIX, dependencies=guard)
    app.include_router(account_routes(lot, Passwords()), prefix=PREFIX, dependencies=guard)
    app.include_router(fee_routes(lot), prefix=PREFIX, dependencies=guard)
    app.include_router(emergency_routes(lot), prefix=PREFIX, dependencies=guard)
    app.include_router(clock_routes(lot), prefix=PREFIX, dependencies=guard)
    app.include_router(money_routes(lot), prefix=PREFIX, dependencies=guard)
    app.include_router(merchant_routes(lot), prefix=PREFIX, dependencies=guard)
    for routes in more:
        app.include_router(routes, prefix=PREFIX, dependencies=guard)
    app.include_router(rights_routes(lot), prefix=PREFIX, dependencies=guard)
    app.include_router(occupancy_routes(lot), prefix=PREFIX, dependencies=guard)
    if measured is not None:
        app.include_router(metrics_routes(lot, measured), dependencies=guard)
    if hardware is not None:
        app.include_router(hardware_routes(hardware), prefix=PREFIX, dependencies=guard)
        app.include_router(watch_routes(lot, hardware), prefix=PREFIX, dependencies=guard)
    if site is not None:
        app.include_router(simulated_routes(site), prefix=PREFIX, dependencies=guard)
    return app


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises LoopbackUnavailable."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise LoopbackUnavailable(f"cannot listen on {host}:{port} ({error.strerror}): free it or change it") from error
    return listener


def write_address(file: Path, host: str, port: int) -> None:
    """Tell other programs of this machine where the API really listens."""
    partial = file.with_name(file.name + ".part")
    partial.write_text(json.dumps({"host": host, "port": port}), encoding="utf-8")
    partial.replace(file)


class LoopbackServer(uvicorn.Server):
    """Uvicorn without its own signal handling: the lot's server decides when it ends. `answers`: it has begun."""

    def __init__(self, app: FastAPI, certificate: Path | None = None, key: Path | None = None) -> None:
        """PEM files of `certificate` and `key` make it speak TLS."""
        self.answers = asyncio.Event()
        config = uvicorn.Config(
            app,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            # Nobody stands before it who could say on whose behalf he asks.
            proxy_headers=False,
            # An access log would hold who came and went.
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
