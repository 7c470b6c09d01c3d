"""A picture of a plate that is seen from the side, and where it lies, for tests of readers."""

import cv2
import numpy as np

from vision.types import Box, Detection, Image


def seen(plate: Image) -> tuple[Image, Detection]:
    """A picture in which the plate lies aslant, and where it lies."""
    height, width = plate.shape[:2]
    corners = np.array([[60, 40], [380, 70], [372, 70 + 320 * height / width], [54, 40 + 320 * height / width]])
    corners = corners.astype(np.float32)
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    view = cv2.warpPerspective(plate, cv2.getPerspectiveTransform(flat, corners), (440, 320))
    points = [(float(x), float(y)) for x, y in corners]
    return view.astype(np.uint8), Detection(Box(54, 40, 380, 300), (points[0], points[1], points[2], points[3]), 0.9)
