"""Boxes and corners: overlap, clamping, growing, ordering. All positions are pixels, x to the right, y down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.types import Box, Corners

Quad = NDArray[np.float32]
"""Four points, shape (4, 2), clockwise from the plate's own top left."""


def iou(first: Box, second: Box) -> float:
    """Area of the overlap over the area of the union, 0 where both are empty."""
    width = min(first.x2, second.x2) - max(first.x1, second.x1)
    height = min(first.y2, second.y2) - max(first.y1, second.y1)
    overlap = max(0.0, width) * max(0.0, height)
    union = first.area + second.area - overlap
    return overlap / union if union > 0 else 0.0


def iou_matrix(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """IoU of every box of `first` (N, 4) with every box of `second` (M, 4), as x1 y1 x2 y2; returns (N, M)."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    overlap = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    first_area = np.clip(first[:, 2:] - first[:, :2], 0, None).prod(axis=1)
    second_area = np.clip(second[:, 2:] - second[:, :2], 0, None).prod(axis=1)
    union = first_area[:, None] + second_area[None, :] - overlap
    ratio = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    return np.asarray(ratio, dtype=np.float32)


def clamp(box: Box, width: int, height: int) -> Box:
    """The part of `box` inside a picture of `width` x `height` pixels; empty (zero area) where none is."""
    return Box(
        x1=min(max(box.x1, 0.0), float(width)),
        y1=min(max(box.y1, 0.0), float(height)),
        x2=min(max(box.x2, 0.0), float(width)),
        y2=min(max(box.y2, 0.0), float(height)),
    )


def expand_quad(quad: Quad, fraction_x: float, fraction_y: float) -> Quad:
    """A quad (4, 2) grown along the plate's own axes: by a fraction of its width and of its height on every side."""
    top_left, top_right, bottom_right, bottom_left = quad
    across_top, across_bottom = (top_right - top_left) * fraction_x, (bottom_right - bottom_left) * fraction_x
    down_left, down_right = (bottom_left - top_left) * fraction_y, (bottom_right - top_right) * fraction_y
    grown = (
        top_left - across_top - down_left,
        top_right + across_top - down_right,
        bottom_right + across_bottom + down_right,
        bottom_left - across_bottom + down_left,
    )
    return np.asarray(grown, dtype=np.float32)


def bounds(quad: Quad) -> Box:
    """The smallest upright box around a quad (4, 2)."""
    x1, y1 = quad.min(axis=0)
    x2, y2 = quad.max(axis=0)
    return Box(float(x1), float(y1), float(x2), float(y2))


def is_clockwise_convex(quad: Quad) -> bool:
    """Whether the four points (4, 2) run clockwise (as seen, y down) round a convex shape with area."""
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    return bool((turns > 0).all())


def order_clockwise(points: Quad) -> Quad:
    """Any four points (4, 2) as they run clockwise round their middle, starting at the upper left one.

    The start is the point with the smallest x + y: right for plates turned by less than 45 degrees.
    """
    middle = points.mean(axis=0)
    angles = np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0])
    ring = points[np.argsort(angles, kind="stable")]
    start = int(np.argmin(ring.sum(axis=1)))
    return np.roll(ring, -start, axis=0).astype(np.float32)


def to_corners(quad: Quad) -> Corners:
    """A quad (4, 2) as the plain values that leave `vision`."""
    points = [(float(x), float(y)) for x, y in quad]
    return (points[0], points[1], points[2], points[3])


def to_quad(corners: Corners) -> Quad:
    """Corners as an array (4, 2), float32."""
    return np.asarray(corners, dtype=np.float32)
