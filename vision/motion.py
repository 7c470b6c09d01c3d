"""Whether anything moves in front of a fixed camera, so that frames in which nothing does need not be read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Image

_SIDE = 160
"""Pixels of the longer side of the picture that is compared."""
_STEP = 18
"""Grey levels by which a pixel must change; a camera's noise stays under it after blurring."""
_SHARE = 0.004
"""Share of the pixels that must change: a plate's own area at the usual distance."""
_SETTLE = 12
"""Frames still passed once all is quiet: a vehicle that stands is read in peace, and one that left is noticed."""


class MotionGate:
    """Passes frames while something moves and a little longer.

    The comparison is with the last frame that showed motion, not with the one before, so that what creeps is seen.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.uint8] | None = None
        self._settle = 0

    def passes(self, image: Image) -> bool:
        """Whether this frame should be read. The first always passes, and so does a change of the picture's size."""
        step = max(1, max(image.shape[:2]) // _SIDE)
        thin = np.ascontiguousarray(image[::step, ::step])
        small = np.asarray(cv2.GaussianBlur(cv2.cvtColor(thin, cv2.COLOR_BGR2GRAY), (5, 5), 0), dtype=np.uint8)
        if self._reference is None or self._reference.shape != small.shape or self._moved(self._reference, small):
            self._reference = small
            self._settle = _SETTLE
            return True
        self._settle -= 1
        return self._settle >= 0

    @staticmethod
    def _moved(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> bool:
        return float((cv2.absdiff(before, now) > _STEP).mean()) > _SHARE
