"""Plates are marked on a copy."""

import numpy as np
import pytest
from seen_plates import plate_read

from vision.draw import draw


@pytest.mark.parametrize("text", ["AB123CD", "苏E05EV8"])
@pytest.mark.parametrize("font", [True, False])
def test_marks_go_on_a_copy(monkeypatch: pytest.MonkeyPatch, text: str, font: bool) -> None:
    """The outline and the text are drawn, with and without a font for Chinese, and the caller's picture stays."""
    if not font:
        monkeypatch.setattr("vision.draw._font_file", lambda: None)
    image = np.full((240, 320, 3), 128, np.uint8)
    drawn = draw(image, [plate_read(text)])
    assert (image == 128).all()
    assert (drawn[130, 100:200] != 128).any()
    assert (drawn[60:96, 100:200] != 128).any()


def test_a_plate_at_the_edge_is_drawn_inside() -> None:
    """A plate that sticks out of the picture is marked as far as it is in it."""
    image = np.zeros((60, 80, 3), np.uint8)
    drawn = draw(image, [plate_read("AB12", box=(-20, -10, 300, 20), given=False)])
    assert drawn.shape == image.shape
    assert drawn.any()
