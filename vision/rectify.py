"""A plate straightened by its four corners: the picture that the reader sees. Training uses these same functions."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Image

READER_WIDTH, READER_HEIGHT = 168, 48
"""Pixels of the reader's input."""

UPPER_ROW = (0.0, 0.55)
LOWER_ROW = (0.35, 1.0)
"""Share of the height that each half of a two-row plate is cut from. Chinese plates part at 0.38, European ones at 0.5;
the halves overlap so that no row is cut through in either."""

_MAX_OVERSAMPLING = 8


def rectify(image: Image, corners: NDArray[np.float32], width: int, height: int) -> Image:
    """The quadrilateral warped to height x width x 3, BGR.

    `corners` is float32 (4, 2), x and y in pixels, clockwise from the plate's own top left; they may lie outside the
    image, whose border is repeated there. Large plates are warped at a multiple of the size and averaged down, since a
    perspective warp alone would alias. Raises ValueError for corners of another shape or not finite."""
    if corners.shape != (4, 2) or not np.isfinite(corners).all():
        raise ValueError(f"corners must be four finite points, not {corners!r}")
    top, bottom = np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3])
    times = int(np.clip(np.floor(max(top, bottom) / width), 1, _MAX_OVERSAMPLING))
    w, h = width * times, height * times
    target = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    warped = cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if times > 1:
        warped = cv2.resize(warped, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, dtype=np.uint8)


def rectify_single(image: Image, corners: NDArray[np.float32]) -> Image:
    """The plate as one row, READER_HEIGHT x READER_WIDTH x 3; arguments and errors as in `rectify`."""
    return rectify(image, corners, READER_WIDTH, READER_HEIGHT)


def rectify_stacked(image: Image, corners: NDArray[np.float32]) -> Image:
    """A two-row plate with its upper row left and its lower row right, READER_HEIGHT x READER_WIDTH x 3.

    Arguments and errors as in `rectify`."""
    whole = rectify(image, corners, READER_WIDTH, 2 * READER_HEIGHT)
    rows = whole.shape[0]
    halves = [
        cv2.resize(
            whole[round(top * rows) : round(bottom * rows)],
            (READER_WIDTH // 2, READER_HEIGHT),
            interpolation=cv2.INTER_AREA,
        )
        for top, bottom in (UPPER_ROW, LOWER_ROW)
    ]
    return np.asarray(np.hstack(halves), dtype=np.uint8)


def reader_input(crops: Sequence[Image]) -> NDArray[np.float32]:
    """Straightened plates as the reader network takes them: float32 (B, 3, 48, 168), RGB, (value - 127.5) / 127.5.

    Each crop is READER_HEIGHT x READER_WIDTH x 3 BGR, as from `rectify_single` and `rectify_stacked`."""
    stacked = np.stack(crops)[:, :, :, ::-1].transpose(0, 3, 1, 2)
    return np.ascontiguousarray((stacked.astype(np.float32) - 127.5) / 127.5)
