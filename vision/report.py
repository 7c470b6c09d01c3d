"""Reads and sightings as the plain values that `openlot read --json` and `openlot watch --json` print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.errors import ModelError
from vision.errors import VisionError
from vision.types import PlateRead, Sighting

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]
"""What JSON can say."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: its plates, surest first, or the error that kept it from being read.

    `ms` runs from reading the file's bytes to the last plate.
    """

    file: str
    width: int = 0
    height: int = 0
    ms: float = 0.0
    plates: tuple[PlateRead, ...] = ()
    error: tuple[str, str] | None = None
    """Code and message."""

    def as_json(self) -> Mapping[str, Value]:
        if self.error is not None:
            return {"file": self.file, "error": {"code": self.error[0], "message": self.error[1]}}
        return {
            "file": self.file,
            "width": self.width,
            "height": self.height,
            "ms": round(self.ms, 1),
            "plates": [plate_as_json(plate) for plate in self.plates],
        }


def failed(file: str, error: VisionError | ModelError) -> FileReport:
    """The report of a file that could not be read."""
    return FileReport(file, error=(error.code, str(error)))


def plate_as_json(plate: PlateRead) -> dict[str, Value]:
    """One plate of a picture; `guess` is there only where `text` is null."""
    box = plate.detection.box
    return {
        **_text(plate),
        "box": [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
        "corners": [[round(x, 1), round(y, 1)] for x, y in plate.detection.corners],
        "region": plate.region,
        "color": plate.color,
        "layout": plate.layout,
    }


def sighting_as_json(sighting: Sighting) -> dict[str, Value]:
    """One vehicle; `evidence` are frames that were read, the most telling first."""
    return {
        **_text(sighting),
        "alternatives": [[text, round(probability, 4)] for text, probability in sighting.alternatives],
        "region": sighting.region,
        "color": sighting.color,
        "layout": sighting.layout,
        "frames_read": sighting.frames_read,
        "evidence": [
            {
                "source": e.frame.source,
                "index": e.frame.index,
                "captured_at": e.frame.captured_at.isoformat() if e.frame.captured_at else None,
                **plate_as_json(e.read),
            }
            for e in sighting.evidence
        ],
    }


def _text(read: PlateRead | Sighting) -> dict[str, Value]:
    known: dict[str, Value] = {"text": read.text, "printed": read.printed if read.text else None}
    if read.text is None:
        known["guess"] = read.guess
    known["confidence"] = round(read.confidence, 4)
    known["char_confidences"] = [round(p, 4) for p in read.char_confidences]
    return known
