"""How a reader of single lines looks at a plate that may have one row or two."""

from __future__ import annotations

import numpy as np

from vision.geometry import Quad
from vision.rectify import CHINESE_ROWS, EVEN_ROWS, RowCut
from vision.types import Layout

WIDEST_TWO_ROWS = 2.6
"""Width over height up to which a plate may have two rows and is looked at both ways."""


def looks(quad: Quad) -> list[tuple[Layout, list[Quad]]]:
    """The ways to look at a plate (4, 2): as one row, and, if it is high enough, as two rows parted as plates are."""
    found: list[tuple[Layout, list[Quad]]] = [("single", [quad])]
    if aspect(quad) <= WIDEST_TWO_ROWS:
        found += [("double", rows(quad, cut)) for cut in (EVEN_ROWS, CHINESE_ROWS)]
    return found


def rows(quad: Quad, cut: RowCut) -> list[Quad]:
    """The upper and the lower row of a plate, each (4, 2)."""
    return [_part(quad, *cut.upper, cut.inset), _part(quad, *cut.lower, 0.0)]


def aspect(quad: Quad) -> float:
    """Width over height of a quad (4, 2), by the mean of opposite sides."""
    across = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3]))
    down = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1]))
    return across / max(down, 1e-6)


def _part(quad: Quad, top: float, bottom: float, inset: float) -> Quad:
    """The part of a quad between two shares of its height, less a share of its width at either end."""
    top_left, top_right, bottom_right, bottom_left = quad
    left, right = bottom_left - top_left, bottom_right - top_right
    upper_left, upper_right = top_left + left * top, top_right + right * top
    lower_left, lower_right = top_left + left * bottom, top_right + right * bottom
    above, below = (upper_right - upper_left) * inset, (lower_right - lower_left) * inset
    corners = (upper_left + above, upper_right - above, lower_right - below, lower_left + below)
    return np.asarray(corners, dtype=np.float32)
