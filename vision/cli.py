"""`openlot read` and `openlot watch`."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from models.errors import ModelError, UnknownModel
from vision.errors import ExtraMissing, NoImages, ProviderUnavailable, SourceUnavailable, VisionError
from vision.grammar import RegionHint
from vision.pipeline import DEFAULT_DETECTOR, DEFAULT_READER
from vision.read_files import Setup, Task, read_files
from vision.report import FileReport, Value, failed, sighting_as_json
from vision.session import Provider
from vision.sources.address import open_source
from vision.sources.folder import picture_files
from vision.types import Sighting

SOME_FAILED, WRONG_USAGE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141
"""Exit statuses; the last two are what shells expect of SIGINT and SIGPIPE."""

_WRONG_USAGE_ERRORS = (UnknownModel, ProviderUnavailable, ExtraMissing)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Region = Annotated[RegionHint, typer.Option(help="Weigh the plate formats of this region up; it need not be right.")]
DetectorName = Annotated[
    str, typer.Option("--detector", help="A model's name, the path of its card, or an ultralytics .pt file.")
]
ReaderName = Annotated[
    str, typer.Option("--reader", help="A model's name, the path of its card, rapidocr, or easyocr.")
]
ProviderName = Annotated[Provider, typer.Option("--provider", help="What runs the networks.")]


def read(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Photos, or folders of photos.")],
    as_json: AsJson = False,
    region: Region = "any",
    detector: DetectorName = DEFAULT_DETECTOR,
    reader: ReaderName = DEFAULT_READER,
    provider: ProviderName = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="Cores to use, in all.")] = 1,
    draw: Annotated[Path | None, typer.Option(help="Folder for copies with the plates marked.")] = None,
) -> None:
    """Read the plates in photos.

    Exit status: 0 if all were read, 1 if some failed, 2 for wrong usage.
    """
    with _clean_end():
        found = [_tasks(path, draw) for path in paths]
        tasks = [task for entry in found if not isinstance(entry, FileReport) for task in entry]
        reports = read_files(Setup(detector, reader, region, provider), _distinct(tasks), threads)
        ordered = _in_order(found, reports)
        failures = _print_json(ordered) if as_json else _print_table(ordered)
    raise typer.Exit(SOME_FAILED if failures else 0)


def watch(
    source: Annotated[str, typer.Argument(help="A video, a folder of frames, an rtsp:// address, or usb:0.")],
    as_json: AsJson = False,
    region: Region = "any",
    detector: DetectorName = DEFAULT_DETECTOR,
    reader: ReaderName = DEFAULT_READER,
    provider: ProviderName = "cpu",
) -> None:
    """Report each vehicle of a video, a folder of frames or a camera, once it has gone.

    Exit status: 0 at the end of the source, 1 if the source or some of its pictures failed, 2 for wrong usage.
    """
    failures: list[FileReport] = []

    def report(path: Path, error: VisionError) -> None:
        failures.append(failed(str(path), error))
        _print_failure(failures[-1], as_json)

    with _clean_end():
        pipeline = Setup(detector, reader, region, provider).load()
        try:
            for sighting in pipeline.watch(open_source(source, report)):
                _print_sighting(sighting, as_json)
        except (SourceUnavailable, NoImages) as error:
            report(Path(source), error)
    raise typer.Exit(SOME_FAILED if failures else 0)


def _tasks(path: Path, drawings: Path | None) -> list[Task] | FileReport:
    """The pictures that one PATH of the command line stands for, or the report that it stands for none."""
    try:
        files = picture_files(path)
    except NoImages as error:
        return failed(str(path), error)
    root = path if path.is_dir() else path.parent
    return [Task(file, drawings / file.relative_to(root).with_suffix(".jpg") if drawings else None) for file in files]


def _distinct(tasks: Sequence[Task]) -> list[Task]:
    """The same tasks, their drawings told apart by a number where two would share a name.

    Raises typer.BadParameter when a drawing would take the place of a photo.
    """
    taken: set[Path] = set()
    photos = {task.file.resolve() for task in tasks}
    distinct = []
    for task in tasks:
        drawing, number = task.drawing, 2
        while drawing is not None and drawing in taken and task.drawing is not None:
            drawing = task.drawing.with_stem(f"{task.drawing.stem}-{number}")
            number += 1
        if drawing is not None:
            if drawing.resolve() in photos:
                raise typer.BadParameter(f"--draw would overwrite the photo {drawing}; give another folder")
            taken.add(drawing)
        distinct.append(Task(task.file, drawing))
    return distinct


def _in_order(found: Sequence[list[Task] | FileReport], reports: Iterator[FileReport]) -> Iterator[FileReport]:
    for entry in found:
        if isinstance(entry, FileReport):
            yield entry
        else:
            for _ in entry:
                yield next(reports)
    yield from reports


def _print_json(reports: Iterator[FileReport]) -> int:
    failures = 0
    for report in reports:
        failures += report.error is not None
        _print_line(report.as_json())
    return failures


def _print_table(reports: Iterator[FileReport]) -> int:
    failures = 0
    table = Table(Column("file", overflow="fold"), "plate", "sure", "region", "colour", "rows", "ms")
    for report in reports:
        if report.error is not None:
            failures += 1
            table.add_row(escape(report.file), _failure(report.error), "", "", "", "", "")
        elif not report.plates:
            table.add_row(escape(report.file), "[dim]no plate[/]", "", "", "", "", f"{report.ms:.0f}")
        for plate in report.plates:
            text = plate.printed if plate.text else f"[dim]{plate.guess}?[/]"
            rows = "2" if plate.layout == "double" else "1"
            sure, ms = f"{plate.confidence:.0%}", f"{report.ms:.0f}"
            table.add_row(escape(report.file), text, sure, plate.region, plate.color, rows, ms)
    Console().print(table)
    return failures


def _print_sighting(sighting: Sighting, as_json: bool) -> None:
    if as_json:
        _print_line(sighting_as_json(sighting))
        return
    text = f"[bold]{sighting.printed}[/]" if sighting.text else f"[dim]{sighting.guess}?[/]"
    best = sighting.evidence[0].frame
    frames = f"{sighting.frames_read} frame{'s' if sighting.frames_read > 1 else ''}"
    Console().print(f"{text}  {sighting.confidence:.0%}  {frames}, best {escape(best.source)} #{best.index}")


def _print_failure(report: FileReport, as_json: bool) -> None:
    if as_json:
        _print_line(report.as_json())
    elif report.error is not None:
        Console(stderr=True).print(_failure(report.error))


def _failure(error: tuple[str, str]) -> str:
    return f"[red]{error[0]}[/]: {escape(error[1])}"


def _print_line(value: Value) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextmanager
def _clean_end() -> Iterator[None]:
    """Turns what can end a command into a message and an exit status, never a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        # what is still buffered has nowhere to go, and the interpreter would complain of it on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    except OSError as error:
        typer.echo(f"openlot: cannot write {error.filename}: {error.strerror}; choose another place", err=True)
        raise typer.Exit(SOME_FAILED) from error
    except (ModelError, VisionError) as error:
        typer.echo(f"openlot: {error.code}: {error}", err=True)
        raise typer.Exit(WRONG_USAGE if isinstance(error, _WRONG_USAGE_ERRORS) else SOME_FAILED) from error
