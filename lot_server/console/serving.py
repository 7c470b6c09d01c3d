"""Runs the console beside the lanes: whatever happens to it, the lanes go on."""

import asyncio
import contextlib
import logging
import socket

from lot_server.config import LotConfig
from lot_server.console.app import console_app
from lot_server.console.config import ConsoleSection
from lot_server.console.passwords import Passwords
from lot_server.errors import LotError
from lot_server.loopback.app import LoopbackServer, listen, write_address
from lot_server.loopback.lot import RunningLot
from lot_server.store.look import ReadStore

AGAIN_S = 5.0
"""How long to wait, in real seconds, before a console that could not run is started again."""
log = logging.getLogger(__name__)


async def run_console(config: LotConfig, lot: RunningLot, ending: asyncio.Event) -> None:
    """Serve the console until `ending`, where the lot wants one. What fails is logged and tried again, never raised."""
    section = config.console
    if section is None:
        return
    store = ReadStore(config.store.database, lot.lot_id, lambda: lot.writer.standing_in)
    while not ending.is_set():
        try:
            with listen(section.host, section.port) as listener:
                port = listener.getsockname()[1]
                app = console_app(lot, store, section, Passwords(), ending)
                server = LoopbackServer(app, section.certificate, section.key)
                write_address(config.store.console_address, section.host, port)
                log.info("the operator console is at %s", address(section, port))
                await _serve(server, listener, ending)
        except (Exception, SystemExit) as error:
            expected = isinstance(error, LotError)
            log.error(
                "the operator console does not run, the lanes do: %s", error, exc_info=None if expected else error
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), AGAIN_S)
        finally:
            config.store.console_address.unlink(missing_ok=True)


def address(section: ConsoleSection, port: int) -> str:
    """Where a browser finds the console."""
    return f"{'https' if section.encrypted else 'http'}://{section.host}:{port}/"


async def _serve(server: LoopbackServer, listener: socket.socket, ending: asyncio.Event) -> None:
    """Until `ending`, or until the server gives up."""
    serving = asyncio.create_task(server.serve([listener]), name="console server")
    ended = asyncio.create_task(ending.wait(), name="console end")
    try:
        await asyncio.wait((serving, ended), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        for task in (serving, ended):
            task.cancel()
