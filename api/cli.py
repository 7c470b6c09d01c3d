"""`openlot cloud`: serve the cloud, enrol lots, serve the sandbox payment provider."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from api.config import CloudConfig, load
from api.db import Database
from api.enrolling import enrol
from api.errors import ApiError, BadConfig
from api.main import create_app
from api.payments.sandbox_config import load_sandbox
from api.payments.sandbox_service import create_sandbox
from api.refunds.orders import newest_refunds, refund_payment
from api.serving import address, bind, serve
from lot_server.domain.clock import to_text
from lot_server.domain.money import Money

app = typer.Typer(help="Run the cloud service.", no_args_is_help=True, add_completion=False)
ConfigFile = Annotated[Path, typer.Option("--config", help="The service's TOML file.")]
REFUSED, WRONG_USAGE = 1, 2


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


@app.command("refund")
def refund(
    config: ConfigFile,
    reference: Annotated[str, typer.Argument(help="The provider's own number of the payment.")],
    operator: Annotated[str, typer.Option("--operator", help="Who decides this.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    amount: Annotated[int | None, typer.Option("--amount", help="Minor units; all that is left by default.")] = None,
    provider: Annotated[str, typer.Option("--provider", help="Who took the payment.")] = "sandbox",
) -> None:
    """Give back a payment that was taken online, or part of it; the running service does it and tells the lot."""
    with _running():
        print(asyncio.run(_refund(load(config), provider, reference, amount, operator, reason)))


@app.command("refunds")
def refunds(config: ConfigFile) -> None:
    """The refunds of payments that were taken online, the newest first, and what became of each."""
    with _running():
        for line in asyncio.run(_refunds(load(config).database_url)):
            print(line)


async def _refund(
    settings: CloudConfig, provider: str, reference: str, amount: int | None, operator: str, reason: str
) -> str:
    database = Database(settings.database_url)
    try:
        await database.prepare()
        async with database.writing() as session:
            order = await refund_payment(
                session, provider, reference, amount, operator, reason, settings.clock.now()
            )  # fmt: skip
            return f"{order.refund_id} {Money(order.amount_minor, order.currency)} {order.state}"
    finally:
        await database.close()


async def _refunds(database_url: str) -> list[str]:
    database = Database(database_url)
    try:
        await database.prepare()
        async with database.reading() as session:
            return [
                f"{to_text(each.created_at)} {each.lot_id} {each.refund_id} {Money(each.amount_minor, each.currency)} "
                f"{each.state}, lot: {each.outcome or 'not told'}{f', {each.text}' if each.text else ''}"
                for each in await newest_refunds(session)
            ]
    finally:
        await database.close()


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
    except ApiError as error:
        typer.echo(f"openlot cloud: {error.code}: {error}", err=True)
        raise SystemExit(REFUSED) from error
