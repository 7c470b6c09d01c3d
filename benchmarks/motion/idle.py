"""The idle stretch of a clip: the longest in which nothing changes but noise and what is too small to matter.

The rule knows nothing of the gate that is measured. The picture is averaged over 64 x 36 cells; a stretch is idle when
hardly any cell ever differs between any two of its frames, be they far apart: what creeps is no idling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from vision.sources.video import VideoSource
from vision.types import Image

_CELLS = (64, 36)
"""Across and down."""
_STEP = 16
"""Grey levels that a cell may change by; an average over some hundred pixels has hardly any noise left."""
_SHARE = 0.01
"""Share of the cells that may change by more: a clock that is printed on the picture, leaves, what passes far away."""
SHORTEST_S = 1.0
"""Seconds a stretch must last to be played over and over."""


class NoIdleStretch(BenchmarkError):
    """In no stretch of a clip is the lane idle for long enough."""

    code = "no_idle_stretch"


def idle_stretch(cells: Sequence[NDArray[np.uint8]]) -> range:
    """The longest idle stretch of the frames with these cells (see `cells_of`), the first of equally long ones."""
    longest = range(0)
    for start in range(len(cells)):
        if len(cells) - start <= len(longest):
            break
        low = high = cells[start]
        end = start + 1
        while end < len(cells):
            low, high = np.minimum(low, cells[end]), np.maximum(high, cells[end])
            # the difference of the larger and the smaller does not wrap
            if float((high - low > _STEP).mean()) > _SHARE:
                break
            end += 1
        longest = max(longest, range(start, end), key=len)
    return longest


def cells_of(image: Image) -> NDArray[np.uint8]:
    """Mean grey levels of a BGR picture's cells, uint8 (36, 64)."""
    small = cv2.resize(image, _CELLS, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def idle_frames(clip: Path, rate: float) -> list[Image]:
    """The frames of a clip's idle stretch at `rate` frames a second. Raises NoIdleStretch, SourceUnavailable."""
    cells = [cells_of(image) for image in _images(clip)]
    stretch = idle_stretch(cells)
    if len(stretch) < SHORTEST_S * rate:
        raise NoIdleStretch(f"in {clip} the lane is never idle for {SHORTEST_S:g} s; give a clip in which it is")
    return [image for index, image in enumerate(_images(clip)) if index in stretch]


def _images(clip: Path) -> Iterator[Image]:
    source = VideoSource(clip)
    try:
        for frame in source.frames():
            yield frame.image
    finally:
        source.close()
