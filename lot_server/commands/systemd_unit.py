"""`openlot lot systemd-unit`."""

from typing import Annotated

import typer

from lot_server import systemd_unit as unit
from lot_server.commands.terminal import Config, with_typed_errors
from lot_server.config import load_config


def systemd_unit(
    config: Config,
    user: Annotated[str, typer.Option("--user", help="Who runs the server; owns the store's folder.")] = "openlot",
) -> None:
    """Print the systemd unit that runs this lot with the Python that runs this command."""
    with_typed_errors(lambda: print(unit.systemd_unit(load_config(config), config, user), end=""))
