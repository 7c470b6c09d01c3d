"""Plate reads made by hand, for tests of what comes after reading."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vision.types import Box, Detection, EvidenceFrame, Frame, PlateRead, PositionDistribution


def plate_read(
    text: str,
    confidence: float = 0.9,
    box: tuple[float, float, float, float] = (100, 100, 200, 130),
    doubts: Mapping[int, tuple[str, float]] | None = None,
    given: bool = True,
) -> PlateRead:
    """A read of `text`. `doubts` gives a place's runner-up and its probability; the rest of the mass is the text's."""
    positions = []
    for place, character in enumerate(text):
        other, mass = (doubts or {}).get(place, ("", 0.0))
        named = ((character, 0.98 - mass), *([(other, mass)] if other else []))
        positions.append(PositionDistribution(tuple(sorted(named, key=lambda n: -n[1])), 0.02, 0.01))
    x1, y1, x2, y2 = box
    return PlateRead(
        detection=Detection(Box(*box), ((x1, y1), (x2, y1), (x2, y2), (x1, y2)), 0.9),
        text=text if given else None,
        guess=text,
        printed=text,
        confidence=confidence,
        char_confidences=tuple(dict(p.characters)[c] for p, c in zip(positions, text, strict=True)),
        positions=tuple(positions),
        insertions=(0.005,) * (len(text) + 1),
        region="cn",
        color="blue",
        layout="single",
    )


def frame(index: int = 0) -> Frame:
    """A small grey frame."""
    return Frame(np.full((240, 320, 3), 100, np.uint8), str(Path("camera")), index)


def evidence(*reads: PlateRead) -> list[EvidenceFrame]:
    """One frame for each read."""
    return [EvidenceFrame(frame(index), read) for index, read in enumerate(reads)]
