"""`openlot bench kill`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from benchmarks.kill.day import KilledDay, killed_days
from lot_server.errors import LotError

BROKEN, FAILED = 1, 2


def kill(
    kills: Annotated[int, typer.Option(min=1, help="How often a server is killed, over all days.")] = 1000,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Days at the same time, one a process.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Other vehicles and moments.")] = 1,
    out: Annotated[Path | None, typer.Option(help="A new folder in which the days' stores stay.")] = None,
) -> None:
    """Kill a lot's server with SIGKILL at random moments of simulated days, and judge what is on its disk.

    Store, jobs, lane loops and photos are the real ones. No barrier may have opened without an admission on disk, what
    was acknowledged is there, and every driver paid what the stay cost, once. Exit status: 0 if all held, 1 if
    something did not, 2 if a day could not be judged.
    """
    try:
        with TemporaryDirectory() as elsewhere:
            days = killed_days(out or Path(elsewhere), seed, kills, processes)
    except (BenchmarkError, LotError, OSError) as error:
        typer.echo(f"openlot bench: {getattr(error, 'code', 'kill_failed')}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    _show(days)
    raise typer.Exit(BROKEN if any(day.faults for day in days) else 0)


def _show(days: list[KilledDay]) -> None:
    table = Table("seed", "kills", "visits", "passages", "payments", "unseen passages", "broken promises")
    for day in days:
        figures = (day.seed, day.kills, day.visits, day.passages, day.payments, day.unseen, len(day.faults))
        table.add_row(*map(str, figures))
    Console().print(table)
    for day in days:
        for fault in day.faults:
            typer.echo(f"seed {day.seed}: {fault}")
