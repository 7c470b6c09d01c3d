"""The detector: a network of the project's own behind the `Detector` port."""

from __future__ import annotations

from vision.detect_decode import decode, letterbox
from vision.session import Session
from vision.types import Detection, Image


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
        planes, transform = letterbox(image, self._long_side)
        return decode(self._session.run(planes)[self._output], transform, self._score, self._iou)
