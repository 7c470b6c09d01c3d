"""A picture is looked at until a plate is certain; large plates are seen whole, small ones at full size."""

from pathlib import Path

import numpy as np
import pytest
from tiny_models import Plate, write_detector

from models.card import load_card
from vision.detect import OnnxDetector, merged, share_inside
from vision.session import Session
from vision.types import Box, Detection

SIDE = 640
LARGE = 200.0


def _detections(folder: Path, plates: list[Plate]) -> list[Detection]:
    detector = OnnxDetector(Session(load_card(write_detector(folder, plates, long_side=SIDE))))
    return detector.detect(np.zeros((SIDE, SIDE, 3), np.uint8))


def _found(x: float, y: float, width: float, height: float, score: float) -> Detection:
    box = Box(x, y, x + width, y + height)
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    return Detection(box, corners, score)


def test_a_certain_plate_ends_the_search(tmp_path: Path) -> None:
    """The constant network's 60 pixels mean 100 in the small look, and nothing is looked for beyond it."""
    (found,) = _detections(tmp_path, [(300, 300, 60, 18, 0.9)])
    assert found.box.width == pytest.approx(100)


def test_a_doubtful_plate_is_looked_for_at_full_size(tmp_path: Path) -> None:
    """The same numbers at a low score are sought again, where they mean what they say."""
    widths = sorted(found.box.width for found in _detections(tmp_path, [(300, 300, 60, 18, 0.5)]))
    assert widths == pytest.approx([60, 100])


def test_parts_of_a_large_plate_are_hidden_by_it() -> None:
    """A plate that the smaller look sees whole hides what the full look sees inside it, even with a higher score."""
    whole, part = _found(50, 50, 250, 80, 0.5), _found(60, 60, 90, 60, 0.8)
    assert merged([whole], [part], LARGE) == [whole]


def test_a_doubtful_large_plate_hides_nothing() -> None:
    """A sure small plate is not lost to a large one that the network hardly believes in."""
    whole, part = _found(50, 50, 250, 80, 0.3), _found(60, 60, 90, 60, 0.9)
    assert merged([whole], [part], LARGE) == [part]


def test_one_plate_found_twice_is_one_plate() -> None:
    """Of two looks at the same plate the likelier stays, wherever it comes from, and plates apart stay both."""
    first, second, other = _found(50, 50, 90, 30, 0.5), _found(52, 51, 92, 31, 0.7), _found(300, 300, 90, 30, 0.6)
    assert merged([first], [second, other], LARGE) == [second, other]


@pytest.mark.parametrize(
    ("part", "share"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 15, 10), 0.5),
        (Box(10, 0, 20, 10), 0.0),
        (Box(3, 3, 3, 3), 0.0),
    ],
    ids=["inside", "half", "beside", "empty"],
)
def test_the_share_inside(part: Box, share: float) -> None:
    """The share is of the part's own area."""
    assert share_inside(part, Box(0, 0, 10, 10)) == pytest.approx(share)
