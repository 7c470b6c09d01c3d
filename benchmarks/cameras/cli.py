"""`openlot bench cameras`."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from benchmarks.cameras.cameras_folder import FORMAT, CamerasFolder, CamerasPlan
from benchmarks.cameras.figures import CameraFigures, figures
from benchmarks.cameras.run import Measurement
from benchmarks.cameras.stream import Wish
from benchmarks.errors import BenchmarkError, OutFolderTaken
from benchmarks.run_folder import now, stored_path
from benchmarks.running.machine import machine_facts
from models.errors import ModelError
from vision.errors import VisionError
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER
from vision.read_files import Setup

FAILED, INTERRUPTED = 2, 130
_RATES = [5, 10, 25]
_FIGURES = TypeAdapter(list[CameraFigures])
_SHOWING = {"out", "as_json"}
"""Parameters that a measurement which is only shown again may be given."""


def cameras(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder for what was watched; a finished one alone is shown again.")],
    fps: Annotated[list[int] | None, typer.Option(min=1, max=60, help="Frames a second; may be repeated.")] = None,
    clip: Annotated[Path | None, typer.Option(help="A video of a fixed camera; none: drawn vehicles.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of the clip that are used.")] = 30,
    vehicles_an_hour: Annotated[float, typer.Option(min=1, help="Of drawn traffic, at one camera.")] = 120,
    height: Annotated[int, typer.Option(min=180, max=2160, help="Lines of a drawn picture.")] = 1080,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which the cost is measured.")] = 3,
    attempts: Annotated[int, typer.Option(min=0, help="Numbers of live cameras that are tried to be held.")] = 3,
    most: Annotated[int, typer.Option(min=1, help="Live cameras held at most: a process of 200 MB each.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Other vehicles, orders and beginnings.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures for machines.")] = False,
    detector: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_DETECTOR,
    reader: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_READER,
) -> None:
    """Measure how many cameras one core watches, from files and live, with the motion gate and reading every frame.

    Live cameras speak RTSP from a process on the other cores. Exit status: 0 once all was measured, 2 otherwise.
    """
    folder = CamerasFolder(out)
    try:
        if not folder.is_finished:
            wish = Wish(None if clip is None else stored_path(clip), seconds, vehicles_an_hour, height, seed)
            rates = tuple(dict.fromkeys(fps or _RATES))
            streams = folder.begin(wish, rates, lambda rate: _tell(f"making the stream of {rate} frames a second"))
            *others, core = sorted(os.sched_getaffinity(0))
            settings: dict[str, str | int | float] = {"detector": detector, "reader": reader, "provider": "cpu"}
            settings["playing_cores"] = len(others)
            plan = CamerasPlan(
                FORMAT,
                now(),
                _command(wish, rates, rounds, attempts, most),
                seed,
                rounds,
                streams,
                settings,
                machine_facts(),
            )
            setup = Setup(detector, reader, "any", "cpu")
            Measurement(plan, setup, core, others or [core], attempts, most).run(folder, _tell)
        elif any(_is_given(context, name) for name in context.params if name not in _SHOWING):
            raise OutFolderTaken(f"{out} holds a finished measurement: give --out alone, or another folder")
        found = figures(folder)
    except (BenchmarkError, ModelError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    if as_json:
        typer.echo(_FIGURES.dump_json(found, indent=2).decode())
    else:
        _show(found)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _command(wish: Wish, rates: Sequence[int], rounds: int, attempts: int, most: int) -> str:
    """The command as files keep it."""
    words = ["openlot", "bench", "cameras"]
    for rate in rates:
        words += ["--fps", str(rate)]
    if wish.clip is None:
        words += ["--vehicles-an-hour", f"{wish.vehicles_an_hour:g}", "--height", str(wish.height)]
    else:
        words += ["--clip", wish.clip, "--seconds", f"{wish.seconds:g}"]
    words += ["--rounds", str(rounds), "--attempts", str(attempts), "--most", str(most), "--seed", str(wish.seed)]
    return " ".join(word if word.startswith("$") else shlex.quote(word) for word in words)


def _tell(what: str) -> None:
    typer.echo(what, err=True)


def _show(found: Sequence[CameraFigures]) -> None:
    first = found[0]
    typer.echo(f"streams of {first.vehicles_an_hour:.0f} vehicles an hour")
    table = Table("from", "read", "fps", "moving %", "cameras a core (95 %)", "dropped %", "held")
    for each in found:
        cost = each.cameras
        table.add_row(
            each.kind,
            "gate" if each.way == "gated" else "every frame",
            str(each.rate),
            f"{100 * each.moving:.0f}",
            f"{cost.value:.2f} ({cost.low:.2f} to {cost.high:.2f})",
            f"{100 * each.dropped:.1f}",
            "-" if each.most_held is None else str(each.most_held),
        )
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table)
    attempts = Table("held live", "fps", "cameras", "", "vehicles", "missed", "dropped %", "late", "p99 delay ms")
    for heading in ("longest", "core in use %"):
        attempts.add_column(heading)
    for each in found:
        for attempt in each.attempts:
            attempts.add_row(
                "gate" if each.way == "gated" else "every frame",
                str(each.rate),
                str(attempt.cameras),
                "held" if attempt.is_held else "not held",
                str(attempt.vehicles),
                str(attempt.missed),
                f"{100 * attempt.dropped:.1f}",
                str(attempt.late),
                f"{attempt.p99_delay_ms:.0f}",
                f"{attempt.longest_delay_ms:.0f}",
                f"{100 * attempt.cpu:.0f}",
            )
    if attempts.row_count:
        console.print(attempts)
