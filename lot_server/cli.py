"""`openlot lot`: run a lot's server, and speak to a running one over its loopback API."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import segno
import typer

from lot_server.commands.account import account_app
from lot_server.commands.audit import audit
from lot_server.commands.backup import backup, restore
from lot_server.commands.clock import clock_app
from lot_server.commands.dispute import app as dispute_app
from lot_server.commands.doctor import doctor
from lot_server.commands.emergency import emergency_app
from lot_server.commands.erase import erase
from lot_server.commands.fees import coupon, fee, lost_ticket
from lot_server.commands.lane_empty import lane_empty
from lot_server.commands.merchant import merchant_app
from lot_server.commands.money import money_app
from lot_server.commands.occupancy import occupancy, recount, still_inside, write_off
from lot_server.commands.rights import list_app, pass_app
from lot_server.commands.systemd_unit import systemd_unit
from lot_server.commands.tariff_try import tariff_app
from lot_server.commands.terminal import (
    FAILED,
    AsJson,
    Config,
    Operator,
    Reason,
    fail,
    get,
    give_order,
    print_rows,
    print_table,
    with_typed_errors,
)
from lot_server.commands.upgrade import upgrade
from lot_server.config import load_config
from lot_server.domain.plate import PlateColor
from lot_server.domain.vehicle import VehicleClass
from lot_server.errors import NothingToExport
from lot_server.log import start_logging
from lot_server.loopback.client import LoopbackClient
from lot_server.loopback.schemas import CorrectedReads
from lot_server.main import serve as run_server
from lot_server.photos import PhotoFolder
from lot_server.read_export import export_reads, require_new

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Run a lot's local server and talk to it.")
LaneId = Annotated[str, typer.Argument(metavar="LANE", help="The lane's id.")]
StayId = Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")]


@app.command()
def serve(config: Config) -> None:
    """Run the lot until SIGTERM or Ctrl-C; one line on standard output says when it is ready."""

    def run() -> None:
        found = load_config(config)
        start_logging(found.log, found.clock)
        asyncio.run(run_server(found, announce))

    with_typed_errors(run)


@app.command()
def state(config: Config, as_json: AsJson = False) -> None:
    """Free spaces, the ledger, and what happens at each lane."""
    answer = get(config, "/state")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    ledger = answer["ledger"]
    clock = " (a simulated clock)" if answer["simulated"] else ""
    print(f"lot {answer['lot_id']} at {answer['now']}{clock}")
    print(f"{answer['free_spaces']} of {answer['spaces']} spaces free")
    print(f"ledger at {ledger['seq']} ({ledger['head'][:12]}), {ledger['acked_seq']} of it in the cloud")
    print_table(answer["lanes"], ("lane_id", "direction", "state", "plate", "due", "stay_id", "fault"))


@app.command()
def stays(config: Config, as_json: AsJson = False) -> None:
    """The vehicles inside."""
    answer = get(config, "/stays")
    columns = ("stay_id", "plate", "ticket_id", "entered_at", "entry_lane_id", "pass_id")
    print_rows(answer, answer["stays"], columns, as_json)


@app.command()
def alerts(config: Config, as_json: AsJson = False) -> None:
    """What waits for a person."""
    answer = get(config, "/alerts")
    print_rows(answer, answer["alerts"], ("raised_at", "code", "lane_id", "stay_id", "text"), as_json)


@app.command()
def display(lane: LaneId, config: Config) -> None:
    """What the display of a lane shows, with its QR code."""
    found = [each for each in get(config, "/state")["lanes"] if each["lane_id"] == lane]
    if not found:
        fail("unknown_lane", f"no lane {lane!r} at this lot: look at `openlot lot state`", FAILED)
    print("\n".join(found[0]["display"]))
    if found[0]["qr"] is not None:
        segno.make(found[0]["qr"], micro=False, error="q").terminal(compact=True)


@app.command()
def resolve(lane: LaneId, stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Say which stay the vehicle at an exit belongs to."""
    give_order(config, f"/lanes/{lane}/resolve", {"stay_id": stay, "operator": operator, "reason": reason})


@app.command("code")
def type_code(
    lane: LaneId,
    code: Annotated[str, typer.Argument(metavar="CODE", help="A ticket's number, or what its or a receipt's QR says.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Type the ticket or receipt of the vehicle that waits at an exit."""
    give_order(config, f"/lanes/{lane}/code", {"code": code, "operator": operator, "reason": reason})


@app.command("open")
def open_lane(lane: LaneId, config: Config, operator: Operator, reason: Reason) -> None:
    """Let the vehicle at a lane through."""
    give_order(config, f"/lanes/{lane}/open", {"operator": operator, "reason": reason})


@app.command()
def pay(
    lane: LaneId,
    amount_minor: Annotated[int, typer.Argument(help="Minor units (cents, fen).")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code.")],
    config: Config,
    provider: Annotated[str, typer.Option("--provider", help="Who took the money, for example cash.")],
    reference: Annotated[str, typer.Option("--reference", help="The provider's own number of the payment.")],
    operator: Operator,
) -> None:
    """Count money taken at the barrier for the stay that waits there."""
    amount: dict[str, object] = {"amount_minor": amount_minor, "currency": currency}
    give_order(
        config,
        f"/lanes/{lane}/payment",
        amount | {"provider": provider, "provider_reference": reference, "operator": operator},
    )


@app.command("correct-plate")
def correct_plate(
    stay: StayId,
    plate: Annotated[str, typer.Argument(metavar="PLATE", help="What the plate says.")],
    config: Config,
    operator: Operator,
    reason: Reason,
    color: Annotated[PlateColor | None, typer.Option("--color", help="Its background's colour, if read wrong.")] = None,
) -> None:
    """Change the plate of a stay that was read wrong, or give the same one to say that it was read right."""
    order: dict[str, object] = {"plate": plate, "operator": operator, "reason": reason}
    give_order(config, f"/stays/{stay}/plate", order | {"color": color})


@app.command("class-vehicle")
def class_vehicle(
    stay: StayId,
    vehicle: Annotated[VehicleClass, typer.Argument(help="What kind of vehicle it is.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Say what kind of vehicle a stay is of, by which it may be priced: a motorcycle with a ticket has no plate."""
    give_order(config, f"/stays/{stay}/vehicle", {"vehicle": vehicle, "operator": operator, "reason": reason})


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


app.command()(coupon)
app.command("lost-ticket")(lost_ticket)
app.command()(fee)
app.add_typer(account_app, name="account")
app.add_typer(tariff_app, name="tariff")
app.add_typer(emergency_app, name="emergency")
app.add_typer(clock_app, name="clock")
app.add_typer(money_app, name="money")
app.add_typer(merchant_app, name="merchant")
app.add_typer(pass_app, name="pass")
app.add_typer(list_app, name="list")
app.command()(occupancy)
app.command()(recount)
app.command("still-inside")(still_inside)
app.command("write-off")(write_off)
app.command()(backup)
app.command()(restore)
app.command()(upgrade)
app.command()(audit)
app.command()(doctor)
app.command("lane-empty")(lane_empty)
app.add_typer(dispute_app, name="dispute")
app.command()(erase)
app.command("systemd-unit")(systemd_unit)


def announce(line: str) -> None:
    """Say that the lot is ready, at once even into a pipe."""
    print(line, flush=True)
