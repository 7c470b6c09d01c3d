"""The detector: a network of the project's own behind the `Detector` port."""

from __future__ import annotations

from vision.detect_decode import decode, letterbox
from vision.session import Session
from vision.types import Box, Detection, Image

COARSE = 0.4
"""Size of the second, smaller look at a picture, as a share of the card's long side; a sixth of the work."""
LARGE = 0.3
"""Share of the picture's longer side from which a plate counts as large. The network sees parts of such a plate as
plates of their own at full size, and sees it whole in the smaller look."""
PART = 0.7
"""Share of a box that lies in a large plate's from which it is taken for a part of that plate."""
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
        least_width = LARGE * max(image.shape[:2])
        large = [found for found in self._look(image, COARSE) if found.box.width >= least_width]
        others = [found for found in self._look(image, 1.0) if not any(_hides(whole, found) for whole in large)]
        return sorted(large + others, key=lambda found: -found.confidence)

    def _look(self, image: Image, size: float) -> list[Detection]:
        planes, transform = letterbox(image, round(self._long_side * size))
        return decode(self._session.run(planes)[self._output], transform, self._score, self._iou)


def _hides(whole: Detection, part: Detection) -> bool:
    return share_inside(part.box, whole.box) > PART and whole.confidence >= HIDES * part.confidence


def share_inside(part: Box, whole: Box) -> float:
    """The share of `part`'s area that lies in `whole`, 0..1; 0 for an empty `part`."""
    width = min(part.x2, whole.x2) - max(part.x1, whole.x1)
    height = min(part.y2, whole.y2) - max(part.y1, whole.y1)
    return max(0.0, width) * max(0.0, height) / part.area if part.area > 0 else 0.0
