"""The detector: a network of the project's own behind the `Detector` port."""

from __future__ import annotations

from collections.abc import Sequence

from vision.detect_decode import decode, letterbox
from vision.session import Session
from vision.types import Box, Detection, Image

LOOKS = (0.6, 1.0, 1.6)
"""Sizes at which a picture is looked at, as shares of the card's long side, until a plate is found for certain: a small
look costs a third of a full one and sees large plates whole; the last is for small plates in large pictures."""
CERTAIN = 0.7
"""Score from which a plate ends the search for more: the vehicle at a gate is the nearest one, found first. Of 300
pictures composed from held-out scenes and plates it found the nearest plate of as many (273) as a full and a small look
always did, in 15 ms instead of 36 (medians)."""
LARGE = 0.3
"""Share of the picture's longer side from which a plate counts as large. The network sees parts of such a plate as
plates of their own in larger looks."""
PART = 0.7
"""Share of a box that lies in another's from which both are taken for one plate, or for a plate and a part of it."""
HIDES = 0.5
"""A large plate hides its parts unless its score is under this share of theirs."""


class OnnxDetector:
    """Finds plates with a network whose card is of kind `detector`."""

    def __init__(self, session: Session) -> None:
        """Raises BadCard when the card lacks the thresholds `score` and `iou`."""
        card = session.card
        self._session = session
        self._long_side = card.long_side or 0
        self._output = card.outputs[0].name
        self._score = card.threshold("score")
        self._iou = card.threshold("iou")

    def detect(self, image: Image) -> list[Detection]:
        """The plates of a BGR picture, likeliest first. Raises WrongModelShape for an output no detector gives."""
        found: list[Detection] = []
        for size in LOOKS:
            if size > 1.0 and max(image.shape[:2]) < size * self._long_side:
                break
            found = merged(found, self._look(image, size), LARGE * max(image.shape[:2]))
            if found and found[0].confidence >= CERTAIN:
                break
        return found

    def _look(self, image: Image, size: float) -> list[Detection]:
        planes, transform = letterbox(image, round(self._long_side * size))
        return decode(self._session.run(planes)[self._output], transform, self._score, self._iou)


def merged(coarse: Sequence[Detection], fine: Sequence[Detection], large: float) -> list[Detection]:
    """Plates found in two looks, likeliest first; those at least `large` pixels wide hide their parts, and of others
    that lie in one another the likelier stays."""
    whole = [found for found in coarse if found.box.width >= large]
    kept: list[Detection] = []
    for found in sorted([*coarse, *fine], key=lambda each: -each.confidence):
        hidden = any(_hides(each, found) for each in whole)
        if not hidden and not any(_one_plate(found.box, other.box) for other in kept):
            kept.append(found)
    return kept


def _hides(whole: Detection, part: Detection) -> bool:
    larger = whole.box.area > part.box.area
    return larger and share_inside(part.box, whole.box) > PART and whole.confidence >= HIDES * part.confidence


def _one_plate(one: Box, other: Box) -> bool:
    return max(share_inside(one, other), share_inside(other, one)) > PART


def share_inside(part: Box, whole: Box) -> float:
    """The share of `part`'s area that lies in `whole`, 0..1; 0 for an empty `part`."""
    width = min(part.x2, whole.x2) - max(part.x1, whole.x1)
    height = min(part.y2, whole.y2) - max(part.y1, whole.y1)
    return max(0.0, width) * max(0.0, height) / part.area if part.area > 0 else 0.0
