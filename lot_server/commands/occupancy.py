"""The commands about how many vehicles are inside."""

import json
from typing import Annotated

import typer

from lot_server.commands.terminal import (
    AsJson,
    Config,
    Operator,
    Reason,
    get,
    give_order,
    print_table,
    with_typed_errors,
)
from lot_server.config import load_config
from lot_server.domain.money import Money
from lot_server.loopback.client import LoopbackClient

StayId = Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")]


def occupancy(config: Config, as_json: AsJson = False) -> None:
    """Free spaces with their bounds, and what makes them unsure."""
    answer = get(config, "/occupancy")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    bounds = "" if answer["least"] == answer["most"] else f", between {answer['least']} and {answer['most']}"
    kept = f", {answer['kept']} of them kept for pass holders" if answer["kept"] else ""
    full = "; full for visitors" if answer["full"] else ""
    print(f"{answer['free']} of {answer['spaces']} spaces free{bounds}{kept}{full}")
    if answer["orphans"]:
        print("stays whose vehicle is believed gone:")
        print_table(answer["orphans"], ("stay_id", "plate", "ticket_id", "cause", "since"))
    if answer["strays"]:
        print("vehicles that passed outside any stay:")
        print_table(answer["strays"], ("passed_at", "lane_id", "direction", "cause", "passage_id"))


def recount(
    inside: Annotated[int, typer.Argument(min=0, help="How many vehicles stand inside, none that is driving in.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Say how many vehicles somebody has counted; the count goes on from there."""

    def run() -> None:
        order: dict[str, object] = {"inside": inside, "operator": operator, "reason": reason}
        answer = LoopbackClient(load_config(config).store).post("/recount", order)
        print(f"{answer['free']} of {answer['spaces']} spaces free")

    with_typed_errors(run)


def still_inside(stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Say that the vehicle of a stay is there, though it was believed gone."""
    give_order(config, f"/stays/{stay}/found", {"operator": operator, "reason": reason})


def write_off(stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """End a stay whose vehicle has left without being seen; says what it had not paid."""

    def run() -> None:
        order: dict[str, object] = {"operator": operator, "reason": reason}
        answer = LoopbackClient(load_config(config).store).post(f"/stays/{stay}/write-off", order)
        print(f"written off, {Money(answer['lost_minor'], answer['currency'])} had not been paid")

    with_typed_errors(run)
