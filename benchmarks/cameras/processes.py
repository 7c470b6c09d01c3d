"""The processes of a measurement: those that watch, each with a pipeline of its own on one core, and the one that plays
the cameras on the others."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.cameras.errors import BadClip, WatcherFailed
from benchmarks.cameras.h264 import load_footage
from benchmarks.cameras.rtsp_server import RtspServer, Show
from benchmarks.cameras.watching import GRACE_S, Task, Watched, watch
from models.errors import ModelError
from vision.errors import VisionError
from vision.read_files import Setup

_START_S = 120.0
"""Seconds that a process may take to start."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A watcher can begin; its models' precisions by name."""

    precisions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Failed:
    """An error's code and message."""

    code: str
    message: str


class WatcherProcess:
    """A process that watches one stream after another."""

    def __init__(self, setup: Setup, core: int) -> None:
        """Ready to watch, on that core alone. Raises WatcherFailed."""
        context = get_context("spawn")
        self._end, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, setup, core), daemon=True)
        self._process.start()
        theirs.close()
        ready = self._receive(_START_S)
        if not isinstance(ready, _Ready):
            raise WatcherFailed(f"a watcher does not start: {ready}")
        self.precisions = ready.precisions

    def begin(self, task: Task) -> None:
        """Have it watch."""
        self._task = task
        self._end.send(task)

    def finish(self) -> Watched:
        """What came of the task. Raises WatcherFailed."""
        seconds = self._task.frames / self._task.rate
        watched = self._receive(_START_S + 2 * GRACE_S + 60 * seconds)
        if not isinstance(watched, Watched):
            raise WatcherFailed(f"{self._task.source} cannot be watched: {watched}")
        return watched

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()
        self._end.close()

    def _receive(self, seconds: float) -> object:
        if not self._end.poll(seconds):
            raise WatcherFailed(f"a watcher says nothing for {seconds:.0f} s; measure again with fewer cameras")
        try:
            return self._end.recv()
        except EOFError as error:
            raise WatcherFailed("a watcher died, most likely for want of memory; take lower rates") from error


@contextmanager
def cameras(files: Mapping[str, Path], cores: Sequence[int]) -> Iterator[str]:
    """While a process plays these files by name, pinned to `cores`: the address before the names.

    Raises WatcherFailed.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_play, args=(theirs, files, cores), daemon=True)
    process.start()
    theirs.close()
    try:
        told = ours.recv() if ours.poll(_START_S) else "it says nothing"
        if not isinstance(told, int):
            raise WatcherFailed(f"the cameras cannot be played: {told}")
        yield f"rtsp://127.0.0.1:{told}"
    except EOFError as error:
        raise WatcherFailed("the process that plays the cameras died, most likely for want of memory") from error
    finally:
        process.terminate()
        process.join()
        ours.close()


def _work(end: Connection, setup: Setup, core: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pipeline = setup.load()
        _pin([core])
        end.send(_Ready({name: choice.chosen for name, choice in pipeline.choices.items()}))
        while True:
            end.send(watch(pipeline, end.recv()))
    except (ModelError, VisionError) as error:
        end.send(_Failed(error.code, str(error)))
    except EOFError:
        return


def _play(end: Connection, files: Mapping[str, Path], cores: Sequence[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _pin(cores)
    try:
        server = RtspServer({name: Show(load_footage(file)) for name, file in files.items()})
    except (BadClip, OSError) as error:
        end.send(str(error))
        return
    with server.running():
        end.send(server.server_address[1])
        try:
            end.recv()
        except EOFError:
            return


def _pin(cores: Sequence[int]) -> None:
    """Hold every thread of this process to these cores; threads that come later follow who starts them."""
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)
