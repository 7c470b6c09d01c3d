"""A plate is cut where the reader sees its corners, not where the detector put them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.registry import Registry
from models.train.reader_samples import corners_in_view
from models.train.synthetic.degrade import REAL, Surroundings, photograph
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.geometry import bounds, to_corners
from vision.grammar import Grammar
from vision.read import ASKEW, OnnxReader, askew, moved
from vision.session import Session
from vision.types import Detection

QUAD = np.array([[100, 50], [300, 60], [298, 130], [102, 118]], np.float32)


@given(st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8))
def test_what_the_network_learns_is_what_moves_the_corners(offsets: list[float]) -> None:
    """Moving a quad by the offsets that training computes for true corners gives the true corners."""
    true = moved(QUAD, np.array(offsets, np.float32).reshape(4, 2))
    learnt = corners_in_view(true, QUAD).reshape(4, 2)
    assert np.allclose(learnt, np.array(offsets).reshape(4, 2), atol=1e-3)
    assert np.allclose(moved(QUAD, learnt), true, atol=0.2)


def test_a_quad_is_askew_beyond_a_clean_cut_only() -> None:
    """Corners a little off stand; one corner far off, across or down, does not."""
    slight = moved(QUAD, np.full((4, 2), 0.5 * min(ASKEW), np.float32))
    assert not askew(QUAD, QUAD)
    assert not askew(QUAD, slight)
    for axis in (0, 1):
        offsets = np.zeros((4, 2), np.float32)
        offsets[2, axis] = 3 * ASKEW[axis]
        assert askew(QUAD, moved(QUAD, offsets))


def test_wrong_corners_cost_few_reads() -> None:
    """Cut 4 % of the width and 12 % of the height off, the shipped reader reads nearly as many plates as cut right."""
    reader = OnnxReader(Session(Registry().find("reader", "reader")), Grammar())
    rng = np.random.default_rng(2026)
    glyphs, surroundings = OpenGlyphs(), Surroundings(rng, generated=10)
    right = {"true": 0, "wrong": 0}
    for _ in range(60):
        plate = render_plate(rng, "cn_blue", glyphs=glyphs)
        shot = photograph(rng, plate.image, surroundings.pick(rng), REAL)
        offsets = rng.choice([-1, 1], (4, 2)) * np.array([0.04, 0.12])
        for name, corners in (("true", shot.corners), ("wrong", moved(shot.corners, offsets.astype(np.float32)))):
            read = reader.read(shot.image, Detection(bounds(corners), to_corners(corners), 0.8))
            right[name] += read.guess == plate.text
    assert right["true"] >= 48
    assert right["wrong"] >= right["true"] - 9
