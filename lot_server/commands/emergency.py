"""`openlot lot emergency`: hold all barriers open, give them back, and say whose vehicles left meanwhile."""

import json
from typing import Annotated

import typer

from lot_server.commands.terminal import AsJson, Config, Operator, Reason, get, give_order, print_table

emergency_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Hold all barriers open, or end that.")


@emergency_app.command()
def hold(config: Config, operator: Operator, reason: Reason) -> None:
    """Open all barriers at once and hold them open until `release`."""
    give_order(config, "/emergency/hold", {"operator": operator, "reason": reason})


@emergency_app.command()
def release(config: Config, operator: Operator, reason: Reason) -> None:
    """Give the barriers back to their lanes; each closes once nobody is under it."""
    give_order(config, "/emergency/release", {"operator": operator, "reason": reason})


@emergency_app.command()
def show(config: Config, as_json: AsJson = False) -> None:
    """Whether the barriers are held, and the vehicles that drove out and belong to no stay yet."""
    answer = get(config, "/emergency")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    if answer["held"]:
        print(f"all barriers are held open since {answer['since']} by {answer['actor']}: {answer['reason']}")
    else:
        print("no emergency: the lanes rule their barriers")
    if answer["unmatched"]:
        print_table(answer["unmatched"], ("passage_id", "lane_id", "exited_at", "plate"))


@emergency_app.command()
def reconcile(
    passage: Annotated[str, typer.Argument(metavar="PASSAGE", help="The exit, from `show`.")],
    stay: Annotated[str, typer.Argument(metavar="STAY", help="The stay whose vehicle it was.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Say whose vehicle drove out while the barriers were held: its stay ended then."""
    body: dict[str, object] = {"stay_id": stay, "operator": operator, "reason": reason}
    give_order(config, f"/emergency/unmatched/{passage}", body)
