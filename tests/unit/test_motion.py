"""Frames in which nothing moves are not passed on."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.motion import MotionGate
from vision.types import Luma


def _scene(noise: int = 0, left: int | None = None) -> Luma:
    rng = np.random.default_rng(noise)
    image = np.full((480, 640), 90, np.uint8)
    image += rng.integers(0, 8, image.shape, dtype=np.uint8)
    if left is not None:
        image[200:280, left : left + 120] = 220
    return image


def _quiet(gate: MotionGate) -> None:
    """Shows the still scene until it is not passed any more."""
    shown = 0
    while gate.passes(_scene(shown), True):
        shown += 1
        assert shown < 100


def test_a_still_scene_is_passed_for_a_while_and_then_not() -> None:
    """The first frame passes, noise alone does not keep the gate open."""
    gate = MotionGate()
    assert gate.passes(_scene(), True)
    _quiet(gate)
    assert not any(gate.passes(_scene(noise), True) for noise in range(100, 130))


def test_a_vehicle_opens_the_gate() -> None:
    """Something that enters the scene passes at once."""
    gate = MotionGate()
    _quiet(gate)
    assert gate.passes(_scene(7, left=300), True)


def test_what_creeps_is_seen() -> None:
    """A vehicle that moves a few pixels a frame passes within a few frames."""
    gate = MotionGate()
    for _ in range(40):
        gate.passes(_scene(0, left=100), True)
    assert not gate.passes(_scene(1, left=100), True)
    assert any(gate.passes(_scene(step, left=100 + 3 * step), True) for step in range(1, 12))


def test_a_standing_vehicle_is_read_for_a_while_after_it_stopped() -> None:
    """The frames after the last motion still pass, so that the sharp ones are read."""
    gate = MotionGate()
    _quiet(gate)
    gate.passes(_scene(1, left=300), True)
    assert all(gate.passes(_scene(noise, left=300), True) for noise in range(2, 8))


@settings(max_examples=25)
@given(st.integers(1, 400), st.integers(1, 400))
def test_a_camera_may_change_its_size(height: int, width: int) -> None:
    """A frame of another size, however small, passes and raises nothing."""
    gate = MotionGate()
    _quiet(gate)
    assert gate.passes(np.zeros((height, width), np.uint8), False)
