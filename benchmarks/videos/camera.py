"""A camera beside a lane, as a pinhole: where points of the road come to lie in its picture.

The road's frame is in metres: x to the camera's right, y up from the ground, z along the lane away from the camera.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Image

WIDTH, HEIGHT = 960, 540
NEAREST = 0.4
"""Metres before the camera's plane from which something can be drawn."""
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """`focal` in pixels, `height` over the ground in metres, `pitch` downwards in radians, `side` in metres."""

    focal: float = 1050.0
    height: float = 2.0
    pitch: float = 0.2
    side: float = 0.6

    def project(self, points: Floats) -> Floats:
        """Pixels (N, 2) of road points (N, 3), all at least NEAREST before the camera."""
        x, y, z = points[:, 0] - self.side, points[:, 1] - self.height, points[:, 2]
        depth = z * np.cos(self.pitch) - y * np.sin(self.pitch)
        drop = -(y * np.cos(self.pitch) + z * np.sin(self.pitch))
        depth = np.maximum(depth, NEAREST / 2)
        across, down = WIDTH / 2 + self.focal * x / depth, HEIGHT / 2 + self.focal * drop / depth
        return np.stack([across, down], axis=1).astype(np.float32)


def lay_over(picture: Image, layer: Image, quad: Floats) -> None:
    """Lay a premultiplied BGRA `layer` (h, w, 4) with its corners on `quad` (4, 2) over the picture, in place."""
    shown = float(np.linalg.norm(quad[1] - quad[0]))
    while layer.shape[1] > 2 * max(shown, 8.0):
        # a warp takes four pixels into account; halving first keeps the strokes of far plates
        layer = np.asarray(cv2.resize(layer, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    low, high = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int) + 1
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(picture.shape[1], int(high[0])), min(picture.shape[0], int(high[1]))
    if right <= left or bottom <= top:
        return
    h, w = layer.shape[:2]
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, quad - np.array([left, top], np.float32))
    seen = cv2.warpPerspective(layer, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    part = picture[top:bottom, left:right]
    behind = cv2.multiply(part, cv2.cvtColor(cv2.bitwise_not(seen[..., 3]), cv2.COLOR_GRAY2BGR), scale=1 / 255)
    part[:] = cv2.add(behind, cv2.cvtColor(seen, cv2.COLOR_BGRA2BGR))
