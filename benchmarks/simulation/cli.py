"""`openlot demo`: one whole day at a simulated lot, through the real services, and a verdict."""

import asyncio
import secrets
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from benchmarks.errors import BenchmarkError, OutFolderTaken
from benchmarks.simulation.bursts import drawn_cars, with_drawn_cars
from benchmarks.simulation.day import run_day
from benchmarks.simulation.photos import cars_of
from benchmarks.simulation.scenario import Car, plan_day
from benchmarks.simulation.settings import Files
from benchmarks.simulation.verdict import show, write_summary
from benchmarks.week.cli import live_through, tidy
from benchmarks.week.plan import VISITS

RED, INTERRUPTED, WRONG_USAGE = 1, 130, 2
DEFAULT_CARS = 52


def demo(
    photos: Annotated[Path | None, typer.Option(help="A folder of real photos with a truth.json.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another day.")] = 1,
    cars: Annotated[int | None, typer.Option(min=1, help=f"How many; {DEFAULT_CARS}, or all on the photos.")] = None,
    out: Annotated[Path | None, typer.Option(help="An empty folder to keep everything in.")] = None,
    speed: Annotated[float, typer.Option(min=1, help="Simulated seconds a real one; a week takes its own.")] = 600.0,
    week: Annotated[bool, typer.Option("--week", help="A week of 300 spaces in minutes, its reads replayed.")] = False,
    visits: Annotated[int, typer.Option(min=100, help="How many come in the week.")] = VISITS,
) -> None:
    """Run one whole day at a simulated lot, or a week, and judge it.

    Arrivals, smudged plates, passes, a full lot, a dead line, payments by phone and at the barrier, a kill -9 of the
    sync worker: through the installed services, their files and HTTP. Exit status: 0 for a green verdict, 1 for a red
    one, 2 for wrong usage.
    """
    console = Console()
    folder = Path(tempfile.gettempdir()) / f"openlot-demo-{secrets.token_hex(4)}" if out is None else out
    if week:
        _week(folder, seed, visits, console, keep=out is not None)
        return
    try:
        chosen, pictures = _cars(photos, cars, seed)
        scenario = plan_day(chosen, seed)
        _make_empty(folder)
        console.print(f"{len(chosen)} vehicles, {scenario.spaces} spaces, seed {seed}: {pictures}")
        verdict, spent = asyncio.run(run_day(scenario, Files(folder.absolute()), speed, console))
    except BenchmarkError as error:
        Console(stderr=True).print(f"openlot demo: {escape(str(error))}")
        raise typer.Exit(WRONG_USAGE) from error
    except KeyboardInterrupt:
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise typer.Exit(INTERRUPTED) from None
    show(verdict, console, pictures)
    console.print("  ".join(f"{part.removesuffix('_s')} {took:.0f} s" for part, took in asdict(spent).items()))
    day = {"pictures": pictures, "seed": seed, "spaces": scenario.spaces, "speed": speed}
    write_summary(verdict, folder / "summary.json", day | asdict(spent))
    if out is None and verdict.green:
        shutil.rmtree(folder)
    else:
        console.print(f"databases, photos, logs and summary.json are in {escape(str(folder))}")
    raise typer.Exit(0 if verdict.green else RED)


def _week(folder: Path, seed: int, visits: int, console: Console, *, keep: bool) -> None:
    """The same for a week."""
    try:
        _make_empty(folder)
        verdict = live_through(folder.absolute(), seed, visits, console)
    except BenchmarkError as error:
        Console(stderr=True).print(f"openlot demo: {escape(str(error))}")
        raise typer.Exit(WRONG_USAGE) from error
    except KeyboardInterrupt:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        raise typer.Exit(INTERRUPTED) from None
    tidy(folder, verdict, console, keep=keep)
    raise typer.Exit(0 if verdict.green else RED)


def _cars(photos: Path | None, count: int | None, seed: int) -> tuple[list[Car], str]:
    """The day's cars, and what the cameras will see. Raises NoTruth."""
    if photos is None:
        return drawn_cars(count or DEFAULT_CARS, seed), "scenes drawn by openlot itself, no real photos"
    photographed = cars_of(photos)[:count]
    day = with_drawn_cars(photographed, seed)
    return day, (
        f"real photos of {len(photographed)} cars, a copy of its own for each entry and exit; "
        f"{len(day) - len(photographed)} drawn without a readable plate"
    )


def _make_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutFolderTaken(f"{folder} is not an empty folder: name another one, or remove it first")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
