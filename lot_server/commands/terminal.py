"""How the commands speak: options that several take, answers as tables or JSON, errors as one line and a status."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from lot_server.config import load_config
from lot_server.domain.errors import DomainError
from lot_server.errors import BadConfig, LotError
from lot_server.loopback.client import LoopbackClient

FAILED, WRONG_CONFIG = 1, 2

Config = Annotated[Path, typer.Option("--config", help="The lot's TOML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="The API's own JSON.")]
Operator = Annotated[str, typer.Option("--operator", help="Who decides this.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


def with_typed_errors(action: Callable[[], None]) -> None:
    """Run an action; what it raises becomes one line on standard error and the exit status."""
    try:
        action()
    except (LotError, DomainError) as error:
        fail(error.code, str(error), WRONG_CONFIG if isinstance(error, BadConfig) else FAILED)


def get(config: Path, path: str) -> dict[str, Any]:
    """What the running lot server answers at a path."""
    found: dict[str, Any] = {}
    with_typed_errors(lambda: found.update(LoopbackClient(load_config(config).store).get(path)))
    return found


def give_order(config: Path, path: str, body: dict[str, object]) -> None:
    """Give the running lot server an order and print what came of it."""

    def give() -> None:
        answer = LoopbackClient(load_config(config).store).post(path, body)
        print(answer.get("outcome", "done"))

    with_typed_errors(give)


def fail(code: str, message: str, status: int) -> NoReturn:
    """Say what went wrong on standard error and end with a status."""
    print(f"openlot lot: {code}: {message}", file=sys.stderr)
    raise typer.Exit(status)


def print_rows(answer: dict[str, Any], rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    """The answer's own JSON, or its rows as a table."""
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print_table(rows, columns)


def print_table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Rows under headed columns."""
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return f"{value['minor']} {value['currency']}"
    return "" if value is None else str(value)
