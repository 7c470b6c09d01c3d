"""`openlot lot erase`."""

from typing import Annotated

import typer

from lot_server.commands.terminal import Config, Operator, with_typed_errors
from lot_server.config import load_config
from lot_server.loopback.client import LoopbackClient


def erase(
    plate: Annotated[str, typer.Argument(metavar="PLATE", help="The plate to forget.")],
    config: Config,
    operator: Operator,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays, so without the plate.")],
    not_mirrored: Annotated[
        bool, typer.Option("--not-mirrored", help="This lot has no cloud, which would have to have the facts before.")
    ] = False,
) -> None:
    """Put a pseudonym in the place of a plate in all stays that are past their time of [photos], for ever.

    Times and amounts stay, and the ledger's chain holds. Backups made before still have the plate.
    """

    def ask() -> None:
        body: dict[str, object] = {"plate": plate, "operator": operator, "reason": reason, "mirrored": not not_mirrored}
        answer = LoopbackClient(load_config(config).store).post("/erasures", body)
        print(f"{answer['stays']} stays and {answer['facts']} facts now say {answer['pseudonym']}")
        if answer["kept"]:
            print(f"{len(answer['kept'])} stays are kept: they are not past their time of [photos]")

    with_typed_errors(ask)
