"""Boxes and corners behave as the geometry says, on cases small enough to check by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import (
    bounds,
    clamp,
    expand_quad,
    iou,
    iou_matrix,
    is_clockwise_convex,
    order_clockwise,
    to_corners,
    to_quad,
)
from vision.types import Box

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float32)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(Box(0, 0, 2, 2), Box(0, 0, 2, 2), 1.0, id="same"),
        pytest.param(Box(0, 0, 2, 2), Box(2, 0, 4, 2), 0.0, id="touching"),
        pytest.param(Box(0, 0, 2, 2), Box(1, 0, 3, 2), 1 / 3, id="half over"),
        pytest.param(Box(0, 0, 4, 4), Box(1, 1, 3, 3), 0.25, id="inside"),
        pytest.param(Box(1, 1, 1, 1), Box(1, 1, 1, 1), 0.0, id="both empty"),
        pytest.param(Box(3, 3, 1, 1), Box(0, 0, 4, 4), 0.0, id="inside out"),
    ],
)
def test_iou_is_overlap_over_union(first: Box, second: Box, expected: float) -> None:
    """IoU is the overlap's area over the union's, and 0 for empty boxes."""
    assert iou(first, second) == pytest.approx(expected)
    assert iou(second, first) == pytest.approx(expected)


# Fractions of a pixel that float32 areas can hold; a box of 1e-38 pixels is none.
coordinate = st.integers(-50 * 256, 50 * 256).map(lambda step: step / 256)


@given(st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), min_size=1, max_size=5))
def test_the_matrix_agrees_with_the_single_iou(raw: list[tuple[float, float, float, float]]) -> None:
    """Every entry of the IoU matrix is the IoU of its two boxes."""
    boxes = [Box(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in raw]
    array = np.array([[box.x1, box.y1, box.x2, box.y2] for box in boxes], dtype=np.float32)
    matrix = iou_matrix(array, array)
    for row, first in enumerate(boxes):
        for column, second in enumerate(boxes):
            assert matrix[row, column] == pytest.approx(iou(first, second), abs=1e-3)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param(Box(-5, -5, 5, 5), Box(0, 0, 5, 5), id="over the corner"),
        pytest.param(Box(2, 3, 4, 5), Box(2, 3, 4, 5), id="inside"),
        pytest.param(Box(30, 30, 40, 40), Box(20, 10, 20, 10), id="outside is empty"),
    ],
)
def test_clamp_keeps_what_lies_in_the_picture(box: Box, expected: Box) -> None:
    """A clamped box is the part of it inside the picture."""
    assert clamp(box, 20, 10) == expected


def test_a_quad_grows_along_its_own_axes() -> None:
    """A quarter turned plate grows along its own width, not along the picture's."""
    turned = np.array([[10, 0], [10, 20], [0, 20], [0, 0]], dtype=np.float32)
    grown = expand_quad(turned, 0.5, 0.0)
    assert grown.tolist() == [[10, -10], [10, 30], [0, 30], [0, -10]]


@given(st.permutations(range(4)), st.floats(-0.7, 0.7), st.floats(1.5, 6))
def test_ordering_finds_the_top_left_whatever_the_order(order: list[int], angle: float, aspect: float) -> None:
    """Four corners of a plate turned by less than 40 degrees are put in order from any order."""
    flat = np.array([[-aspect, -1], [aspect, -1], [aspect, 1], [-aspect, 1]], dtype=np.float32)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quad = (flat @ turn.T * 10 + 100).astype(np.float32)
    ordered = order_clockwise(quad[order])
    assert is_clockwise_convex(ordered)
    start = int(np.argmin(quad.sum(axis=1)))
    assert np.allclose(ordered, np.roll(quad, -start, axis=0), atol=1e-4)


@pytest.mark.parametrize(
    ("quad", "expected"),
    [
        pytest.param(SQUARE, True, id="square"),
        pytest.param(SQUARE[::-1], False, id="anticlockwise"),
        pytest.param(SQUARE[[0, 2, 1, 3]], False, id="crossing itself"),
        pytest.param(np.zeros((4, 2), dtype=np.float32), False, id="a point"),
        pytest.param(np.array([[0, 0], [10, 0], [2, 2], [0, 10]], dtype=np.float32), False, id="dented"),
    ],
)
def test_only_clockwise_convex_quads_pass(quad: np.ndarray, expected: bool) -> None:
    """A quad that crosses itself, is dented, flat or runs backwards is told apart."""
    assert is_clockwise_convex(quad) is expected


def test_corners_survive_the_way_out_and_back() -> None:
    """Corners as plain values and as an array are the same points, and their bounds are the box round them."""
    assert np.array_equal(to_quad(to_corners(SQUARE)), SQUARE)
    assert bounds(SQUARE) == Box(0, 0, 10, 10)
