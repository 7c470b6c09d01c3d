"""Many files read on N cores, in the order they were named."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from vision.decode_image import load_image
from vision.draw import draw
from vision.errors import ReadingProcessDied, VisionError
from vision.grammar import RegionHint
from vision.pipeline import Pipeline
from vision.report import FileReport, failed
from vision.session import Provider


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a reading process needs to build its own pipeline."""

    detector: str
    reader: str
    region: RegionHint
    provider: Provider

    def load(self) -> Pipeline:
        """The pipeline; errors as `Pipeline.load`."""
        return Pipeline.load(self.detector, self.reader, region=self.region, provider=self.provider)


@dataclass(frozen=True, slots=True)
class Task:
    """One picture to read, and where its marked copy goes, if anywhere."""

    file: Path
    drawing: Path | None


def read_file(pipeline: Pipeline, task: Task) -> FileReport:
    """Reads one file and draws its marked copy; a file that cannot be read gives a report with its error.

    Raises OSError when the marked copy cannot be written.
    """
    start = time.perf_counter()
    try:
        image = load_image(task.file)
    except VisionError as error:
        return failed(str(task.file), error)
    plates = pipeline.read(image)
    taken = (time.perf_counter() - start) * 1000
    if task.drawing is not None:
        task.drawing.parent.mkdir(parents=True, exist_ok=True)
        _, encoded = cv2.imencode(".jpg", draw(image, plates))
        task.drawing.write_bytes(np.asarray(encoded).tobytes())
    return FileReport(str(task.file), image.shape[1], image.shape[0], taken, tuple(plates))


def read_files(setup: Setup, tasks: Sequence[Task], cores: int) -> Iterator[FileReport]:
    """Reports in the order of `tasks`, worked out by `cores` processes with one thread each.

    Errors as `Pipeline.load` and `read_file`; ReadingProcessDied when a process is lost.
    """
    pipeline = setup.load()
    if cores == 1 or len(tasks) < 2:
        for task in tasks:
            yield read_file(pipeline, task)
        return
    del pipeline
    pool = ProcessPoolExecutor(min(cores, len(tasks)), get_context("spawn"), _start_process, (setup,))
    try:
        yield from pool.map(_read_in_process, tasks)
    except BrokenProcessPool as error:
        raise ReadingProcessDied("a reading process died; run again with --threads 1 to see on which file") from error
    finally:
        pool.shutdown(cancel_futures=True)


_of_this_process: Pipeline | None = None
"""A reading process builds its pipeline once; a pool hands its tasks no other way to it."""


def _start_process(setup: Setup) -> None:
    global _of_this_process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its processes itself
    _of_this_process = setup.load()


def _read_in_process(task: Task) -> FileReport:
    if _of_this_process is None:
        raise RuntimeError("the reading process has no pipeline")
    return read_file(_of_this_process, task)
