"""What was measured of cameras, as files; figures are worked out from these alone.

streams/         the streams, drawn once: RATE.mp4, and streams.json (`Streams`); a later measurement may use them again
watched.jsonl    a line for each time a stream was watched (`Line`)
cameras.json     one object: what was run, on which machine (`CamerasPlan`); last, so that it says all lines are there
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from benchmarks.cameras.errors import BadCameraRuns
from benchmarks.cameras.stream import Stream, Wish, make_stream
from benchmarks.cameras.watching import Kind, Watched, Way
from benchmarks.errors import OutFolderTaken

FORMAT: Final = 1
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Line:
    """A stream watched once, its `frames` from number `start` on.

    `cameras` is None where its cost was measured, in round `turn`; else it is camera `camera` of so many that were held
    on the core at the same time, at the search's step `turn` (all count from 0).
    """

    kind: Kind
    way: Way
    rate: int
    turn: int
    cameras: int | None
    camera: int
    start: int
    frames: int
    watched: Watched


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams that were made, and what for."""

    wish: Wish
    streams: tuple[Stream, ...]


@dataclass(frozen=True, slots=True)
class CamerasPlan:
    """What was run: `rounds` in which costs were measured, with these settings, on these streams, by rate."""

    format: Literal[1]
    created: AwareDatetime
    command: str
    seed: int
    rounds: int
    streams: tuple[Stream, ...]
    settings: Mapping[str, str | int | float]
    machine: Mapping[str, str | int | float | None]


_PLAN = TypeAdapter(CamerasPlan)
_LINE = TypeAdapter(Line)
_STREAMS = TypeAdapter(Streams)


class CamerasFolder:
    """Reads and writes the folder of a measurement of cameras."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.streams = path / "streams"

    @property
    def is_finished(self) -> bool:
        """Whether a measurement came to its end here."""
        return (self.path / "cameras.json").is_file()

    def begin(self, wish: Wish, rates: Sequence[int], tell: Callable[[int], None]) -> tuple[Stream, ...]:
        """The streams for `rates`; those not there yet are made, and told. Raises OutFolderTaken where the folder holds
        anything else than such streams, BadClip, SourceUnavailable."""
        there = [entry.name for entry in self.path.iterdir()] if self.path.is_dir() else []
        if self.path.is_file() or set(there) - {"streams"}:
            raise OutFolderTaken(f"{self.path} holds something: give another --out, or leave nothing but streams in it")
        self.streams.mkdir(parents=True, exist_ok=True)
        made = {stream.rate: stream for stream in self._made(wish)}
        for rate in rates:
            if rate not in made:
                tell(rate)
                made[rate] = make_stream(wish, rate, self.streams)
                kept = Streams(wish, tuple(made.values()))
                (self.streams / "streams.json").write_bytes(_STREAMS.dump_json(kept, indent=2) + b"\n")
        return tuple(made[rate] for rate in rates)

    def add(self, lines: Iterable[Line]) -> None:
        """Append, and return when the disk has them."""
        with (self.path / "watched.jsonl").open("ab") as file:
            file.write(b"".join(_LINE.dump_json(line) + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())

    def finish(self, plan: CamerasPlan) -> None:
        """Say what was run, now that all of it was."""
        (self.path / "cameras.json").write_bytes(_PLAN.dump_json(plan, indent=2) + b"\n")

    def plan(self) -> CamerasPlan:
        """What was run. Raises BadCameraRuns where it did not come to its end."""
        return self._read(self.path / "cameras.json", _PLAN)

    def lines(self) -> list[Line]:
        """Every time a stream was watched, in order. Raises BadCameraRuns."""
        path = self.path / "watched.jsonl"
        try:
            return [_LINE.validate_json(line) for line in path.read_bytes().splitlines()]
        except (OSError, ValidationError) as error:
            raise _unusable(path, error) from error

    def _made(self, wish: Wish) -> tuple[Stream, ...]:
        path = self.streams / "streams.json"
        if not path.is_file():
            return ()
        kept = self._read(path, _STREAMS)
        if kept.wish != wish:
            raise OutFolderTaken(f"{self.streams} holds streams that show something else: give another --out")
        return kept.streams

    @staticmethod
    def _read(path: Path, adapter: TypeAdapter[_T]) -> _T:
        try:
            return adapter.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> BadCameraRuns:
    return BadCameraRuns(f"{path} cannot be used ({error}): measure again into another --out")
