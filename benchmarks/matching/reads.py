"""What the shipped reader read on labelled photos, with their true texts.

True texts of photos are people's plates: a file of these stays with the photos and is never published. What may be
published of it is `benchmarks.matching.recording`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.matching.errors import BadReads
from lot_server.domain.codec import from_body, to_body
from lot_server.domain.errors import DomainError
from lot_server.domain.evidence import ReadEvidence

Part = Literal["drawn", "development", "validation"]
"""drawn: generated plates; development: photos held back from training; validation: photos for reporting alone."""


@dataclass(frozen=True, slots=True)
class PlateReading:
    """One plate as it was read. `guess` is the likeliest text, right with the probability `confidence_ppm` says;
    None, with no evidence, where no plate was found. `true` is the label's text."""

    source: str
    part: Part
    true: str
    guess: str | None
    confidence_ppm: int
    evidence: ReadEvidence | None


def save(readings: Iterable[PlateReading], file: Path) -> int:
    """Write one JSON line each; returns how many."""
    with file.open("w", encoding="utf-8") as lines:
        return sum(bool(lines.write(_line(reading))) for reading in readings)


def load(file: Path) -> list[PlateReading]:
    """What `save` wrote. Raises BadReads."""
    try:
        with file.open(encoding="utf-8") as lines:
            return [from_body(PlateReading, json.loads(line)) for line in lines]
    except OSError as error:
        raise BadReads(f"{file} cannot be read ({error.strerror}): record it first") from error
    except (ValueError, DomainError) as error:
        raise BadReads(f"{file} holds no recorded reads ({error}): record it again") from error


def _line(reading: PlateReading) -> str:
    return json.dumps(to_body(reading), ensure_ascii=False, separators=(",", ":")) + "\n"
