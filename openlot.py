"""The `openlot` command: one sub-command per package, each imported only when it is asked for."""

import importlib
from collections.abc import Sequence

import click
import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS: dict[str, tuple[str, str, str]] = {
    "read": ("vision.cli", "read", "Read the plates in photos."),
    "watch": ("vision.cli", "watch", "Report each vehicle of a video, a folder of frames or a camera."),
    "models": ("models.cli", "app", "List, verify, train and export the plate models."),
    "lot": ("lot_server.cli", "app", "Run a lot's local server and talk to it."),
    "sync": ("cloud_sync.cli", "app", "Mirror a lot to the cloud."),
    "cloud": ("api.cli", "app", "Run the cloud service."),
    "bench": ("benchmarks.cli", "app", "Measure models and gates."),
    "demo": ("benchmarks.simulation.cli", "demo", "Run one whole day at a simulated lot."),
}
"""Command name -> module, the typer app or function in it, one line of help."""


class LazyGroup(TyperGroup):
    """Imports a command's module when the command is run, so that `openlot read` never loads a web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        target = getattr(importlib.import_module(module), attribute)
        if not isinstance(target, typer.Typer):
            app = typer.Typer(add_completion=False)
            app.command(cmd_name)(target)
            target = app
        command = get_command(target)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False)


@app.callback()
def openlot() -> None:
    """Licence-plate-driven parking."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; `arguments` default to the process's own."""
    app(list(arguments) if arguments is not None else None)


if __name__ == "__main__":
    main()
