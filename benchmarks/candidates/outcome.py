"""What a candidate makes of one photo, and what every kind of candidate is asked."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.run_folder import Failure, ReadPlate, Stage
from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import normalise

LONGEST_TEXT = 32
"""Characters that are kept of a text that is no plate."""
_NOT_IN_PLATES = re.compile(r"[^0-9A-Z一-鿿]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plates of one photo, surest first, or why there are none; fields as in `benchmarks.run_folder.Prediction`."""

    plates: tuple[ReadPlate, ...]
    ms: Mapping[Stage, float]
    cpu_ms: float | None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Nature:
    """What a candidate turned out to be once it was loaded: what runs it, in which precision, and its models' bytes.

    None where that cannot be told.
    """

    provider: str | None = None
    precision: str | None = None
    bytes: int | None = None


class Candidate(Protocol):
    """Anything that reads the plates of photos."""

    nature: Nature

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """One outcome a photo, in their order, each as soon as it is known; with an error where it failed."""

    def close(self) -> None:
        """End what the candidate started."""


def failed(code: str, message: str) -> Outcome:
    """The outcome of a photo on which a candidate failed."""
    return Outcome((), {}, None, Failure(code, message))


def plain_text(text: str) -> str:
    """A text as plates are compared: normalised, and of what no plate says only the characters that plates have."""
    try:
        return normalise(text)
    except BadPlate:
        return _NOT_IN_PLATES.sub("", text.upper())[:LONGEST_TEXT]


class Stopwatch:
    """Times the stages of one read: milliseconds since it was made or last asked, and those of the processor."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._cpu = time.process_time()
        self.ms: dict[Stage, float] = {}

    def lap(self, stage: Stage) -> None:
        """The stage that now ends took the time since the one before."""
        now = time.perf_counter()
        self.ms[stage] = 1000 * (now - self._last)
        self._last = now

    def part(self, stage: Stage, whole: Stage, seconds: float) -> None:
        """Of the time of `whole`, a stage of its own took so many seconds."""
        self.ms[stage] = 1000 * seconds
        self.ms[whole] -= 1000 * seconds

    def stop(self) -> float:
        """Note the total, and give the milliseconds that this process spent on processors, over all its threads."""
        self.ms["total"] = 1000 * (time.perf_counter() - self._start)
        return 1000 * (time.process_time() - self._cpu)
