"""Reads labelled photos and keeps what was read on each, so that scores are worked out from files alone."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.types import PhotoResult, PhotoSet
from vision.read_files import Setup, Task, read_files


def run(photos: PhotoSet, setup: Setup, cores: int, file: Path) -> None:
    """Read every photo of a set; one JSON line each, as `openlot read --json` prints them, goes into `file`."""
    tasks = [Task(photo, None) for photo in photos.truth]
    with file.open("w", encoding="utf-8") as lines:
        for report in read_files(setup, tasks, cores):
            lines.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")


def results_in(file: Path) -> Iterator[PhotoResult]:
    """What `run` kept."""
    for line in file.read_text(encoding="utf-8").splitlines():
        report = json.loads(line)
        name = Path(report["file"]).name
        if "error" in report:
            yield PhotoResult(name, (), 0.0, report["error"]["code"])
        else:
            texts = tuple(plate["text"] for plate in report["plates"] if plate["text"] is not None)
            yield PhotoResult(name, texts, report["ms"])
