"""A camera's sensor noise, drawn once and laid over each picture at another place."""

import cv2
import numpy as np

from vision.types import Image

_ROOM = 96


class Grain:
    """Gaussian noise of `sigma` grey levels for pictures up to `height` x `width` pixels."""

    def __init__(self, rng: np.random.Generator, height: int, width: int, sigma: float) -> None:
        noise = rng.standard_normal((height + _ROOM, width + _ROOM, 3), dtype=np.float32) * np.float32(sigma)
        self._brighter = np.clip(noise, 0, 255).astype(np.uint8)
        self._darker = np.clip(-noise, 0, 255).astype(np.uint8)

    def over(self, rng: np.random.Generator, picture: Image) -> Image:
        """The picture (h, w, 3) BGR uint8 with noise over it."""
        height, width = picture.shape[:2]
        top, left = (int(v) for v in rng.integers(0, _ROOM, 2))
        place = np.s_[top : top + height, left : left + width]
        return np.asarray(cv2.subtract(cv2.add(picture, self._brighter[place]), self._darker[place]), dtype=np.uint8)
