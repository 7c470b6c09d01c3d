"""Numbers that are drawn into a stream's frames."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cameras.mark import HEIGHT, MOST_FRAMES, WIDTH, draw_number, number_in
from vision.motion import MotionGate


@given(st.integers(0, MOST_FRAMES - 1), st.integers(-2, 2))
def test_a_number_comes_back(number: int, shift: int) -> None:
    """Whatever the number, and though coding moves greys a little, it is read again."""
    picture = np.full((HEIGHT + 20, WIDTH + 30, 3), 200, np.uint8)
    draw_number(picture, number)
    luma = (picture[..., 0].astype(int) + shift).astype(np.uint8)
    assert number_in(luma) == number


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (HEIGHT - 1, WIDTH), (HEIGHT, WIDTH - 1)])
def test_a_picture_without_number_has_none(shape: tuple[int, int]) -> None:
    """A plain picture, or one too small, is not taken for number 0."""
    assert number_in(np.full(shape, 110, np.uint8)) is None


def test_numbers_are_no_motion() -> None:
    """A gate that rests goes on resting while nothing but the number changes."""
    gate = MotionGate()
    rested = []
    for number in (*range(40), MOST_FRAMES - 1, 0):
        picture = np.full((540, 960, 3), 110, np.uint8)
        draw_number(picture, number)
        gate.passes(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8), False)
        rested.append(gate.rests)
    assert all(rested[20:])
