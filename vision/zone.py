"""A part of a fixed camera's picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Box, Point


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon; its corners are shares of the picture's width and height, 0..1, from the top left.

    So it stays where it is when the camera comes back in another size.
    """

    corners: tuple[Point, ...]

    @property
    def middle(self) -> Point:
        """The mean of the corners, in the same shares."""
        across, down = np.mean(self.corners, axis=0)
        return float(across), float(down)

    @property
    def bounds(self) -> Box:
        """The smallest upright box round it, in the same shares."""
        across, down = zip(*self.corners, strict=True)
        return Box(min(across), min(down), max(across), max(down))

    def holds(self, point: Point) -> bool:
        """Whether a point, in the same shares, lies within."""
        outline = np.array(self.corners, np.float32).reshape(-1, 1, 2)
        return cv2.pointPolygonTest(outline, point, False) >= 0

    def mask(self, width: int, height: int) -> NDArray[np.bool_]:
        """Which cells of a grid (height, width) laid over its bounds have their middle within."""
        box = self.bounds
        across = box.x1 + (np.arange(width) + 0.5) / width * box.width
        down = box.y1 + (np.arange(height) + 0.5) / height * box.height
        return np.array([[self.holds((float(x), float(y))) for x in across] for y in down], dtype=np.bool_)
