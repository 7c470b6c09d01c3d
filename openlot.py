"""The `openlot` command: one sub-command per package, each imported only when it is asked for."""

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version

import typer

COMMANDS: dict[str, tuple[str, str, str]] = {
    "read": ("vision.cli", "read", "Read the plates in photos."),
    "watch": ("vision.cli", "watch", "Report each vehicle of a video, a folder of frames or a camera."),
    "models": ("models.cli", "app", "List, verify, export and train the plate models."),
    "lot": ("lot_server.cli", "app", "Run a lot's local server and talk to it."),
    "sync": ("cloud_sync.cli", "app", "Mirror a lot to the cloud and bring settlements down."),
    "cloud": ("api.cli", "app", "Run the cloud service."),
    "bench": ("benchmarks.cli", "app", "Measure models on labelled photos and clips."),
    "demo": ("benchmarks.simulation.cli", "demo", "Run one whole day at a simulated lot."),
}
"""Command -> module, the typer app or function in it, and one line of help."""

EXTRAS = {"lot": "lot", "sync": "sync", "cloud": "cloud", "bench": "benchmarks", "demo": "benchmarks"}
"""Command -> the extra that installs what it needs."""

FAILED, WRONG_USAGE = 1, 2


def usage() -> str:
    """The list of commands."""
    rows = "\n".join(f"  {name:<8}{text}" for name, (_, _, text) in COMMANDS.items())
    return f"Usage: openlot COMMAND [ARGS]...\n\nCommands (each has --help):\n{rows}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; `arguments` default to the process's own. Exits 2 for wrong usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in ("-h", "--help"):
        typer.echo(usage())
        return
    if words == ["--version"]:
        typer.echo(version("openlot"))
        return
    if not words or words[0] not in COMMANDS:
        typer.echo(usage() if not words else f"openlot: no command {words[0]!r}\n\n{usage()}", err=True)
        raise SystemExit(WRONG_USAGE)
    module, attribute, _ = COMMANDS[words[0]]
    try:
        target = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if words[0] not in EXTRAS:
            raise
        needed = f"pip install 'openlot[{EXTRAS[words[0]]}]'"
        typer.echo(f"openlot {words[0]}: the package {error.name} is missing: {needed}", err=True)
        raise SystemExit(FAILED) from error
    if not isinstance(target, typer.Typer):
        command = target
        target = typer.Typer(add_completion=False)
        target.command()(command)
    target(words[1:], prog_name=f"openlot {words[0]}")


if __name__ == "__main__":
    main()
