"""The detector: a network of the project's own behind the `Detector` port."""

from __future__ import annotations

from collections.abc import Sequence

from vision.detect_decode import decode, letterbox
from vision.session import Session
from vision.types import Box, Detection, Image

LOOKS = (0.6, 1.0)
"""Sizes at which a picture is looked at, as shares of the card's long side, until a plate is found for certain: a small
look costs a third of a full one and sees large plates whole."""
LAST_LOOK = 1.6
"""Size of the look for small plates in large pictures, where none is likely by then; it costs two and a half full
ones."""
CERTAIN, LIKELY = 0.6, 0.5
"""Scores from which a plate ends the search for more, and from which it spares the last look: the vehicle at a gate is
the nearest one, found first. Of 240 pictures composed from held-out scenes and plates these two found the nearest plate
of 217 and 255 plates in all, in 16 ms on average; 0.7 for both found 218 and 258 in 22 ms, with half as many false
finds more."""
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
            found = self._more(image, size, found)
            if found and found[0].confidence >= CERTAIN:
                return found
        likely = bool(found) and found[0].confidence >= LIKELY
        small = max(image.shape[:2]) < LAST_LOOK * self._long_side
        return found if likely or small else self._more(image, LAST_LOOK, found)

    def _more(self, image: Image, size: float, found: Sequence[Detection]) -> list[Detection]:
        return merged(found, self._look(image, size), LARGE * max(image.shape[:2]))

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
