"""Large plates are seen whole, small ones at full size."""

from pathlib import Path

import numpy as np
import pytest
from tiny_models import Plate, write_detector

from models.card import load_card
from vision.detect import OnnxDetector, share_inside
from vision.session import Session
from vision.types import Box

SIDE = 640
COARSE_SIDE = 256
"""Both looks of the constant network give the same numbers: at the smaller size they mean 2.5 times as much."""


def _widths(folder: Path, plates: list[Plate]) -> list[float]:
    detector = OnnxDetector(Session(load_card(write_detector(folder, plates, long_side=SIDE))))
    found = detector.detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert [d.confidence for d in found] == sorted((d.confidence for d in found), reverse=True)
    return [d.box.width for d in found]


def test_a_small_plate_is_taken_from_the_full_look_only(tmp_path: Path) -> None:
    """What the smaller look finds below the size of a large plate is left to the full one."""
    assert _widths(tmp_path, [(300, 300, 40, 12, 0.9)]) == pytest.approx([40])


def test_parts_of_a_large_plate_are_hidden_by_it(tmp_path: Path) -> None:
    """A plate that the smaller look sees whole, here 250 pixels wide, hides what the full look sees inside it."""
    assert _widths(tmp_path, [(50, 50, 100, 100, 0.9)]) == pytest.approx([250])


def test_a_doubtful_large_plate_hides_nothing(tmp_path: Path) -> None:
    """A sure small plate is not lost to a large one that the network hardly believes in."""
    found = _widths(tmp_path, [(50, 50, 100, 100, 0.3), (150, 150, 40, 12, 0.9)])
    assert found[0] == pytest.approx(40)


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
