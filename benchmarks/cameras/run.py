"""A measurement of cameras: first what watching costs, in rounds that take all kinds in turn; then how many live
cameras the core is seen to hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.cameras.cameras_folder import CamerasFolder, CamerasPlan, Line
from benchmarks.cameras.figures import KINDS, WAYS, Held, cameras_a_core, held, vehicles_of
from benchmarks.cameras.processes import WatcherProcess, cameras
from benchmarks.cameras.stream import Stream
from benchmarks.cameras.watching import Kind, Task, Way
from vision.read_files import Setup

MOST_EVERY = 30
"""Frames of a stream that a round reads where every frame is read: they cost much the same, so that a sample, from
another part in each round, tells what the whole would take minutes to tell."""
_TO_START_S, _TO_START_FRAMES = 2.0, 20
"""A live stream plays so many seconds and frames before it is looked at: FFmpeg first looks at twenty."""

Job = tuple[Stream, Task]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is run. `cores` play the cameras, `core` watches; at most `attempts` numbers of cameras are held, none of
    them over `most`."""

    plan: CamerasPlan
    setup: Setup
    core: int
    cores: Sequence[int]
    attempts: int
    most: int

    def run(self, folder: CamerasFolder, tell: Callable[[str], None]) -> None:
        """Run all; what was watched is on disk before more is, and told. Raises BenchmarkError."""
        files = {str(stream.rate): folder.streams / stream.file for stream in self.plan.streams}
        with cameras(files, self.cores) as address, ExitStack() as stack:
            watching = _Watching(self, folder, tell, address, stack)
            watching.measure()
            watching.hold()
            folder.finish(replace(self.plan, settings={**self.plan.settings, **watching.precisions}))


class _Watching:
    """The watchers at work."""

    def __init__(
        self,
        measurement: Measurement,
        folder: CamerasFolder,
        tell: Callable[[str], None],
        address: str,
        stack: ExitStack,
    ) -> None:
        self._run, self._plan, self._folder, self._tell = measurement, measurement.plan, folder, tell
        self._address, self._stack = address, stack
        self._watchers: list[WatcherProcess] = []
        self._lines: list[Line] = []
        self._rng = np.random.default_rng(measurement.plan.seed)

    @property
    def precisions(self) -> Mapping[str, str]:
        """What the first watcher's models run in."""
        return {f"{name}_precision": each for name, each in self._watchers[0].precisions.items()}

    def measure(self) -> None:
        """What each kind of camera costs, watched each way."""
        for turn in range(self._plan.rounds):
            groups = [[self._job(stream, "live", "gated", turn) for stream in self._plan.streams]]
            groups += [[self._job(stream, "file", "gated", turn)] for stream in self._plan.streams]
            groups += [[self._job(stream, kind, "every", turn)] for stream in self._plan.streams for kind in KINDS]
            for place in self._rng.permutation(len(groups)):
                self._watch(groups[place], turn, None)

    def hold(self) -> None:
        """So many live cameras as the core should be able to watch; fewer where it cannot, more where it can."""
        for way in WAYS:
            for stream in self._plan.streams:
                own = [x for x in self._lines if (x.kind, x.way, x.rate) == ("live", way, stream.rate)]
                count = min(self._run.most, math.floor(cameras_a_core(own, self._plan.seed).value))
                tried: dict[int, bool] = {}
                while count > 0 and count not in tried and len(tried) < self._run.attempts:
                    tried[count] = self._hold(stream, way, count, len(tried)).is_held
                    count = min(self._run.most, next_count(count, tried[count]))

    def _hold(self, stream: Stream, way: Way, count: int, turn: int) -> Held:
        jobs = [self._job(stream, "live", way, None) for _ in range(count)]
        found = held(self._watch(jobs, turn, count), vehicles_of(stream, self._lines))
        said = "held" if found.is_held else "not held"
        what = f"{found.missed} of {found.vehicles} vehicles missed, {found.late} frames late"
        self._tell(f"{count} live cameras of {stream.rate} frames a second, {_WORDS[way]}: {said} ({what})")
        return found

    def _watch(self, jobs: Sequence[Job], turn: int, count: int | None) -> list[Line]:
        """Watch all at the same time on the one core."""
        while len(self._watchers) < len(jobs):
            watcher = WatcherProcess(self._run.setup, self._run.core)
            self._stack.callback(watcher.close)
            self._watchers.append(watcher)
        chosen = list(zip(self._watchers, jobs, strict=False))
        for watcher, (_, task) in chosen:
            watcher.begin(task)
        lines = [
            Line(task.kind, task.way, stream.rate, turn, count, place, task.start, task.frames, watcher.finish())
            for place, (watcher, (stream, task)) in enumerate(chosen)
        ]
        self._folder.add(lines)
        self._lines += lines
        if count is None:
            for line in lines:
                kind = f"round {turn + 1}: {line.kind}, {line.rate} frames a second, {_WORDS[line.way]}"
                self._tell(f"{kind}: {line.watched.cpu_s:.1f} s of processor time for {line.frames / line.rate:.1f} s")
        return lines

    def _job(self, stream: Stream, kind: Kind, way: Way, turn: int | None) -> Job:
        """The whole stream from a quiet place, drawn, so that cameras are not in step; in a round that reads every
        frame, a part of it, and of a file with the motion gate all as it lies."""
        start, frames = 0, stream.frames
        if turn is not None and way == "every":
            frames = min(MOST_EVERY, stream.frames)
            start = round((stream.frames - frames) * (turn + 0.5) / self._plan.rounds)
        elif kind == "live" and stream.quiet:
            start = int(self._rng.choice(stream.quiet))
        played_from = (start - math.ceil(_TO_START_S * stream.rate) - _TO_START_FRAMES) % stream.frames
        source = str(self._folder.streams / stream.file)
        if kind == "live":
            source = f"{self._address}/{stream.rate}/{played_from}"
        return stream, Task(source, kind, way, stream.rate, stream.frames, start, frames, start in stream.quiet)


_WORDS: Mapping[Way, str] = {"gated": "motion gate", "every": "every frame read"}


def next_count(count: int, is_held: bool) -> int:
    """How many cameras to try after `count`: a fifth more, or fewer."""
    return max(count + 1, round(count * 1.2)) if is_held else min(count - 1, round(count / 1.2))
