"""Cloud, payment provider and sync worker as they ship, each a process of its own, on the week's clock.

`python -m benchmarks.week.services cloud|sandbox|sync CONFIG CLOCK`: the installed commands read the same files, but a
clock from a file's eight bytes is nothing that they would ever be given.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from api.config import load
from api.db import Database
from api.main import create_app
from api.payments.sandbox_config import load_sandbox
from api.payments.sandbox_service import create_sandbox
from api.serving import bind, serve
from benchmarks.week.clocks import SharedClock
from cloud_sync.config import load_config
from cloud_sync.main import serve as serve_sync


def cloud(config: Path, clock: SharedClock) -> None:
    """Serve the cloud."""
    settings = replace(load(config), clock=clock)
    asyncio.run(_prepare(settings.database_url))
    serve(create_app(settings), bind(settings.server), (), "cloud")


def sandbox(config: Path, clock: SharedClock) -> None:
    """Serve the payment provider."""
    settings = replace(load_sandbox(config), clock=clock)
    serve(create_sandbox(settings), bind(settings.server), (), "sandbox")


def sync(config: Path, clock: SharedClock) -> None:
    """Mirror the lot."""
    serve_sync(replace(load_config(config), clock=clock))


SERVICES: Mapping[str, Callable[[Path, SharedClock], None]] = {"cloud": cloud, "sandbox": sandbox, "sync": sync}


async def _prepare(database_url: str) -> None:
    database = Database(database_url)
    try:
        await database.prepare()
    finally:
        await database.close()


if __name__ == "__main__":
    name, config_file, clock_file = sys.argv[1:]
    SERVICES[name](Path(config_file), SharedClock(Path(clock_file)))
