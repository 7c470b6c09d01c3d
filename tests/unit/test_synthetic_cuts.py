"""Cutting characters out of real crops."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.train.synthetic.cuts import CutFace, CutGlyphs, collect_cuts, cut_characters, labelled_crops
from models.train.synthetic.glyphs import CollectedGlyphs, Face, OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.alphabet import PROVINCES
from vision.types import Image


@pytest.fixture(scope="module")
def drawn() -> Face:
    return OpenGlyphs().face(np.random.default_rng(0), "cn")


def _crop(text: str, seed: int = 0) -> Image:
    plate = render_plate(np.random.default_rng(seed), "cn_blue", text, glyphs=OpenGlyphs()).image
    return np.asarray(cv2.resize(plate, (136, 36), interpolation=cv2.INTER_AREA), np.uint8)


def test_characters_are_found_on_a_crop(drawn: Face) -> None:
    """Of clean blue crops most characters are cut, each under its own name."""
    cut = [char for seed in range(10) for char, _ in cut_characters(_crop("苏E3A8K7", seed), "苏E3A8K7", drawn)]
    assert len(cut) >= 50
    assert set(cut) >= set("苏EA8K7")


def test_a_wrong_label_cuts_nothing(drawn: Face) -> None:
    """Where label and crop disagree, what is cut does not resemble its name and is dropped."""
    cut = [char for seed in range(10) for char, _ in cut_characters(_crop("苏E3A8K7", seed), "粤T0X1J4", drawn)]
    assert len(cut) <= 10


def test_only_blue_plates_are_cut(drawn: Face) -> None:
    """A plate with another ground gives no cuts: its ink is not lighter than its ground."""
    plate = render_plate(np.random.default_rng(0), "cn_yellow", "苏E3A8K7", glyphs=OpenGlyphs()).image
    assert not list(cut_characters(cv2.resize(plate, (136, 36)).astype(np.uint8), "苏E3A8K7", drawn))


def test_a_face_of_cuts_has_every_province(drawn: Face) -> None:
    """A province that was never cut is drawn instead, in the size that was asked for."""
    crops: Iterator[tuple[Image, str]] = iter([(_crop("苏E3A8K7"), "苏E3A8K7")])
    face = CutFace(collect_cuts(crops, drawn), drawn, 0)
    for province in PROVINCES:
        assert face.mask(province, 54, 27).shape == (54, 27)
        assert face.mask(province, 54, 27).max() > 128


@pytest.mark.data
def test_real_crops_give_cuts_of_all_letters_and_digits(openlot_data: Path) -> None:
    """From part of the collection's crops most letters and digits are cut; held-out files are not among them."""
    drawn = CollectedGlyphs(openlot_data / "glyphs").face(np.random.default_rng(0), "cn")
    all_crops = list(labelled_crops(openlot_data, 12))
    found = collect_cuts(all_crops[:600], drawn, most=5)
    assert sum(char.isascii() for char in found) >= 30
    assert len(list(labelled_crops(openlot_data, 2))) < len(all_crops)
    with pytest.raises(KeyError, match="family"):
        CutGlyphs(openlot_data, drawn, 2).face(np.random.default_rng(0), "latin")
