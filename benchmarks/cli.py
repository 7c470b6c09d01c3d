"""`openlot bench`: measure models on labelled photos and clips."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.cameras.cli import cameras
from benchmarks.cards.cli import card
from benchmarks.codes.cli import codes
from benchmarks.datasets.photo_sets import find_sets
from benchmarks.errors import BenchmarkError
from benchmarks.gate.cli import gate
from benchmarks.kill.cli import kill
from benchmarks.matching.cli import app as matching
from benchmarks.metrics import score
from benchmarks.motion.cli import motion, motion_stream
from benchmarks.out_folder import make_out_folder
from benchmarks.report.cli import compare_runs, report
from benchmarks.runner import results_in
from benchmarks.runner import run as read_set
from benchmarks.running.cli import harness, run
from benchmarks.videos.cli import video, video_truth
from models.errors import ModelError
from vision.errors import VisionError
from vision.grammar import RegionHint
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER
from vision.read_files import Setup
from vision.session import Provider

FAILED = 2
app = typer.Typer(help="Measure models on labelled photos and clips.", no_args_is_help=True, add_completion=False)
app.command()(video)
app.command()(video_truth)
app.command()(card)
app.command()(run)
app.command()(harness)
app.command()(report)
app.command("compare")(compare_runs)
app.command()(gate)
app.command()(kill)
app.command()(motion)
app.add_typer(matching, name="matching")
app.command()(cameras)
app.command()(motion_stream)
app.command()(codes)


@app.callback()
def bench() -> None:
    """Measure models on labelled photos and clips."""


@app.command()
def read(
    data: Annotated[Path, typer.Option(help="A folder with a truth.json, or a folder of such folders.")],
    out: Annotated[Path, typer.Option(help="Folder for what was read on each photo.")],
    detector: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_DETECTOR,
    reader: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_READER,
    region: Annotated[RegionHint, typer.Option(help="Weigh the plate formats of this region up.")] = "any",
    provider: Annotated[Provider, typer.Option(help="What runs the networks.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="Cores to use, in all.")] = 1,
) -> None:
    """Read every photo of every set, keep the reads as OUT/SET.jsonl, and print the scores."""
    table = Table("set", "photos", "top-1 %", "recall %", "extra a photo", "median ms", "errors")
    try:
        sets = find_sets(data)
        make_out_folder(out)
        for photos in sets:
            kept = out / f"{photos.name}.jsonl"
            read_set(photos, Setup(detector, reader, region, provider), threads, kept)
            scored = score(photos, results_in(kept))
            table.add_row(
                photos.name,
                str(scored.photos),
                f"{100 * scored.top1:.1f}",
                f"{100 * scored.recall:.1f}",
                f"{scored.extra:.2f}",
                "-" if scored.median_ms is None else f"{scored.median_ms:.0f}",
                str(scored.errors),
            )
    except (BenchmarkError, ModelError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    Console().print(table)
