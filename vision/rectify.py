"""A plate straightened by its four corners: the picture that the reader sees. Training uses these same functions."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Image

READER_WIDTH, READER_HEIGHT = 168, 48
"""Pixels of the reader's input."""


@dataclass(frozen=True, slots=True)
class RowCut:
    """Where the rows of a two-row plate lie: shares of its height from top to bottom, and the share of its width that
    is left away at either end of the upper row."""

    upper: tuple[float, float]
    lower: tuple[float, float]
    inset: float


EVEN_ROWS = RowCut((0.0, 0.57), (0.42, 1.0), 0.0)
"""European, American and Brazilian plates part at 0.45 to 0.58; the rows overlap so that neither is cut through."""
CHINESE_ROWS = RowCut((0.0, 0.45), (0.36, 1.0), 0.12)
"""Province and office letter are low and in the middle: large plates part at 0.38, motorcycles' at 0.46 (GA 36-2014,
figures 2 and 4). So cut, their characters are as slender as those of one row."""

_MAX_OVERSAMPLING = 8
_SECONDS: ContextVar[list[float] | None] = ContextVar("seconds", default=None)


@contextmanager
def timed_rectifying() -> Iterator[list[float]]:
    """While the block runs, the seconds that each `rectify` takes are put into the list that it gives.

    A reader cuts a plate out again and again between looking at it, so that nobody outside can time it.
    """
    seconds: list[float] = []
    before = _SECONDS.set(seconds)
    try:
        yield seconds
    finally:
        _SECONDS.reset(before)


def rectify(image: Image, corners: NDArray[np.float32], width: int, height: int) -> Image:
    """The quadrilateral warped to height x width x 3, BGR.

    `corners` is float32 (4, 2), x and y in pixels, clockwise from the plate's own top left; they may lie outside the
    image, whose border is repeated there. Large plates are warped at a multiple of the size and averaged down, since a
    perspective warp alone would alias. Raises ValueError for corners of another shape or not finite."""
    start = time.perf_counter()
    view = _warped(image, corners, width, height)
    seconds = _SECONDS.get()
    if seconds is not None:
        seconds.append(time.perf_counter() - start)
    return view


def _warped(image: Image, corners: NDArray[np.float32], width: int, height: int) -> Image:
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


def rectify_stacked(image: Image, corners: NDArray[np.float32], cut: RowCut) -> Image:
    """A two-row plate with its upper row left and its lower row right, READER_HEIGHT x READER_WIDTH x 3.

    Other arguments and errors as in `rectify`."""
    whole = rectify(image, corners, READER_WIDTH, 2 * READER_HEIGHT)
    rows, columns = whole.shape[:2]
    parts = ((cut.upper, round(cut.inset * columns)), (cut.lower, 0))
    halves = [
        cv2.resize(
            whole[round(top * rows) : round(bottom * rows), inset : columns - inset],
            (READER_WIDTH // 2, READER_HEIGHT),
            interpolation=cv2.INTER_LINEAR,
        )
        for (top, bottom), inset in parts
    ]
    return np.asarray(np.hstack(halves), dtype=np.uint8)


def reader_input(crops: Sequence[Image]) -> NDArray[np.float32]:
    """Straightened plates as the reader network takes them: float32 (B, 3, 48, 168), RGB, (value - 127.5) / 127.5.

    Each crop is READER_HEIGHT x READER_WIDTH x 3 BGR, as from `rectify_single` and `rectify_stacked`."""
    stacked = np.stack(crops)[:, :, :, ::-1].transpose(0, 3, 1, 2)
    return np.ascontiguousarray((stacked.astype(np.float32) - 127.5) / 127.5)
