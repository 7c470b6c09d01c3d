"""Whether anything moves in front of a fixed camera, so that frames in which nothing does need not be read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Luma

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

    def passes(self, luma: Luma) -> bool:
        """Whether this frame should be read. The first always passes, and so does a change of the picture's size."""
        small = _small(luma)
        if self._is_moved(small):
            self._reference = small
            self._settle = _SETTLE
            return True
        self._settle -= 1
        return self._settle >= 0

    @property
    def rests(self) -> bool:
        """Whether all has been quiet for so long that a still frame would not pass."""
        return self._settle <= 0

    def is_moved_by(self, luma: Luma) -> bool:
        """Whether this frame shows motion; asking changes nothing."""
        return self._is_moved(_small(luma))

    def _is_moved(self, now: NDArray[np.uint8]) -> bool:
        before = self._reference
        if before is None or before.shape != now.shape:
            return True
        return float((cv2.absdiff(before, now) > _STEP).mean()) > _SHARE


def _small(luma: Luma) -> NDArray[np.uint8]:
    step = max(1, max(luma.shape) // _SIDE)
    thin = np.ascontiguousarray(luma[::step, ::step])
    return np.asarray(cv2.GaussianBlur(thin, (5, 5), 0), dtype=np.uint8)
