"""What the picture shows where a plate is, and around it: whether both stay, and whether they change together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Box, Image

_PLATE_SIZE = (32, 12)
"""Width and height that the plate is shrunk to: characters stay apart, noise averages out."""
_AROUND_SIZE = (32, 24)
_GROWN_X, _GROWN_Y = 0.5, 1.5
"""Shares of the plate's width and height that are looked at on every side: still the vehicle's front or rear, since a
car is four plates wide, yet six times the plate's own area."""
_STEP = 18.0
"""Grey levels by which a place must change; as in `motion`."""
_LEAST_STEP = 8.0
"""The same for a plate that hardly stands out of a dark night; noise that is left after shrinking stays under it."""
_LIT = 48.0
"""Mean grey level from which there is light enough for a vehicle's front to differ from the road behind it."""
_MOST_GAIN = 2.0
"""How far a camera's exposure may have drifted and the place still be compared as if it had not."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A plate and its surroundings at one box of a fixed camera's picture.

    `plate` is float32 (12, 32) grey levels; `around` float32 (N,), those of the grown box without the plate.
    """

    box: Box
    plate: NDArray[np.float32]
    around: NDArray[np.float32]

    @classmethod
    def of(cls, image: Image, box: Box) -> Self:
        """The place at `box`, which may reach out of the picture, in an image (H, W, 3) uint8 BGR."""
        grown_x, grown_y = box.width * _GROWN_X, box.height * _GROWN_Y
        outer = _whole_pixels(image, Box(box.x1 - grown_x, box.y1 - grown_y, box.x2 + grown_x, box.y2 + grown_y))
        left, top, right, bottom = outer
        part = np.ascontiguousarray(image[top:bottom, left:right])
        grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        x1, y1, x2, y2 = _whole_pixels(image, box)
        inner = grey[y1 - top : y2 - top, x1 - left : x2 - left]
        shrunk = np.asarray(cv2.resize(grey, _AROUND_SIZE, interpolation=cv2.INTER_AREA), dtype=np.float32)
        across, down = _AROUND_SIZE[0] / (right - left), _AROUND_SIZE[1] / (bottom - top)
        outside = np.ones(shrunk.shape, dtype=bool)
        outside[
            int((y1 - top) * down) : int(np.ceil((y2 - top) * down)),
            int((x1 - left) * across) : int(np.ceil((x2 - left) * across)),
        ] = False
        small = cv2.resize(inner, _PLATE_SIZE, interpolation=cv2.INTER_AREA)
        return cls(box, np.asarray(small, dtype=np.float32), shrunk[outside])

    @property
    def can_be_told(self) -> bool:
        """Whether the surroundings show enough to be told from others: in the dark all places look alike."""
        return bool(self.around.size) and (float(self.around.mean()) >= _LIT or float(self.around.std()) >= _STEP)

    def changed(self, now: Place) -> tuple[float, float]:
        """Shares of the plate and of its surroundings that differ `now`, each 0..1; both places have the same box.

        A change of light that the surroundings show is no difference.
        """
        drift = (float(self.around.mean()) + 1.0) / (float(now.around.mean()) + 1.0) if self.around.size else 1.0
        # either the light has changed or the scene itself: what fits better is believed of plate and scene each
        gains = (1.0, float(np.clip(drift, 1 / _MOST_GAIN, _MOST_GAIN)))
        step = float(np.clip(self.plate.std(), _LEAST_STEP, _STEP))
        return (
            min(_share(self.plate, now.plate * gain, step) for gain in gains),
            min(_share(self.around, now.around * gain, _STEP) for gain in gains),
        )


def _share(before: NDArray[np.float32], now: NDArray[np.float32], step: float) -> float:
    return float((np.abs(before - now) > step).mean()) if before.size else 0.0


def _whole_pixels(image: Image, box: Box) -> tuple[int, int, int, int]:
    """The box as left, top, right, bottom within the picture, at least one pixel each way."""
    height, width = image.shape[:2]
    left, top = int(np.clip(box.x1, 0, width - 1)), int(np.clip(box.y1, 0, height - 1))
    right, bottom = int(np.clip(np.ceil(box.x2), left + 1, width)), int(np.clip(np.ceil(box.y2), top + 1, height))
    return left, top, right, bottom
