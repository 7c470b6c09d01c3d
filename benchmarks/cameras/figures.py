"""From the files of a measurement to figures: how many cameras one core watches, and how many it was seen to hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.cameras.cameras_folder import CamerasFolder, Line
from benchmarks.cameras.errors import BadCameraRuns
from benchmarks.cameras.stream import KEYFRAME_S, Stream
from benchmarks.cameras.watching import Kind, Way
from benchmarks.judging.intervals import Interval, interval, ratio
from benchmarks.metrics import folded

KINDS: tuple[Kind, ...] = ("file", "live")
WAYS: tuple[Way, ...] = ("gated", "every")
LATE_S = KEYFRAME_S + 1.0
"""Seconds behind the promptest frame from which one is late: a source that sleeps may keep a group of pictures to
itself until its next keyframe tells that something moves; more than a second on top, and the watcher falls behind."""
MOST_DROPPED = 0.01
"""Share of frames that may be dropped where every frame is to be read."""


@dataclass(frozen=True, slots=True)
class Held:
    """So many cameras on one core at the same time, for a whole stream each.

    `dropped` is a share of all frames, `p99_delay_ms` and `longest_delay_ms` are of frames that were looked at, `late`
    counts those over LATE_S; `missed` vehicles were not told, of `vehicles`. `cpu` is the share of the core in use.
    """

    cameras: int
    is_held: bool
    vehicles: int
    missed: int
    dropped: float
    late: int
    p99_delay_ms: float
    longest_delay_ms: float
    cpu: float


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """How many cameras of a kind and rate one core watches one way, by their cost; `attempts` are live streams only.

    `cameras` is camera seconds by processor seconds, bootstrapped over rounds. `most_held` is the largest number that
    was seen to hold, 0 also where by its cost not one can; None where none was tried.
    """

    kind: Kind
    way: Way
    rate: int
    vehicles_an_hour: float
    moving: float
    cameras: Interval
    dropped: float
    attempts: tuple[Held, ...]
    most_held: int | None


def figures(folder: CamerasFolder) -> list[CameraFigures]:
    """By kind, then way, then rate. Raises BadCameraRuns."""
    plan, lines = folder.plan(), folder.lines()
    found = []
    for kind in KINDS:
        for way in WAYS:
            for stream in plan.streams:
                own = [line for line in lines if (line.kind, line.way, line.rate) == (kind, way, stream.rate)]
                costs = [line for line in own if line.cameras is None]
                if {line.turn for line in costs} != set(range(plan.rounds)):
                    raise BadCameraRuns(f"{folder.path} lacks rounds: measure again into another --out")
                vehicles = vehicles_of(stream, lines)
                attempts = tuple(held(group, vehicles) for group in _attempts(own))
                most = max((each.cameras for each in attempts if each.is_held), default=0)
                cameras = cameras_a_core(costs, plan.seed)
                is_tried = attempts or (kind == "live" and cameras.value < 1)
                found.append(
                    CameraFigures(
                        kind,
                        way,
                        stream.rate,
                        vehicles.total() * 3600 / stream.seconds,
                        stream.moving,
                        cameras,
                        sum(line.watched.dropped for line in costs) / sum(line.frames for line in costs),
                        attempts,
                        most if is_tried else None,
                    )
                )
    return found


def cameras_a_core(lines: Sequence[Line], seed: int) -> Interval:
    """Camera seconds that were watched by processor seconds; frames dropped were not watched."""
    rows = [((line.frames - line.watched.dropped) / line.rate, max(line.watched.cpu_s, 1e-9)) for line in lines]
    return interval(np.array(rows, np.float64), np.empty((0, 2)), ratio, seed)


def vehicles_of(stream: Stream, lines: Iterable[Line]) -> Counter[str]:
    """The plates of a stream's vehicles: the true ones; else those told when its file was first watched."""
    if stream.plates is not None:
        return _folded(stream.plates)
    for line in lines:
        if (line.kind, line.way, line.rate, line.turn) == ("file", "gated", stream.rate, 0):
            return _folded(line.watched.texts)
    return Counter()


def held(lines: Sequence[Line], vehicles: Mapping[str, int]) -> Held:
    """How the cameras fared that were held together."""
    frames = sum(line.frames for line in lines)
    dropped = sum(line.watched.dropped for line in lines) / frames
    delays = np.array([ms for line in lines for ms in line.watched.delays_ms] or [0])
    late = int((delays > 1000 * LATE_S).sum())
    missed = sum((Counter(vehicles) - _folded(line.watched.texts)).total() for line in lines)
    reads_all = lines[0].way == "gated" or dropped <= MOST_DROPPED
    came = all(line.watched.delays_ms for line in lines)
    return Held(
        len(lines),
        came and not missed and not late and reads_all,
        len(lines) * sum(vehicles.values()),
        missed,
        dropped,
        late,
        float(np.percentile(delays, 99)),
        float(delays.max()),
        sum(line.watched.cpu_s for line in lines) / max(line.frames / line.rate for line in lines),
    )


def _attempts(lines: Iterable[Line]) -> list[list[Line]]:
    groups: dict[int, list[Line]] = {}
    for line in lines:
        if line.cameras is not None:
            groups.setdefault(line.turn, []).append(line)
    return list(groups.values())


def _folded(texts: Iterable[str]) -> Counter[str]:
    return Counter(map(folded, texts))
