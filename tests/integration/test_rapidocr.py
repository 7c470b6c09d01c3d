"""RapidOCR's networks, with the weights that its package ships, behind the ports. Run by `make test-extras`."""

import logging
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from aslant_plate import seen
from described_cards import MAP_DETECTOR, write_card
from openlot_command import openlot
from rendered_scene import rendered_scene

from models.card import load_card
from models.errors import TamperedWeights
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.alternatives import rapidocr_reader
from vision.alternatives.described_detector import DescribedDetector
from vision.alternatives.described_reader import DescribedReader
from vision.alternatives.rapidocr_reader import rapidocr_card
from vision.geometry import iou
from vision.grammar import Grammar
from vision.rectify import rectify
from vision.session import Session
from vision.types import Box, Image

pytestmark = pytest.mark.extras

PLATES = [("cn_blue", "浙A93KF1"), ("cn_green_small", "粤BD12345"), ("br_old", "ABV2542"), ("eu", "KLE4821")]


@pytest.fixture(scope="module")
def reader() -> DescribedReader:
    return DescribedReader(Session(rapidocr_card()), Grammar())


def drawn(kind: str, text: str) -> Image:
    """The flat picture of a plate."""
    return render_plate(np.random.default_rng(3), kind, text, glyphs=OpenGlyphs()).image


@pytest.mark.parametrize(("kind", "text"), PLATES)
def test_rapidocr_reads_a_plate_by_its_corners(reader: DescribedReader, kind: str, text: str) -> None:
    """A drawn plate, seen aslant, is read, Chinese characters included, with a distribution for every position."""
    image, detection = seen(drawn(kind, text))
    before = image.copy()
    read = reader.read(image, detection)
    assert (image == before).all()
    assert (read.guess, read.layout, read.color) == (text, "single", "other")
    assert [p.characters[0][0] for p in read.positions] == list(text)
    assert all(
        sum(p for _, p in position.characters) + position.rest == pytest.approx(1) for position in read.positions
    )
    assert len(read.insertions) == len(text) + 1


def test_rapidocr_reads_two_rows(reader: DescribedReader) -> None:
    """A plate of two rows is read row by row, the upper one first."""
    read = reader.read(*seen(drawn("cn_yellow_double", "浙A93KF1")))
    assert (read.guess, read.layout) == ("浙A93KF1", "double")


def test_it_reads_what_rapidocrs_own_code_reads(reader: DescribedReader) -> None:
    """The same straightened plates give RapidOCR itself the same characters: the card feeds the network as it does."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    theirs = RapidOCR(params={"Global.use_det": False, "Global.use_cls": False, "Global.log_level": "error"})
    for kind, text in PLATES:
        image, detection = seen(drawn(kind, text))
        flat = rectify(image, np.asarray(detection.corners, np.float32), 208, 48)
        printed = theirs(flat, use_det=False, use_cls=False, use_rec=True).txts[0]
        assert re.sub(r"[^0-9A-Z一-鿿]", "", printed.upper()) == reader.read(image, detection).guess == text


def test_other_weights_than_the_pinned_ones_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package whose network has changed is not run: its bytes are not those that the card pins."""
    card = rapidocr_card()
    changed = tmp_path / "models" / card.files["fp32"].path.name
    changed.parent.mkdir()
    shutil.copy(card.files["fp32"].path, changed)
    with changed.open("r+b") as file:
        file.seek(1000)
        file.write(b"x")
    package = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(rapidocr_reader, "find_spec", lambda name: package)
    with pytest.raises(TamperedWeights, match="sha256"):
        Session(rapidocr_card())


def test_its_detector_of_text_finds_a_plate_by_a_card(tmp_path: Path) -> None:
    """The text map of PP-OCRv6, described by a card, becomes the four corners of a drawn plate's line."""
    weights = rapidocr_card().files["fp32"].path.with_name("PP-OCRv6_det_small.onnx").read_bytes()
    detector = DescribedDetector(Session(load_card(write_card(tmp_path, MAP_DETECTOR, weights))))
    plate = drawn("br_old", "ABV2542")
    scene = np.full((540, 960, 3), 120, np.uint8)
    scene[300:380, 400:620] = cv2.resize(plate, (220, 80), interpolation=cv2.INTER_AREA)
    found = detector.detect(scene)
    assert max(iou(detection.box, Box(400, 300, 620, 380)) for detection in found) > 0.4


def test_the_command_reads_with_rapidocr(tmp_path: Path) -> None:
    """`openlot read --reader rapidocr` reads what the shipped detector finds."""
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), rendered_scene("浙A93KF1", 1))
    result = openlot("read", photo, "--json", "--reader", "rapidocr")
    assert (result.status, result.err) == (0, "")
    (line,) = result.lines
    assert [plate["text"] for plate in line["plates"]] == ["浙A93KF1"]
