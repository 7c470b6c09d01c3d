"""`openlot sync`: run the mirror, make a lot's key, see how far both sides are."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud_sync.config import load_config
from cloud_sync.errors import SyncError
from cloud_sync.key_file import make_key_file
from cloud_sync.main import serve as serve_until_stopped
from cloud_sync.status import Standing, Status, read_status
from lot_server.domain.clock import to_text
from lot_server.domain.errors import DomainError
from lot_server.errors import LotError

if TYPE_CHECKING:
    from cloud_sync.recover import Recovered

app = typer.Typer(
    help="Mirror a lot to the cloud and bring settlements down.", no_args_is_help=True, add_completion=False
)
ConfigFile = Annotated[Path, typer.Option("--config", help="sync.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


@contextmanager
def _errors_in_words() -> Iterator[None]:
    errors: tuple[Exception, ...] = ()
    try:
        yield
    except* (SyncError, LotError, DomainError) as group:
        errors = group.exceptions
    for error in errors:
        typer.echo(f"openlot sync: {error}", err=True)
    if errors:
        raise typer.Exit(1)


@app.command()
def serve(config: ConfigFile) -> None:
    """Mirror the lot's ledger up and bring settlements down, until SIGTERM."""
    with _errors_in_words():
        serve_until_stopped(load_config(config))


@app.command()
def keygen(out: Annotated[Path, typer.Option("--out", help="where to write the private key, mode 0600")]) -> None:
    """Make a lot's key pair and print the public key, for `openlot cloud add-lot --public-key`."""
    with _errors_in_words():
        typer.echo(make_key_file(out))


@app.command()
def status(config: ConfigFile, as_json: AsJson = False) -> None:
    """Show the lag, the watermark and both ledgers' heads; exit 1 unless both sides are known to agree."""
    with _errors_in_words():
        result = asyncio.run(read_status(load_config(config)))
    if as_json:
        typer.echo(json.dumps(asdict(result) | {"lag": result.lag}, default=_text, ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(result)))
    if not result.agrees or result.halt is not None:
        raise typer.Exit(1)


@app.command()
def recover(
    config: ConfigFile,
    operator: Annotated[str, typer.Option("--operator", help="Who does this.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
) -> None:
    """Fill the lot's store, put back from a backup or missing, with what the cloud has and it lacks.

    No lot server may run, and none may have run on the store since it was put back.
    """
    # Here alone a store is written: the mirror never loads what writes one.
    from cloud_sync.recover import recover as fill_store

    with _errors_in_words():
        found = asyncio.run(fill_store(load_config(config), operator, reason))
    for line in _recovered(found):
        typer.echo(line)


def _recovered(found: "Recovered") -> Iterator[str]:
    taken = found.seq - found.before
    yield f"{taken} facts taken over from the cloud: ledger up to {found.seq} ({found.head[:12]})"
    yield f"{found.inside} vehicles inside, {found.missing_photos} of their photos are not here"
    if found.made_new:
        yield "the store is new: accounts and the audit trail are not mirrored, add accounts with `openlot lot account`"


def _lines(status: Status) -> Iterator[str]:
    yield f"lot        {_standing(status.lot)}"
    yield f"cloud      {_standing(status.cloud)}"
    yield f"lag        {'unknown' if status.lag is None else status.lag}"
    mark = status.watermark
    yield f"watermark  {f'seq {mark.applied_seq}, {to_text(mark.acked_at)}' if mark else 'none yet'}"
    yield f"ledgers    {'agree' if status.agrees else 'cannot be compared' if status.agrees is None else 'DIFFER'}"
    if status.halt is not None:
        yield f"stopped    {status.halt.code} since {to_text(status.halt.halted_at)}: {status.halt.message}"


def _standing(side: Standing | str) -> str:
    return side if isinstance(side, str) else f"seq {side.seq}, head {side.head}"


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return to_text(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
