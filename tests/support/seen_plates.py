"""Plate reads made by hand, for tests of what comes after reading."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from vision.types import Box, Detection, EvidenceFrame, Frame, Image, PlateRead, PositionDistribution

Sides = tuple[int, int, int, int]
"""Left, top, right and bottom pixel of a box."""


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


def shown(
    index: int, vehicles: Sequence[Sides] = (), printed: Sequence[Sides] = (), view: int = 0, light: float = 1.0
) -> Frame:
    """A frame of a patterned scene, another one for each `view`, with plates: on vehicles' fronts, or with no vehicle
    round them, as text printed on the picture; what is printed does not darken with the `light`."""
    blocks = np.random.default_rng(view).integers(40, 200, (12, 16), dtype=np.uint8)
    picture = cv2.cvtColor(cv2.resize(blocks, (320, 240), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)
    for left, top, right, bottom in vehicles:
        wide, high = right - left, bottom - top
        cv2.rectangle(picture, (left - wide, top - 3 * high), (right + wide, bottom + 2 * high), (40, 30, 150), -1)
        for bar in range(top - 3 * high, top - 4, 6):
            cv2.line(picture, (left - wide, bar), (right + wide, bar), (190, 190, 190), 2)
        _draw_plate(picture, (left, top, right, bottom))
    picture = np.asarray(picture * light, dtype=np.uint8)
    for sides in printed:
        _draw_plate(picture, sides)
    return Frame(picture, "camera", index)


def _draw_plate(picture: Image, sides: Sides) -> None:
    left, top, right, bottom = sides
    cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), (235, 235, 235), -1)
    for stroke in range(left + 4, right - 4, 9):
        cv2.line(picture, (stroke, top + 4), (stroke, bottom - 5), (20, 20, 20), 3)


def evidence(*reads: PlateRead) -> list[EvidenceFrame]:
    """One frame for each read."""
    return [EvidenceFrame(frame(index), read) for index, read in enumerate(reads)]
