"""`openlot lot`: run a lot's server, and speak to a running one over its loopback API."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import segno
import typer
from rich.console import Console
from rich.table import Table

from lot_server.config import load_config
from lot_server.domain.errors import DomainError
from lot_server.errors import BadConfig, LotError, NothingToExport
from lot_server.loopback.client import LoopbackClient
from lot_server.loopback.schemas import CorrectedReads
from lot_server.main import serve as run_server
from lot_server.photos import PhotoFolder
from lot_server.read_export import export_reads, require_new

FAILED, WRONG_CONFIG = 1, 2

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Run a lot's local server and talk to it.")
Config = Annotated[Path, typer.Option("--config", help="The lot's TOML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="The API's own JSON.")]
Operator = Annotated[str, typer.Option("--operator", help="Who decides this.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
LaneId = Annotated[str, typer.Argument(metavar="LANE", help="The lane's id.")]
StayId = Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")]


@app.command()
def serve(config: Config) -> None:
    """Run the lot until SIGTERM or Ctrl-C; one line on standard output says when it is ready."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with_typed_errors(lambda: asyncio.run(run_server(load_config(config), announce)))


@app.command()
def state(config: Config, as_json: AsJson = False) -> None:
    """Free spaces, the ledger, and what happens at each lane."""
    answer = _get(config, "/state")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    ledger = answer["ledger"]
    clock = " (a simulated clock)" if answer["simulated"] else ""
    print(f"lot {answer['lot_id']} at {answer['now']}{clock}")
    print(f"{answer['free_spaces']} of {answer['spaces']} spaces free")
    print(f"ledger at {ledger['seq']} ({ledger['head'][:12]}), {ledger['acked_seq']} of it in the cloud")
    _table(answer["lanes"], ("lane_id", "direction", "state", "plate", "due", "stay_id", "fault"))


@app.command()
def stays(config: Config, as_json: AsJson = False) -> None:
    """The vehicles inside."""
    answer = _get(config, "/stays")
    columns = ("stay_id", "plate", "ticket_id", "entered_at", "entry_lane_id", "pass_id")
    _print(answer, answer["stays"], columns, as_json)


@app.command()
def alerts(config: Config, as_json: AsJson = False) -> None:
    """What waits for a person."""
    answer = _get(config, "/alerts")
    _print(answer, answer["alerts"], ("raised_at", "code", "lane_id", "stay_id", "text"), as_json)


@app.command()
def display(lane: LaneId, config: Config) -> None:
    """What the display of a lane shows, with its QR code."""
    found = [each for each in _get(config, "/state")["lanes"] if each["lane_id"] == lane]
    if not found:
        _fail("unknown_lane", f"no lane {lane!r} at this lot: look at `openlot lot state`", FAILED)
    print("\n".join(found[0]["display"]))
    if found[0]["qr"] is not None:
        segno.make(found[0]["qr"], micro=False).terminal(compact=True)


@app.command()
def resolve(lane: LaneId, stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Say which stay the vehicle at an exit belongs to."""
    _order(config, f"/lanes/{lane}/resolve", {"stay_id": stay, "operator": operator, "reason": reason})


@app.command("open")
def open_lane(lane: LaneId, config: Config, operator: Operator, reason: Reason) -> None:
    """Let the vehicle at a lane through."""
    _order(config, f"/lanes/{lane}/open", {"operator": operator, "reason": reason})


@app.command()
def pay(
    lane: LaneId,
    amount_minor: Annotated[int, typer.Argument(help="Minor units (cents, fen).")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code.")],
    config: Config,
    provider: Annotated[str, typer.Option("--provider", help="Who took the money, for example cash.")],
    reference: Annotated[str, typer.Option("--reference", help="The provider's own number of the payment.")],
) -> None:
    """Count money taken at the barrier for the stay that waits there."""
    amount: dict[str, object] = {"amount_minor": amount_minor, "currency": currency}
    _order(config, f"/lanes/{lane}/payment", amount | {"provider": provider, "provider_reference": reference})


@app.command("correct-plate")
def correct_plate(
    stay: StayId,
    plate: Annotated[str, typer.Argument(metavar="PLATE", help="What the plate says.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Change the plate of a stay that was read wrong, or give the same one to say that it was read right."""
    _order(config, f"/stays/{stay}/plate", {"plate": plate, "operator": operator, "reason": reason})


@app.command("export-reads")
def export_corrected_reads(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder, for the user who exports alone.")],
    config: Config,
    operator: Annotated[str, typer.Option("--operator", help="Who is given the photos.")],
    reason: Reason,
) -> None:
    """Write the reads that operators corrected or confirmed, with their photos, to measure models by.

    `openlot bench run --data DIR` reads the folder. The lot's log keeps who exported how many reads, and why.
    """

    def export() -> None:
        store = load_config(config).store
        require_new(out)
        answer = LoopbackClient(store).post("/exports/corrected-reads", {"operator": operator, "reason": reason})
        found = CorrectedReads.model_validate(answer, strict=False)
        if not found.reads:
            raise NothingToExport("no operator corrected or confirmed a read yet: see `openlot lot correct-plate`")
        exported = export_reads(found.reads, PhotoFolder(store.photos), out)
        print(f"{out}: {exported.written} reads with their photos")
        if exported.without_photo:
            print(f"openlot lot: {exported.without_photo} reads left out: their photos are not kept", file=sys.stderr)

    with_typed_errors(export)


def announce(line: str) -> None:
    """Say that the lot is ready, at once even into a pipe."""
    print(line, flush=True)


def with_typed_errors(action: Callable[[], None]) -> None:
    """Run an action; what it raises becomes one line on standard error and the exit status."""
    try:
        action()
    except (LotError, DomainError) as error:
        _fail(error.code, str(error), WRONG_CONFIG if isinstance(error, BadConfig) else FAILED)


def _get(config: Path, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with_typed_errors(lambda: found.update(LoopbackClient(load_config(config).store).get(path)))
    return found


def _order(config: Path, path: str, body: dict[str, object]) -> None:
    def give() -> None:
        answer = LoopbackClient(load_config(config).store).post(path, body)
        print(answer.get("outcome", "done"))

    with_typed_errors(give)


def _fail(code: str, message: str, status: int) -> None:
    print(f"openlot lot: {code}: {message}", file=sys.stderr)
    raise typer.Exit(status)


def _print(answer: dict[str, Any], rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _table(rows, columns)


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return f"{value['minor']} {value['currency']}"
    return "" if value is None else str(value)
