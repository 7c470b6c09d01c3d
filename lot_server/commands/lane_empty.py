"""`openlot lot lane-empty`."""

from typing import Annotated

import typer

from lot_server.commands.terminal import Config, Operator, Reason, give_order


def lane_empty(
    lane: Annotated[str, typer.Argument(metavar="LANE", help="The lane's id.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Say that nobody is in a lane that is watched: what its camera shows now is the empty lane."""
    give_order(config, f"/lanes/{lane}/empty", {"operator": operator, "reason": reason})
