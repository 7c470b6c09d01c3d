"""Every frame's number, drawn into its top left corner, so that who gets the frame knows which it is.

Squares in two greys: one dark and one light to compare with, sixteen for the number, and one that makes the number's
light ones even. The greys lie closer than the motion gate's step, so that numbers that change are no motion.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.types import Image

_SIDE = 16
"""Pixels of a square: a macroblock of H.264, so that it stays one grey."""
_BITS = 16
_DARK, _LIGHT = 104, 118
WIDTH, HEIGHT = (_BITS + 3) * _SIDE, _SIDE
"""Pixels that a picture must have at least."""
MOST_FRAMES = 1 << _BITS


def draw_number(picture: Image, number: int) -> None:
    """Draw `number` (below MOST_FRAMES) on the picture (H, W, 3) itself."""
    bits = [number >> place & 1 for place in range(_BITS)]
    for place, bit in enumerate([0, 1, *bits, sum(bits) % 2]):
        picture[:_SIDE, place * _SIDE : (place + 1) * _SIDE] = _LIGHT if bit else _DARK


def number_in(luma: NDArray[np.uint8]) -> int | None:
    """The number in a picture's grey levels (H, W), None where there is none."""
    if luma.shape[0] < HEIGHT or luma.shape[1] < WIDTH:
        return None
    middle = slice(_SIDE // 4, 3 * _SIDE // 4)
    greys = luma[:_SIDE, :WIDTH].reshape(_SIDE, -1, _SIDE)[middle, :, middle].mean(axis=(0, 2))
    dark, light = greys[:2]
    if light - dark < (_LIGHT - _DARK) / 2:
        return None
    *bits, even = (int(grey > (dark + light) / 2) for grey in greys[2:])
    return sum(bit << place for place, bit in enumerate(bits)) if sum(bits) % 2 == even else None
