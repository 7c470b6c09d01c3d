"""`openlot bench card`: write the pages of docs/models from the cards, the photos and rendered scenes."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cards import page
from benchmarks.cards.curve import detector_curve, reader_curve
from benchmarks.cards.figures import EmptyFigures, SetFigures, empty_figures, set_figures
from benchmarks.cards.gallery import Failure, collect, write_sheet
from benchmarks.datasets.photo_sets import find_sets
from benchmarks.errors import BenchmarkError
from benchmarks.runner import run
from benchmarks.types import PhotoSet
from models.errors import ModelError
from models.registry import Registry
from vision.errors import VisionError
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER, Pipeline
from vision.read_files import Setup
from vision.sources.folder import picture_files

FAILED = 2
VALIDATION, EMPTY = "val", "negatives"
"""Folders of the collection: labelled photos that nothing was trained on, and pictures without plates."""
_SETUP = Setup(DEFAULT_DETECTOR, DEFAULT_READER, "any", "cpu")


def card(
    data: Annotated[Path, typer.Option(help="The photo collection; its folders val and negatives are read.")],
    out: Annotated[Path, typer.Option(help="Folder for the pages and their pictures.")] = Path("docs/models"),
    reads: Annotated[Path, typer.Option(help="Folder for what is read on each photo.")] = Path("bench-out"),
    keep: Annotated[bool, typer.Option("--keep", help="Use the reads that are in that folder already.")] = False,
    reader_log: Annotated[Path | None, typer.Option(help="log.csv of the reader's training run.")] = None,
    detector_log: Annotated[Path | None, typer.Option(help="dev.csv of the detector's training run.")] = None,
    scenes: Annotated[int, typer.Option(min=1, help="Rendered scenes to look for failures on.")] = 300,
    seed: Annotated[int, typer.Option(help="Which scenes are rendered.")] = 1,
) -> None:
    """Write OUT/reader.md and OUT/detector.md: data, recipe, figures, reliability, failures of the shipped models."""
    command = f"openlot bench card --data $OPENLOT_DATA --scenes {scenes} --seed {seed}"
    measured = "openlot bench read --data $OPENLOT_DATA/val --out bench-out"
    try:
        looks = (reader_curve(reader_log) if reader_log else [], detector_curve(detector_log) if detector_log else [])
        sets, empty = _measure(data, reads, keep)
        pipeline = Pipeline.load()
        rendered = collect(pipeline, seed, scenes)
        reader = Registry().find(DEFAULT_READER, "reader")
        detector = Registry().find(DEFAULT_DETECTOR, "detector")
    except (BenchmarkError, ModelError, VisionError) as error:
        typer.echo(f"openlot bench: {error.code}: {error}", err=True)
        raise typer.Exit(FAILED) from error
    out.mkdir(parents=True, exist_ok=True)
    parts = [
        page.identity(reader, pipeline.choices[reader.name]),
        page.training(reader, looks[0]),
        page.photos_read(sets, empty, measured),
        page.reliability_curve(sets),
        page.mistakes(sets),
        page.development(reader),
        page.gallery(
            rendered, _sheet(out / "reader_misread.jpg", rendered.misread), "misread, the surest first", command
        ),
    ]
    (out / "reader.md").write_text("\n".join(parts), encoding="utf-8")
    parts = [
        page.identity(detector, pipeline.choices[detector.name]),
        page.training(detector, looks[1]),
        page.photos_found(sets),
        page.development(detector),
        page.gallery(rendered, _sheet(out / "detector_missed.jpg", rendered.missed), "not found", command),
    ]
    (out / "detector.md").write_text("\n".join(parts), encoding="utf-8")
    typer.echo(f"{out}: reader.md and detector.md")


def _measure(data: Path, reads: Path, keep: bool) -> tuple[list[SetFigures], list[EmptyFigures]]:
    """The figures of every labelled set and of the pictures without plates."""
    sets = find_sets(data / VALIDATION)
    reads.mkdir(parents=True, exist_ok=True)
    figures = []
    for photos in sets:
        kept = reads / f"{photos.name}.jsonl"
        if not (keep and kept.is_file()):
            run(photos, _SETUP, 1, kept)
        figures.append(set_figures(photos, kept))
    kept = reads / f"{EMPTY}.jsonl"
    if not (keep and kept.is_file()):
        bare = PhotoSet(EMPTY, dict.fromkeys(picture_files(data / EMPTY), ()))
        run(bare, _SETUP, 1, kept)
    return figures, [empty_figures(EMPTY, kept)]


def _sheet(path: Path, failures: list[Failure]) -> Path | None:
    """The contact sheet at `path`, or None (and no old one left there) where nothing failed."""
    path.unlink(missing_ok=True)
    if not failures:
        return None
    write_sheet(path, failures)
    return path
