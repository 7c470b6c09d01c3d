"""What the motion gate saves on a stream, and whether it costs sightings: the same clip watched with and without it.

gated.jsonl, every.jsonl   what the first round sighted each way, as `openlot watch --json` prints it
motion.jsonl               a line for each time the clip was watched (`Watched`)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from vision.motion import MotionGate
from vision.picture import Awake, Picture, Sleeper
from vision.pipeline import Pipeline
from vision.ports import FrameGate
from vision.report import sighting_as_json
from vision.sources.video import VideoSource
from vision.track import PATIENCE
from vision.types import Frame, Luma

Way = Literal["gated", "every"]
WAYS: tuple[Way, ...] = ("gated", "every")


LATE = 4 * PATIENCE
"""Frames by which one way may tell later than the other that a vehicle has gone: two groups and the patience to see."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip watched once: frames decoded (but for lone keyframes) and read, and the processor seconds of all that."""

    way: Way
    round: int
    frames: int
    frames_read: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """A text that a sighting told, the first and last frame of its evidence, and the frame after which it was told."""

    text: str
    first: int
    last: int
    at: int

    def is_like(self, other: Told) -> bool:
        """Whether both tell the same vehicle: the same text while it was in view, or when it had gone.

        The evidence of one that stands for an hour may be of any minute.
        """
        apart = max(self.first, other.first) - min(self.last, other.last)
        return self.text == other.text and (apart <= PATIENCE or abs(self.at - other.at) <= LATE)


@dataclass(frozen=True, slots=True)
class MotionFigures:
    """What the gate saves: `cpu_ratio` is processor time with it over that of reading every frame, all rounds together.

    `frames` are the clip's, `frames_decoded` and `frames_read` those of the gated way. `sightings` count those told
    with a text by each way; `only_gated` and `only_every` have none like them in the other way; `unread` are those
    without a text.
    """

    frames: int
    frames_decoded: int
    frames_read: int
    cpu_ms_a_frame: float
    cpu_ms_every_frame: float
    cpu_ratio: float
    sightings_gated: int
    sightings_every: int
    unread_gated: int
    unread_every: int
    only_gated: tuple[Told, ...]
    only_every: tuple[Told, ...]


_WATCHED = TypeAdapter(Watched)


class _EveryFrame:
    """A gate that stands open."""

    rests = False

    def passes(self, luma: Luma, is_eager: bool) -> bool:  # noqa: ARG002 - as the port says
        return True

    def is_moved_by(self, luma: Luma) -> bool:  # noqa: ARG002
        return True


class _Counted:
    """A gate whose frames are counted."""

    def __init__(self, gate: FrameGate, tell: Callable[[int], None]) -> None:
        self.decoded = self.passed = 0
        self._gate = gate
        self._tell = tell

    def passes(self, luma: Luma, is_eager: bool) -> bool:
        passes = self._gate.passes(luma, is_eager)
        self.decoded += 1
        self.passed += passes
        self._tell(self.decoded)
        return passes

    @property
    def rests(self) -> bool:
        return self._gate.rests

    def is_moved_by(self, luma: Luma) -> bool:
        return self._gate.is_moved_by(luma)


class _Followed:
    """A video of which it is known how far it was watched."""

    def __init__(self, source: VideoSource) -> None:
        self.at = 0
        self._source = source

    def frames(self) -> Iterator[Frame]:
        for picture in self.pictures(Awake()):
            yield picture.frame()

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:
        for picture in self._source.pictures(sleeper):
            self.at = picture.index
            yield picture

    def close(self) -> None:
        self._source.close()


def watch_both_ways(
    pipeline: Pipeline,
    clip: Path,
    rounds: int,
    folder: Path,
    tell: Callable[[Watched], None],
    tell_frame: Callable[[Way, int], None],
) -> None:
    """Watch the clip in turns, and keep what was sighted and spent. Raises OutFolderTaken, SourceUnavailable.

    `tell` hears of each time it was watched, `tell_frame` how many frames were decoded so far.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutFolderTaken(f"{folder} is not an empty folder: give another --out, or remove it first")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(rounds):
        for way in WAYS if number % 2 == 0 else WAYS[::-1]:
            watched, lines = _watch(pipeline, clip, way, number, tell_frame)
            if number == 0:
                (folder / f"{way}.jsonl").write_text("".join(lines), encoding="utf-8")
            with (folder / "motion.jsonl").open("ab") as file:
                file.write(_WATCHED.dump_json(watched) + b"\n")
            tell(watched)


def _watch(
    pipeline: Pipeline, clip: Path, way: Way, number: int, tell_frame: Callable[[Way, int], None]
) -> tuple[Watched, list[str]]:
    """The clip watched once, and its sightings as lines of JSON."""
    gate = _Counted(MotionGate() if way == "gated" else _EveryFrame(), lambda decoded: tell_frame(way, decoded))
    start = time.process_time()
    source = _Followed(VideoSource(clip))
    # Kept without pixels at once: a Sighting holds its frames.
    sighted = [{**sighting_as_json(sighting), "told_at": source.at} for sighting in pipeline.watch(source, gate)]
    watched = Watched(way, number, gate.decoded, gate.passed, time.process_time() - start)
    return watched, [json.dumps(sighting, ensure_ascii=False) + "\n" for sighting in sighted]


def motion_figures(folder: Path) -> MotionFigures:
    """From the files of `watch_both_ways`. Raises BadGateRuns."""
    try:
        lines = (folder / "motion.jsonl").read_bytes().splitlines()
        watched = [_WATCHED.validate_json(line) for line in lines]
        gated, every = (_sightings(folder / f"{way}.jsonl") for way in WAYS)
    except (OSError, ValueError, KeyError, ValidationError) as error:
        raise BadGateRuns(f"{folder} cannot be used ({error}): run `openlot bench motion CLIP` again") from error
    by_way = {way: [each for each in watched if each.way == way] for way in WAYS}
    if not by_way["gated"] or len(by_way["gated"]) != len(by_way["every"]):
        raise BadGateRuns(f"{folder} holds no finished rounds: run `openlot bench motion CLIP` again")
    told_gated, told_every = ([each for each in way if each is not None] for way in (gated, every))
    # the gated way decodes fewer frames than the clip has
    frames = by_way["every"][0].frames
    ms_gated, ms_every = (_cpu_ms(by_way[way]) / frames for way in WAYS)
    return MotionFigures(
        frames,
        by_way["gated"][0].frames,
        by_way["gated"][0].frames_read,
        ms_gated,
        ms_every,
        ms_gated / ms_every,
        len(told_gated),
        len(told_every),
        len(gated) - len(told_gated),
        len(every) - len(told_every),
        _without_like(told_gated, told_every),
        _without_like(told_every, told_gated),
    )


def _sightings(file: Path) -> list[Told | None]:
    """What was told; None for a sighting without a text."""
    told: list[Told | None] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        sighting = json.loads(line)
        frames = [evidence["index"] for evidence in sighting["evidence"]]
        text = sighting["text"]
        told.append(None if text is None else Told(text, min(frames), max(frames), sighting["told_at"]))
    return told


def _without_like(told: Sequence[Told], others: Sequence[Told]) -> tuple[Told, ...]:
    """Those for which there is none in `others`, each of which stands for one only."""
    left = list(others)
    alone = []
    for each in told:
        like = next((other for other in left if each.is_like(other)), None)
        if like is None:
            alone.append(each)
        else:
            left.remove(like)
    return tuple(alone)


def _cpu_ms(watched: Sequence[Watched]) -> float:
    """Processor time of a clip watched once."""
    return 1000 * sum(each.cpu_s for each in watched) / len(watched)
