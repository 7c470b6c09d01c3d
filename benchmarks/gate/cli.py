"""`openlot bench gate`."""

import asyncio
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from benchmarks.datasets.formats import load_dataset
from benchmarks.errors import BenchmarkError
from benchmarks.gate.figures import GateFigures, figures
from benchmarks.gate.gate_folder import FORMAT, GateFolder, GatePlan, GateRun, Visit
from benchmarks.gate.hardware import FRAMES_A_SECOND
from benchmarks.gate.lot import BOOM_S, config_of
from benchmarks.gate.page import HEADINGS, page, rows
from benchmarks.gate.run import GateBench
from benchmarks.gate.scenario import Scenario, with_comparisons
from benchmarks.gate.traffic import HEADWAY_S
from benchmarks.gate.vehicles import HEIGHT, WIDTH, vehicles_on
from benchmarks.run_folder import now, stored_path
from benchmarks.running.machine import machine_facts
from lot_server.config import MOST_WORKERS
from lot_server.errors import LotError
from models.errors import ModelError
from vision.errors import VisionError

FAILED, INTERRUPTED = 2, 130
_ALL = "idle,full,cloud-down,disk-busy"
_FIGURES = TypeAdapter(list[GateFigures])


def gate(
    out: Annotated[Path, typer.Option(help="Folder for what was seen; without --photos, one of earlier runs.")],
    photos: Annotated[Path | None, typer.Option(help="A folder of labelled photos; none: run nothing.")] = None,
    lanes: Annotated[str, typer.Option(help="Numbers of lanes, with commas.")] = "1,2,4",
    scenarios: Annotated[str, typer.Option(help="Any of idle, full, cloud-up, cloud-down, disk-busy.")] = _ALL,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each scenario, in turns.")] = 10,
    visits: Annotated[int, typer.Option(min=1, help="Vehicles a lane and run.")] = 20,
    workers: Annotated[int | None, typer.Option(min=1, max=MOST_WORKERS, help="Vision workers; else cores.")] = None,
    boom_s: Annotated[float, typer.Option(min=0.0, help="Seconds that the boom takes to rise or fall.")] = BOOM_S,
    seed: Annotated[int, typer.Option(min=0, help="Other photos, orders and pauses.")] = 0,
    page_file: Annotated[Path | None, typer.Option("--page", help="Write the figures as Markdown, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures for machines.")] = False,
) -> None:
    """Measure how long vehicles wait at a gate, from the arming loop to the relay of the barrier.

    The lane loop, the vision workers, the store and its photos are the real ones; loops, barrier and a camera of 25
    JPEG frames a second in 1080p are simulated. Runs that were stopped go on by the same command. Exit status: 0 once
    all runs were made, 2 otherwise.
    """
    folder = GateFolder(out)
    try:
        if photos is not None:
            asyncio.run(_bench(photos, lanes, scenarios, runs, visits, workers, boom_s, seed).run(folder, _tell))
        found = figures(folder)
    except (BenchmarkError, LotError, ModelError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    if page_file is not None:
        page_file.write_text(page(folder.plan(), found), encoding="utf-8")
    if as_json:
        typer.echo(_FIGURES.dump_json(found, indent=2).decode())
    else:
        _show(found)


def _bench(
    photos: Path, lanes: str, scenarios: str, runs: int, visits: int, workers: int | None, boom_s: float, seed: int
) -> GateBench:
    """What was asked for. Raises typer.BadParameter, BenchmarkError, VisionError."""
    lane_counts = _lane_counts(lanes)
    chosen = with_comparisons(_scenarios(scenarios))
    count = workers or min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    config = config_of(Path(), 1, count, boom_s)
    words = ["openlot", "bench", "gate", "--photos", stored_path(photos), "--lanes", lanes, "--scenarios", scenarios]
    words += ["--runs", str(runs), "--visits", str(visits), "--workers", str(count), "--seed", str(seed)]
    words += [] if boom_s == BOOM_S else ["--boom-s", str(boom_s)]
    settings: dict[str, str | int | float] = {
        "detector": config.vision.detector,
        "reader": config.vision.reader,
        "provider": config.vision.provider,
        "workers": count,
        "burst_frames": config.vision.burst_frames,
        "frames_a_second": FRAMES_A_SECOND,
        "frame": f"{WIDTH}x{HEIGHT} JPEG",
        "opening_s": config.site.opening_s,
        "drive_s": config.site.drive_s,
        "headway_s": HEADWAY_S,
    }
    plan = GatePlan(
        FORMAT,
        now(),
        " ".join(word if word.startswith("$") else shlex.quote(word) for word in words),
        seed,
        runs,
        visits,
        lane_counts,
        chosen,
        settings,
        machine_facts(),
    )
    samples = load_dataset(photos).samples
    vehicles = vehicles_on(samples, visits * max(lane_counts), config.vision.burst_frames, seed)
    return GateBench(plan, vehicles, count, config.site)


def _lane_counts(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(dict.fromkeys(int(word) for word in text.split(",")))
    except ValueError as error:
        raise typer.BadParameter("give numbers with commas between, like 1,2,4", param_hint="--lanes") from error
    if min(counts) < 1:
        raise typer.BadParameter("a lot has at least one lane", param_hint="--lanes")
    return counts


def _scenarios(text: str) -> tuple[Scenario, ...]:
    try:
        return tuple(Scenario(word.strip()) for word in text.split(","))
    except ValueError as error:
        known = ", ".join(Scenario)
        raise typer.BadParameter(f"give any of {known}, with commas between", param_hint="--scenarios") from error


def _tell(run: GateRun, visits: Sequence[Visit]) -> None:
    key = run.run
    opened = [visit.ms["relay"] for visit in visits if "relay" in visit.ms]
    slowest = f"slowest {max(opened):.0f} ms" if opened else "none"
    what = f"round {key.round + 1}: {key.scenario}, {key.lanes} lanes"
    typer.echo(f"{what}: opened for {len(opened)} of {run.vehicles}, {slowest}", err=True)


def _show(found: Sequence[GateFigures]) -> None:
    table = Table(*HEADINGS)
    for row in rows(found):
        table.add_row(*row)
    Console(width=None if Console().is_terminal else 200).print(table)
