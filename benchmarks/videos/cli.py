"""`openlot bench video` and `openlot bench video-truth`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from benchmarks.out_folder import make_out_folder
from benchmarks.videos.clips import recipes
from benchmarks.videos.judge import Verdict
from benchmarks.videos.truth import make_truth, read_list, write_truth
from benchmarks.videos.video_folder import VideoFolder
from benchmarks.videos.watching import labelled_clips, rendered_clip
from models.errors import ModelError
from vision.errors import VisionError
from vision.grammar import RegionHint
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER
from vision.read_files import Setup
from vision.session import Provider

FAILED = 2


def video(
    out: Annotated[Path, typer.Option(help="Folder for rendered clips and for what was sighted on each clip.")],
    data: Annotated[
        Path | None, typer.Option(help="Watch the labelled clips of this folder, not rendered ones.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What reports call this; else `openlot`, or both models' names.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Render other vehicles, plates and noise.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a clip.")] = False,
    detector: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_DETECTOR,
    reader: Annotated[str, typer.Option(help="A model's name, or the path of its card.")] = DEFAULT_READER,
    region: Annotated[RegionHint, typer.Option(help="Weigh the plate formats of this region up.")] = "any",
    provider: Annotated[Provider, typer.Option(help="What runs the networks.")] = "cpu",
) -> None:
    """Watch clips, keep the sightings as OUT/CLIP.jsonl, and count vehicles read right, missed and doubled.

    Without --data the clips are rendered: roll up and stop, reverse out, nose to tail, night, cuts, printed text.
    `openlot bench report RUN --video OUT` takes the counts in.
    """
    try:
        make_out_folder(out)
        clips = labelled_clips(data) if data else [rendered_clip(recipe, out) for recipe in recipes(seed)]
        setup = Setup(detector, reader, region, provider)
        folder = VideoFolder(out)
        folder.watch(name or _usual_name(setup), setup, setup.load(), clips, data is None)
        verdicts = folder.watched().verdicts
    except (BenchmarkError, ModelError, VisionError) as error:
        _fail(error)
    if as_json:
        for verdict in verdicts:
            typer.echo(json.dumps({**asdict(verdict), "all_right": verdict.is_all_right}))
    else:
        Console().print(_table(verdicts))


def video_truth(
    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The video.")],
    labels: Annotated[Path, typer.Argument(metavar="LIST", help="CSV: plate,first,last,doubtful.")],
    out: Annotated[Path, typer.Option(help="File for the truth, plates as salted hashes.")],
) -> None:
    """Turn a list of a clip's vehicles into its truth, which tells nobody's plate.

    LIST has a line for each vehicle: its plate, empty where nobody can read it; the first and last frame, from 0, in
    which it can be seen; `yes` where an eye can just about read it, so that a sighting of it may come but need not.
    """
    try:
        write_truth(make_truth(clip, read_list(labels)), out)
    except BenchmarkError as error:
        _fail(error)


def _usual_name(setup: Setup) -> str:
    if (setup.detector, setup.reader) == (DEFAULT_DETECTOR, DEFAULT_READER):
        return "openlot"
    return f"{Path(setup.detector).stem} + {Path(setup.reader).stem}"


def _table(verdicts: Sequence[Verdict]) -> Table:
    table = Table("clip", "vehicles", "right", "missed", "doubled", "wrong", "unread", "", box=None)
    for verdict in verdicts:
        counts = (verdict.vehicles, verdict.right, verdict.missed, verdict.doubled, verdict.wrong, verdict.unread)
        mark = "[green]all right[/]" if verdict.is_all_right else "[red]not right[/]"
        table.add_row(verdict.clip, *map(str, counts), mark)
    return table


def _fail(error: BenchmarkError | ModelError | VisionError) -> NoReturn:
    typer.echo(f"openlot bench: {error.code}: {error}", err=True)
    raise typer.Exit(FAILED) from error
