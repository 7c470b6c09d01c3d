"""`openlot bench motion`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.errors import BenchmarkError
from benchmarks.gate.motion import Watched, motion_figures, watch_both_ways
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
        watch_both_ways(pipeline, clip, rounds, out, _tell)
        found = motion_figures(out)
    except (BenchmarkError, ModelError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    typer.echo(f"{found.frames_read} of {found.frames} frames read")
    spent = (
        f"{found.cpu_ms_a_frame:.1f} ms of processor time a frame, {found.cpu_ms_every_frame:.1f} ms without the gate"
    )
    typer.echo(f"{spent}: {found.cpu_ratio:.3f} of it")
    typer.echo(f"sightings: {found.sightings_gated} gated, {found.sightings_every} when all are read")
    for text in found.only_gated:
        typer.echo(f"only gated: {text}")
    for text in found.only_every:
        typer.echo(f"only when all are read: {text}")


def _tell(watched: Watched) -> None:
    what = f"round {watched.round + 1}, {watched.way}: {watched.frames_read} of {watched.frames} frames read"
    typer.echo(f"{what}, {watched.cpu_s:.1f} s of processor time", err=True)
