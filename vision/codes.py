"""QR codes in a picture: what a driver holds up to a lane's camera.

A code is read from about 3 pixels a module on; docs/vehicles.md holds the measured sizes and what a look costs.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.types import Image, Luma

LONGEST_SIDE = 1920
"""Pixels; a larger picture is looked at smaller, so that one look stays a short one."""


class CodeReader:
    """Finds and decodes QR codes with the one of OpenCV's readers that looks for their corners as for ArUco markers: of
    slanted and noisy codes it reads more than the other, and sooner. Not to be shared by threads."""

    def __init__(self) -> None:
        self._detector = cv2.QRCodeDetectorAruco()

    def read(self, image: Image) -> tuple[str, ...]:
        """The texts of the codes in a picture (H, W, 3) uint8 BGR, each once; empty where none can be read.

        A code whose bytes are no UTF-8 is left out: it is nobody's of ours.
        """
        try:
            found, texts, _, _ = self._detector.detectAndDecodeMulti(_grey(image))
        except UnicodeDecodeError:
            return ()
        return tuple(dict.fromkeys(text for text in texts if text)) if found else ()


def _grey(image: Image) -> Luma:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = LONGEST_SIDE / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)
