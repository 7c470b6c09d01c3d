"""`openlot lot clock`: what the lot's clock shows, and ending a doubt about it."""

import json
from typing import Annotated

import typer

from lot_server.commands.terminal import AsJson, Config, Operator, Reason, get, with_typed_errors
from lot_server.config import load_config
from lot_server.loopback.client import LoopbackClient

clock_app = typer.Typer(add_completion=False, no_args_is_help=True, help="The lot's clock, and doubts about it.")


@clock_app.command()
def show(config: Config, as_json: AsJson = False) -> None:
    """What it shows, whether it is in doubt, and how many stays inside were timed in doubt."""
    answer = get(config, "/clock")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    print(f"the lot's clock shows {answer['now']}{' (simulated)' if answer['simulated'] else ''}")
    if answer["machine"] is not None:
        kept = {True: "kept by a time service", False: "not synchronised", None: "nobody says whether it is kept"}
        print(f"the machine's clock shows {answer['machine']}, {kept[answer['synchronised']]}")
    if answer["doubt"] is not None:
        print(f"in doubt ({answer['doubt']}) since it showed {answer['since']}")
    if answer["unsure_stays"]:
        print(f"{answer['unsure_stays']} stays inside have times that are not sure")


@clock_app.command()
def confirm(
    config: Config,
    operator: Operator,
    reason: Reason,
    time: Annotated[
        str | None, typer.Option("--time", help="What time it is, like 2026-01-31T08:00:00+01:00; else the machine's.")
    ] = None,
) -> None:
    """Say that the machine's clock is right, or what time it is; stays that were timed in doubt are moved."""

    def run() -> None:
        body: dict[str, object] = {"operator": operator, "reason": reason, "time": time}
        answer = LoopbackClient(load_config(config).store).post("/clock/confirm", body)
        print(f"moved by {answer['moved_s']:.1f} s")

    with_typed_errors(run)
