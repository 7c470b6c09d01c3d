"""`openlot cloud`: serve the cloud, enrol lots, serve the sandbox payment provider."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from api.config import load
from api.db import Database
from api.enrolling import enrol
from api.errors import BadConfig
from api.main import create_app
from api.payments.sandbox_config import load_sandbox
from api.payments.sandbox_service import create_sandbox
from api.serving import address, bind, serve

app = typer.Typer(help="Run the cloud service.", no_args_is_help=True, add_completion=False)
ConfigFile = Annotated[Path, typer.Option("--config", help="The service's TOML file.")]
WRONG_USAGE = 2


@app.command("serve")
def serve_cloud(config: ConfigFile) -> None:
    """Serve lots, fees, payments and the drivers' pages."""
    with _running():
        settings = load(config)
        asyncio.run(_prepare(settings.database_url))
        listener = bind(settings.server)
        public_url = settings.server.public_url or address(listener)
        settings = replace(settings, server=replace(settings.server, public_url=public_url))
        serve(create_app(settings), listener, settings.server.trusted_proxies, "cloud")


@app.command("sandbox")
def serve_sandbox(config: ConfigFile) -> None:
    """Serve the sandbox payment provider, which takes no money."""
    with _running():
        settings = load_sandbox(config)
        listener = bind(settings.server)
        public_url = settings.server.public_url or address(listener)
        settings = replace(settings, server=replace(settings.server, public_url=public_url))
        serve(create_sandbox(settings), listener, settings.server.trusted_proxies, "sandbox")


@app.command("add-lot")
def add_lot(
    config: ConfigFile,
    lot_id: Annotated[str, typer.Option(help="The lot's id, as in its own configuration.")],
    public_key: Annotated[str, typer.Option(help="The lot's public key, as `openlot sync keygen` prints it.")],
) -> None:
    """Accept a lot's signed requests, or replace its key."""
    with _running():
        added = asyncio.run(_enrol(load(config).database_url, lot_id, public_key))
        typer.echo(f"lot {lot_id} {'added' if added else 'has a new key'}")


async def _prepare(database_url: str) -> None:
    database = Database(database_url)
    try:
        await database.prepare()
    finally:
        await database.close()


async def _enrol(database_url: str, lot_id: str, public_key: str) -> bool:
    database = Database(database_url)
    try:
        await database.prepare()
        async with database.writing() as session:
            return await enrol(session, lot_id, public_key)
    finally:
        await database.close()


@contextmanager
def _running() -> Iterator[None]:
    """Logs to stderr; a configuration that cannot be used ends the command with what to do about it."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        yield
    except BadConfig as error:
        typer.echo(f"openlot cloud: {error}", err=True)
        raise SystemExit(WRONG_USAGE) from error
