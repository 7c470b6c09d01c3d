"""What the motion gate saves on a stream, and whether it costs sightings: the same clip watched with and without it.

gated.jsonl, every.jsonl   what the first round sighted each way, as `openlot watch --json` prints it
motion.jsonl               a line for each time the clip was watched (`Watched`)
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from benchmarks.errors import OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from vision.motion import MotionGate
from vision.pipeline import Pipeline
from vision.ports import FrameGate
from vision.report import sighting_as_json
from vision.sources.video import VideoSource
from vision.types import Luma

Way = Literal["gated", "every"]
WAYS: tuple[Way, ...] = ("gated", "every")


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip watched once: frames decoded and read, and the processor seconds of all that, decoding included."""

    way: Way
    round: int
    frames: int
    frames_read: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class MotionFigures:
    """What the gate saves: `cpu_ratio` is processor time with it over that of reading every frame, all rounds together.

    `sightings` count those told with a text by each way; `only_gated` and `only_every` are texts that the other way did
    not tell as often.
    """

    frames: int
    frames_read: int
    cpu_ms_a_frame: float
    cpu_ms_every_frame: float
    cpu_ratio: float
    sightings_gated: int
    sightings_every: int
    only_gated: tuple[str, ...]
    only_every: tuple[str, ...]


_WATCHED = TypeAdapter(Watched)


class _Counted:
    """A gate that counts; without one behind it, every frame passes."""

    def __init__(self, gate: FrameGate | None) -> None:
        self.frames = self.passed = 0
        self._gate = gate

    def passes(self, luma: Luma) -> bool:
        passes = self._gate is None or self._gate.passes(luma)
        self.frames += 1
        self.passed += passes
        return passes

    @property
    def rests(self) -> bool:
        return self._gate is not None and self._gate.rests

    def is_moved_by(self, luma: Luma) -> bool:
        return self._gate is None or self._gate.is_moved_by(luma)


def watch_both_ways(pipeline: Pipeline, clip: Path, rounds: int, folder: Path, tell: Callable[[Watched], None]) -> None:
    """Watch the clip in turns, and keep what was sighted and spent. Raises OutFolderTaken, SourceUnavailable."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutFolderTaken(f"{folder} is not an empty folder: give another --out, or remove it first")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(rounds):
        for way in WAYS if number % 2 == 0 else WAYS[::-1]:
            gate = _Counted(MotionGate() if way == "gated" else None)
            start = time.process_time()
            # Kept without pixels at once: a Sighting holds its frames.
            sighted = [sighting_as_json(sighting) for sighting in pipeline.watch(VideoSource(clip), gate)]
            watched = Watched(way, number, gate.frames, gate.passed, time.process_time() - start)
            if number == 0:
                lines = [json.dumps(sighting, ensure_ascii=False) + "\n" for sighting in sighted]
                (folder / f"{way}.jsonl").write_text("".join(lines), encoding="utf-8")
            with (folder / "motion.jsonl").open("ab") as file:
                file.write(_WATCHED.dump_json(watched) + b"\n")
            tell(watched)


def motion_figures(folder: Path) -> MotionFigures:
    """From the files of `watch_both_ways`. Raises BadGateRuns."""
    try:
        lines = (folder / "motion.jsonl").read_bytes().splitlines()
        watched = [_WATCHED.validate_json(line) for line in lines]
        texts = {way: _texts(folder / f"{way}.jsonl") for way in WAYS}
    except (OSError, ValueError, KeyError, ValidationError) as error:
        raise BadGateRuns(f"{folder} cannot be used ({error}): run `openlot bench motion CLIP` again") from error
    by_way = {way: [each for each in watched if each.way == way] for way in WAYS}
    if not by_way["gated"] or len(by_way["gated"]) != len(by_way["every"]):
        raise BadGateRuns(f"{folder} holds no finished rounds: run `openlot bench motion CLIP` again")
    gated, every = (_cpu_ms_a_frame(by_way[way]) for way in WAYS)
    first = by_way["gated"][0]
    return MotionFigures(
        first.frames,
        first.frames_read,
        gated,
        every,
        gated / every,
        texts["gated"].total(),
        texts["every"].total(),
        tuple(sorted((texts["gated"] - texts["every"]).elements())),
        tuple(sorted((texts["every"] - texts["gated"]).elements())),
    )


def _texts(file: Path) -> Counter[str]:
    told = (json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines())
    return Counter(text for text in told if text is not None)


def _cpu_ms_a_frame(watched: Sequence[Watched]) -> float:
    return 1000 * sum(each.cpu_s for each in watched) / sum(each.frames for each in watched)
