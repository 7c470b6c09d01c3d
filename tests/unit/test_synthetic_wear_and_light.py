"""What is done to generated plates between print and picture."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.train.synthetic.chinese_layout import layout_of
from models.train.synthetic.degrade import Severity, Surroundings, photograph
from models.train.synthetic.glyphs import OpenGlyphs, PrintedFace
from models.train.synthetic.light import lit
from models.train.synthetic.optics import taken
from models.train.synthetic.plates import KINDS, render_plate
from models.train.synthetic.serials import chinese_text
from models.train.synthetic.wear import worn
from vision.types import Image


@pytest.fixture(scope="module")
def plate() -> Image:
    return render_plate(np.random.default_rng(0), "cn_blue", "苏E3A8K7", glyphs=OpenGlyphs()).image


def _likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.corrcoef(first.mean(-1).ravel(), second.mean(-1).ravel())[0, 1])


def test_a_worn_plate_is_still_that_plate(plate: Image) -> None:
    """Dirt, stickers and frames change many plates, and hide the print of hardly any."""
    likeness = [_likeness(plate, worn(np.random.default_rng(seed), plate, 1.0)) for seed in range(200)]
    assert 60 < sum(value < 0.9999 for value in likeness) < 180
    assert sum(value > 0.6 for value in likeness) >= 180


def test_wear_leaves_the_clean_plate_alone(plate: Image) -> None:
    """The plate that is passed in is drawn once and photographed often: it never changes."""
    before = plate.copy()
    for seed in range(60):
        worn(np.random.default_rng(seed), plate, 1.0)
    assert (plate == before).all()


def test_light_stays_within_a_pictures_range(plate: Image) -> None:
    """However bright the lamp or dark the night, values stay in 0..255 and the size is kept."""
    for seed in range(150):
        picture = lit(np.random.default_rng(seed), plate.astype(np.float32), 1.0)
        assert picture.dtype == np.float32
        assert picture.shape == plate.shape
        assert 0 <= picture.min() <= picture.max() <= 255


def test_some_pictures_are_grey(plate: Image) -> None:
    """Infrared and monochrome cameras are among the lights: a tenth of the pictures or so has no colour."""
    pictures = [lit(np.random.default_rng(seed), plate.astype(np.float32), 1.0) for seed in range(300)]
    grey = sum(bool(np.ptp(picture, axis=-1).max() < 0.5) for picture in pictures)
    assert 15 < grey < 75


@pytest.mark.parametrize("span", [50.0, 90.0, 200.0])
def test_the_camera_keeps_size_and_content(plate: Image, span: float) -> None:
    """Blur, noise and coding leave pictures of the same size that mostly still resemble what was before the lens."""
    seen = cv2.resize(plate, (round(span), round(span * 0.32)), interpolation=cv2.INTER_AREA).astype(np.uint8)
    pictures = [taken(np.random.default_rng(seed), seen.astype(np.float32), span, 0.85) for seed in range(80)]
    assert all(picture.shape == seen.shape and picture.dtype == np.uint8 for picture in pictures)
    assert np.median([_likeness(seen, picture) for picture in pictures]) > 0.75


def test_the_plate_turned_aside_is_still_a_proper_quad(plate: Image) -> None:
    """Even seen from far aside the corners run clockwise and lie on the picture."""
    rng = np.random.default_rng(4)
    surroundings = Surroundings(rng, generated=4)
    for _ in range(200):
        shot = photograph(rng, plate, surroundings.pick(rng), Severity())
        height, width = shot.image.shape[:2]
        x, y = shot.corners.T
        area = 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
        assert area > 0
        assert (shot.corners >= 0).all()
        assert (shot.corners <= [width, height]).all()


def test_strokes_are_bolder_on_one_plate_than_on_another() -> None:
    """The weight of a plate's strokes varies by plate, as a press and its paint do."""
    face = OpenGlyphs().face(np.random.default_rng(0), "cn")
    ink = [PrintedFace(np.random.default_rng(seed), face).mask("浙", 54, 27).mean() for seed in range(40)]
    assert max(ink) > 1.15 * min(ink)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("cn_")])
def test_characters_lie_on_the_plate_and_apart(kind: str) -> None:
    """Each layout's cells lie within the plate, no two overlap, and the dot lies in none."""
    for seed in range(20):
        text = chinese_text(np.random.default_rng(seed), "cn_blue" if kind == "cn_army_double" else kind)
        layout = layout_of(kind, text)
        cells = layout.cells
        for cell in cells:
            assert cell.x > 0
            assert cell.x + cell.width < layout.width
            assert cell.y > 0
            assert cell.y + cell.height < layout.height
        for n, a in enumerate(cells):
            for b in cells[n + 1 :]:
                apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
                assert apart, f"{kind} {text}: {a} overlaps {b}"
        if layout.dot is not None:
            x, y = layout.dot.x, layout.dot.y
            assert not any(c.x < x < c.x + c.width and c.y < y < c.y + c.height for c in cells)
