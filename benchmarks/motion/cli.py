"""`openlot bench motion` and `openlot bench motion-stream`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.errors import BenchmarkError
from benchmarks.motion.compare import WAYS, Watched, motion_figures, watch_both_ways
from benchmarks.motion.stream import StreamPlan, build_stream
from models.errors import ModelError
from vision.errors import VisionError
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER
from vision.read_files import Setup

FAILED = 2


def motion(
    clip: Annotated[Path, typer.Argument(help="A video of a fixed camera.")],
    out: Annotated[Path, typer.Option(help="An empty folder for what was sighted and spent.")],
    rounds: Annotated[int, typer.Option(min=1, help="Times that the clip is watched each way, in turns.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures for machines.")] = False,
    detector: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_DETECTOR,
    reader: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_READER,
) -> None:
    """Watch a clip with the motion gate and without it, and compare processor time and sightings.

    Exit status: 0 once it was watched each way, whatever that showed; 2 otherwise.
    """
    try:
        pipeline = Setup(detector, reader, "any", "cpu").load()
        with _progress() as progress:
            tasks = {way: progress.add_task(f"{way}: frames decoded", total=None) for way in WAYS}
            watch_both_ways(
                pipeline, clip, rounds, out, _tell, lambda way, count: progress.update(tasks[way], completed=count)
            )
        found = motion_figures(out)
    except (BenchmarkError, ModelError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    typer.echo(f"{found.frames_decoded} of {found.frames} frames decoded, {found.frames_read} read")
    spent = (
        f"{found.cpu_ms_a_frame:.1f} ms of processor time a frame, {found.cpu_ms_every_frame:.1f} ms without the gate"
    )
    typer.echo(f"{spent}: {found.cpu_ratio:.3f} of it")
    typer.echo(f"sightings: {found.sightings_gated} gated, {found.sightings_every} when all are read")
    typer.echo(f"without a text: {found.unread_gated} gated, {found.unread_every} when all are read")
    for told in found.only_gated:
        typer.echo(f"only gated: {told.text}, frames {told.first} to {told.last}")
    for told in found.only_every:
        typer.echo(f"only when all are read: {told.text}, frames {told.first} to {told.last}")


def motion_stream(
    clip: Annotated[Path, typer.Argument(help="A video of a fixed camera, its lane idle for a while.")],
    out: Annotated[Path, typer.Option(help="The H.264 file to write; its truth goes beside it.")],
    minutes: Annotated[float, typer.Option(min=0.1, help="How long it is.")] = 60,
    vehicles: Annotated[int, typer.Option(min=1, help="Vehicles that pass in an hour.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Other vehicles, plates and times.")] = 0,
    aside: Annotated[float, typer.Option(help="Where the lane is: widths to the right of a drawn lane's place.")] = 0.2,
) -> None:
    """Build the stream of an hour at a lane: a clip's idle stretch to and fro, and drawn vehicles that pass.

    Exit status: 0 once it is written, 2 otherwise.
    """
    plan = StreamPlan(minutes, max(1, round(vehicles * minutes / 60)), seed, aside)
    try:
        with _progress() as progress:
            task = progress.add_task(f"{plan.vehicles} vehicles in {minutes:g} min", total=None)
            build_stream(clip, plan, out, lambda done, total: progress.update(task, completed=done, total=total))
    except (BenchmarkError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _tell(watched: Watched) -> None:
    what = f"round {watched.round + 1}, {watched.way}: {watched.frames_read} of {watched.frames} decoded frames read"
    typer.echo(f"{what}, {watched.cpu_s:.1f} s of processor time", err=True)
