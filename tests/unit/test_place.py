"""A plate's place is known again, and a change is put down to the plate or to what is round it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from seen_plates import shown

from vision.place import Place
from vision.types import Box, Image

SIDES = (100, 100, 200, 130)
BOX = Box(*SIDES)


def _change(before: Image, now: Image) -> tuple[float, float]:
    return Place.of(before, BOX).changed(Place.of(now, BOX))


def test_nothing_changes_in_noise_or_another_light() -> None:
    """A camera's noise and a third less light are no change."""
    scene = shown(0, [SIDES]).image
    noise = np.random.default_rng(1).normal(0, 6, scene.shape)
    darker = np.asarray(np.clip(scene * 0.67 + noise, 0, 255), dtype=np.uint8)
    assert max(_change(scene, darker)) < 0.1


def test_a_plate_that_goes_alone_is_told() -> None:
    """The plate's pixels change, those round it do not."""
    plate, around = _change(shown(0, printed=[SIDES]).image, shown(1).image)
    assert plate > 0.5
    assert around < 0.1


def test_a_scene_that_goes_alone_is_told() -> None:
    """What is round a printed text changes, the text does not."""
    plate, around = _change(shown(0, printed=[SIDES]).image, shown(1, printed=[SIDES], view=1).image)
    assert plate < 0.1
    assert around > 0.5


def test_a_vehicle_goes_with_its_plate() -> None:
    """Both change at once."""
    assert min(_change(shown(0, [SIDES]).image, shown(1).image)) > 0.4


@given(*[st.floats(-500, 900)] * 2, *[st.floats(0, 400)] * 2)
def test_any_box_has_a_place(left: float, top: float, width: float, height: float) -> None:
    """A box that is cut by the picture's edge, empty, or wholly outside compares with itself as unchanged."""
    image = shown(0).image
    place = Place.of(image, Box(left, top, left + width, top + height))
    assert place.changed(place) == (0.0, 0.0)
