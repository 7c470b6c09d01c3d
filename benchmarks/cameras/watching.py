"""One stream watched, as `openlot watch` does, with an eye on which of its frames came, when, and at what cost.

All is counted in the gate, the one place that is shown every decoded frame, so that sources and pipeline are the real
ones and may leave frames undecoded while nothing moves.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.cameras.mark import number_in
from vision.motion import MotionGate
from vision.pipeline import Pipeline
from vision.ports import FrameSource
from vision.sources.rtsp import RtspSource
from vision.sources.video import VideoSource
from vision.types import Luma

Way = Literal["gated", "every"]
Kind = Literal["file", "live"]
GRACE_S = 20.0
"""Seconds after which a live stream that falls ever further behind is watched no more."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is watched: of a stream of `loop` frames at `rate` the `frames` from number `start` on, with the motion gate
    or every one. `source` is a file's path or an address, which plays the stream over and over.

    Where nothing moves at the start, the gate is taken to have seen that for long, as a gate that runs for years has.
    """

    source: str
    kind: Kind
    way: Way
    rate: int
    loop: int
    start: int
    frames: int
    starts_quiet: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of it: frames read, and processor seconds from the first frame to the last sighting.

    `dropped` frames never came though something moved (or every frame is to be read): who reads slower than frames come
    gets the newest. `delays_ms` are how much later than the promptest of them the frames of a live stream came that
    were looked at. `texts` are those of the sightings.
    """

    read: int
    cpu_s: float
    dropped: int
    delays_ms: tuple[int, ...]
    texts: tuple[str, ...]


def watch(pipeline: Pipeline, task: Task) -> Watched:
    """Watches to the end of the task. Raises VisionError."""
    source: FrameSource = VideoSource(Path(task.source)) if task.kind == "file" else RtspSource(task.source)
    gate = _Turnstile(task, source)
    limit = threading.Timer(task.frames / task.rate + GRACE_S, source.close)
    if task.kind == "live":
        limit.start()
    texts = []
    try:
        texts = [sighting.text for sighting in pipeline.watch(source, gate) if sighting.text is not None]
    except _Over:
        pass
    finally:
        limit.cancel()
    return gate.watched(tuple(texts))


def settle(gate: MotionGate, luma: Luma) -> None:
    """Show the gate a picture until it rests."""
    while gate.rests:
        gate.passes(luma, False)
    while not gate.rests:
        gate.passes(luma, False)


class _Over(Exception):
    """The task's part of a file ends before the file does."""


class _Turnstile:
    """The task's gate, opened for its frames only, that counts who goes through."""

    def __init__(self, task: Task, source: FrameSource) -> None:
        self._task, self._source = task, source
        self._gate = MotionGate() if task.way == "gated" else None
        self._began: float | None = None
        """Processor seconds of this process when the first frame came."""
        self._place = self._furthest = -1
        """Of the last frame that was given, and of the furthest seen at all, counted from the task's first."""
        self._rested = False
        self._read = self._dropped = 0
        self._lags: list[float] = []

    @property
    def rests(self) -> bool:
        return self._gate is not None and self._began is not None and self._gate.rests

    def passes(self, luma: Luma, is_eager: bool) -> bool:
        place = self._come(luma)
        if place is None:
            return False
        if not self._rested:
            self._dropped += max(0, place - self._place - 1)
        self._place = max(self._place, place)
        passes = self._gate is None or self._gate.passes(luma, is_eager)
        self._read += passes
        self._rested = self.rests
        return passes

    def is_moved_by(self, luma: Luma) -> bool:
        return self._come(luma) is not None and (self._gate is None or self._gate.is_moved_by(luma))

    def watched(self, texts: tuple[str, ...]) -> Watched:
        """What came of the task, at its end."""
        cpu_s = 0.0 if self._began is None else time.process_time() - self._began
        rest = 0 if self._rested else self._task.frames - self._place - 1
        least = min(self._lags, default=0.0)
        delays = [round(1000 * (lag - least)) for lag in self._lags] if self._task.kind == "live" else []
        return Watched(self._read, cpu_s, self._dropped + rest, tuple(delays), texts)

    def _come(self, luma: Luma) -> int | None:
        """Which frame of the task this is, None for those before it, after it, and between."""
        now, task = time.monotonic(), self._task
        number = number_in(luma)
        if number is None or number >= task.loop:
            return None
        place = (number - task.start) % task.loop
        has_turned = place >= task.loop / 2 if self._furthest < 0 else place < self._furthest - task.loop / 2
        if self._began is None:
            if has_turned:
                return None
            if self._gate is not None and task.starts_quiet:
                settle(self._gate, luma)
                self._rested = True
            self._began = time.process_time()
        if has_turned or place >= task.frames:
            self._end()
            return None
        self._furthest = max(self._furthest, place)
        self._lags.append(now - place / task.rate)
        return place

    def _end(self) -> None:
        if self._task.kind == "file":
            raise _Over
        self._source.close()
