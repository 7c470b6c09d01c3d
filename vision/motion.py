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
"""Share of the pixels that must change in one place: a plate's own area at the usual distance. A clock printed on the
picture, leaves and people far away are several places, each of them smaller."""
_REACH = np.ones((5, 5), np.uint8)
"""How near to one another changed pixels belong to one place: what moves changes at its edges."""
_SETTLE = 12
"""Frames still passed once all is quiet: a vehicle that stands is read in peace, and one that left is noticed."""
_EVERY = 5
"""While no plate is worth more reads, one frame in so many passes. A vehicle that drives by at 30 km/h shows its plate
for a second, 12 to 25 frames: it is found in one of the first five, and the next ones are read."""


class MotionGate:
    """Passes frames while something moves and a little longer: all while a plate is worth more reads, else some.

    The comparison is with the last frame that showed motion, not with the one before, so that what creeps is seen.
    """

    def __init__(self) -> None:
        self._reference: NDArray[np.uint8] | None = None
        self._settle = 0
        self._unread = 0

    def passes(self, luma: Luma, is_eager: bool) -> bool:
        """Whether this frame should be read. The first always passes, and so does the first after all was quiet."""
        small = _small(luma)
        if self._is_moved(small):
            if self.rests:
                self._unread = _EVERY
            self._reference = small
            self._settle = _SETTLE
        else:
            self._settle = max(-1, self._settle - 1)
        self._unread += 1
        passes = self._settle >= 0 and (is_eager or self._unread >= _EVERY)
        if passes:
            self._unread = 0
        return passes

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
        changed = (cv2.absdiff(before, now) > _STEP).astype(np.uint8)
        if changed.mean() <= _SHARE:
            return False
        _, places = cv2.connectedComponents(cv2.dilate(changed, _REACH))
        # the first is what did not change
        return int(np.bincount(places[changed > 0]).max()) > _SHARE * changed.size


def _small(luma: Luma) -> NDArray[np.uint8]:
    step = max(1, max(luma.shape) // _SIDE)
    thin = np.ascontiguousarray(luma[::step, ::step])
    return np.asarray(cv2.GaussianBlur(thin, (5, 5), 0), dtype=np.uint8)
