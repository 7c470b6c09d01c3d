"""Whether a stream has gone over to another view, as a spliced video does, or a camera that was turned."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Luma

_SIZE = (64, 36)
"""Width and height that are compared."""
_ALIKE = 0.4
"""Correlation of the edges of two pictures under which they show different views. Measured: 0.5 and more between any
two frames of a toll lane a second apart, trucks passing close by; under 0.37 between frames of two cameras."""
_LEAST_EDGE = 4.0
"""Spread of the edges' strength under which a picture shows too little to be told from another: darkness, fog."""


class SceneCut:
    """Tells when the view changes.

    Compared are edges, not brightness: lamps, clouds and the switch to infrared leave them where they are.
    """

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None

    def happened(self, luma: Luma) -> bool:
        """Whether this frame shows another view than the frame before it; never for the first."""
        edges = _edges(luma)
        before, self._before = self._before, edges
        if before is None or min(float(before.std()), float(edges.std())) < _LEAST_EDGE:
            return False
        return float(np.corrcoef(before.ravel(), edges.ravel())[0, 1]) < _ALIKE


def _edges(luma: Luma) -> NDArray[np.float32]:
    """The strength of the edges in a picture, float32 (36, 64)."""
    thin = cv2.resize(luma, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    strength = cv2.magnitude(cv2.Sobel(thin, cv2.CV_32F, 1, 0), cv2.Sobel(thin, cv2.CV_32F, 0, 1))
    return np.asarray(cv2.GaussianBlur(strength, (0, 0), 1.0), dtype=np.float32)
