"""Networks of other makers behind the ports: what their outputs become, and which cards are refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from described_cards import DETECTOR, READER, write_card
from numpy.typing import NDArray
from tiny_models import constant_network, logits_of

from models.card import load_card
from models.decoding import Candidates
from models.errors import BadCard
from vision.alphabet import ALPHABET
from vision.alternatives.described_detector import DescribedDetector, as_ours, text_lines
from vision.alternatives.described_reader import DescribedReader
from vision.alternatives.rows import aspect, rows
from vision.geometry import bounds, to_quad
from vision.grammar import Grammar
from vision.rectify import RowCut
from vision.session import Session
from vision.types import Box, Detection, Image

PLATE = [50.0, 40, 20, 10]
CORNERS = [40.0, 35, 60, 36, 60, 45, 40, 44]
OURS = [*PLATE, 0.8, *CORNERS]
UPRIGHT = [*PLATE, 0.8, 40, 35, 60, 35, 60, 45, 40, 45]


@pytest.mark.parametrize(
    ("form", "values", "expected"),
    [
        (Candidates("column", (4, 5), None, 5, 2), OURS, OURS),
        (Candidates("column", (4, 7), None, None, 2), [*PLATE, 0.1, 0.8, 0.3], UPRIGHT),
        (Candidates("column", (5, 6), None, None, 2), [*PLATE, 0.9, 0.8, 0.3], UPRIGHT),
        (Candidates("row", (5, 7), 4, None, 2), [*PLATE, 0.8, 0.2, 1.0], UPRIGHT),
        (Candidates("row", (13, 15), 4, 5, 2), [*PLATE, 1.0, *CORNERS, 0.8, 0.1], OURS),
        (
            Candidates("column", (4, 5), None, 5, 3),
            [*PLATE, 0.8, *(v for x, y in zip(CORNERS[::2], CORNERS[1::2], strict=True) for v in (x, y, 0.9))],
            OURS,
        ),
    ],
    ids=["ours", "three classes", "one of them", "objectness", "objectness and corners", "corners with visibility"],
)
def test_candidates_of_the_yolo_family_become_ours(
    form: Candidates, values: list[float], expected: list[float]
) -> None:
    """Whichever way round the values stand, box, score and corners come out the same."""
    two = np.array([values, values], np.float32)
    output = two[None] if form.each == "row" else two.T[None]
    assert as_ours(output, form) == pytest.approx(np.array([expected, expected], np.float32).T[None])


def test_a_text_map_gives_back_the_lines_it_was_drawn_from() -> None:
    """Two turned bars, shrunk as DB shrinks lines, come back in size, place and order of their means."""
    pixels = np.zeros((200, 400), np.float32)
    bars = [(((120.0, 60.0), (100.0, 24.0), 10.0), 0.9), (((280.0, 140.0), (120.0, 20.0), -8.0), 0.7)]
    for bar, value in bars:
        cv2.fillPoly(pixels, [np.rint(cv2.boxPoints(bar)).astype(np.int32)], value)
    found = text_lines(pixels, 0.3, 0.5, 1.5)
    assert [score for _, score in found] == pytest.approx([0.9, 0.7], abs=0.02)
    for (quad, _), ((middle, (width, height), _), _) in zip(found, bars, strict=True):
        more = 3 * width * height / (2 * (width + height))
        sides = [float(np.linalg.norm(quad[k] - quad[k - 3])) for k in (0, 1)]
        assert quad.mean(axis=0) == pytest.approx(middle, abs=1.5)
        assert sorted(sides) == pytest.approx(sorted([width + more, height + more]), abs=4)
    assert text_lines(pixels, 0.3, 0.8, 1.5)[0][1] == pytest.approx(0.9, abs=0.02)
    assert len(text_lines(pixels, 0.3, 0.8, 1.5)) == 1


def foreign_detector(folder: Path, value: NDArray[np.float32], text: str = DETECTOR) -> DescribedDetector:
    """A detector that gives `value` for every picture."""
    model = constant_network("x", [1, 3, 64, 64], {"found": value}, batched=False)
    return DescribedDetector(Session(load_card(write_card(folder, text, model.SerializeToString()))))


def test_a_fixed_square_input_is_undone_to_the_picture(tmp_path: Path) -> None:
    """A network of 64 x 64 finds a plate where it lies in a picture of 128 x 64, padded above and below."""
    plate = [32.0, 32, 20, 8, 0.9, 22, 28, 42, 28, 42, 36, 22, 36, 0.1, 1.0]
    found = foreign_detector(tmp_path, np.array([[plate]], np.float32)).detect(np.zeros((64, 128, 3), np.uint8))
    assert [d.confidence for d in found] == pytest.approx([0.9])
    assert to_quad(found[0].corners) == pytest.approx(np.array([[44, 24], [84, 24], [84, 40], [44, 40]]))
    assert bounds(to_quad(found[0].corners)) == found[0].box


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("scores = [13, 15]", "scores = [13, 16]", "names 16 values"),
        ("long_side = 64", "long_side = 32", "must be square"),
        ("iou = 0.5", "", "add `iou`"),
        ("corners = 5", "corners = 9", "names 17 values"),
    ],
)
def test_a_card_that_contradicts_its_network_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    """Values that the output does not have, and a side that is not the input's, are named when the card is opened."""
    with pytest.raises(BadCard, match=says):
        foreign_detector(tmp_path, np.zeros((1, 1, 15), np.float32), DETECTOR.replace(before, after, 1))


FOREIGN = "·abcdefghijklmnopqrstuvwxyz0123456789浙渐B"
"""Another order than ours, small letters, a separator, a character of no plate, and a letter in both cases."""


def foreign_reader(folder: Path, output: NDArray[np.float32], **changes: str) -> DescribedReader:
    """A reader with the alphabet FOREIGN that gives `output` (1, T, classes) for every picture."""
    text = READER.replace('alphabet = " "', f'alphabet = "{FOREIGN}"').replace('metadata = "character"\n', "")
    text = text.replace('["batch", "columns", 40]', str(list(output.shape)))
    for before, after in changes.values():
        assert before in text
        text = text.replace(before, after, 1)
    outputs = {"classes": output, "more": np.zeros(1, np.float32)}
    model = constant_network("x", ["batch", 3, "height", "width"], outputs, batched=False)
    return DescribedReader(Session(load_card(write_card(folder, text, model.SerializeToString()))), Grammar())


def columns(*spelt: str, blank: int = 0) -> NDArray[np.float32]:
    """Probabilities (1, T, classes): 0.99 for each named character of FOREIGN, the blank where it is empty."""
    value = np.full((len(spelt), len(FOREIGN) + 1), 0.01 / len(FOREIGN), np.float32)
    for row, character in zip(value, spelt, strict=True):
        index = FOREIGN.index(character) if character else -1
        row[blank if index < 0 else index + (blank == 0)] = 0.99
    return value[None]


IMAGE: Image = np.full((60, 200, 3), 90, np.uint8)
SEEN = Detection(Box(10, 10, 170, 45), ((10, 10), (170, 10), (170, 45), (10, 45)), 0.9)


def test_foreign_classes_are_read_as_our_characters(tmp_path: Path) -> None:
    """Case does not count, a separator parts like a blank, and each position keeps a distribution over our alphabet."""
    spelt = columns("浙", "", "a", "·", "1", "", "1", "2", "", "b", "B", "", "7")
    read = foreign_reader(tmp_path, spelt).read(IMAGE, SEEN)
    assert (read.guess, read.text, read.color, read.region) == ("浙A112B7", "浙A112B7", "other", "cn")
    assert len(read.positions) == len(read.guess)
    assert len(read.insertions) == len(read.guess) + 1
    for position, character in zip(read.positions, read.guess, strict=True):
        assert position.characters[0][0] == character
        assert sum(p for _, p in position.characters) + position.rest == pytest.approx(1, abs=1e-5)


def test_a_character_of_no_plate_gives_way_to_the_plates_likeliest(tmp_path: Path) -> None:
    """渐 is on no plate: what is read in its place is the likeliest character that is on some."""
    spelt = columns("渐", "", "a", "1", "2", "3", "4", "5")
    spelt[0, 0, FOREIGN.index("浙") + 1] = 0.05
    assert foreign_reader(tmp_path, spelt).read(IMAGE, SEEN).guess == "浙A12345"


def test_slots_keep_equal_neighbours_apart(tmp_path: Path) -> None:
    """A class a place: 11 is two characters, and empty places at the end are none; the blank may stand last."""
    last = len(FOREIGN)
    spelt = columns("a", "b", "1", "1", "2", "c", "c", "", "", blank=last)
    reader = foreign_reader(
        tmp_path, spelt, form=('form = "ctc"', 'form = "slots"'), blank=('blank = "first"', 'blank = "last"')
    )
    assert reader.read(IMAGE, SEEN).guess == "AB112CC"


def test_logits_are_made_probabilities(tmp_path: Path) -> None:
    """A network that gives logits reads the same."""
    logits = np.log(columns("a", "b", "1", "2", "3", "c", "d")) + 5
    reader = foreign_reader(tmp_path, logits, values=('values = "probabilities"', 'values = "logits"'))
    assert reader.read(IMAGE, SEEN).guess == "AB123CD"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("浙渐B", "浙渐", "39 characters and the blank"),
        ("123", "äöü", "lacks digits"),
        ('blank = "first"', 'blank = "first"\nmetadata = "keys"', "holds no list 'keys'"),
        ("48", '"height"', "height of a reader's input must be fixed"),
        ("[decode]", "[calibration]\nslop = 1\n[decode]", "has no slop"),
        ("[decode]", "[outputs.more]\nshape = [1]\n[decode]", "name the one output"),
    ],
)
def test_a_readers_card_that_contradicts_its_network_is_refused(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    """Too few characters, none of a plate's, a list that is not there: each is named when the card is opened."""
    output = columns("a", "b")
    with pytest.raises(BadCard, match=says):
        foreign_reader(tmp_path, output, change=(before, after))


def test_our_own_logits_are_read_through_a_description_too(tmp_path: Path) -> None:
    """A network of ours, described as if it were another's, reads what it says, blank first and logits."""
    logits = logits_of("苏E05EV8")[None]
    text = READER.replace('alphabet = " "', f'alphabet = "{"".join(ALPHABET)}"').replace('metadata = "character"\n', "")
    text = text.replace('["batch", "columns", 40]', str(list(logits.shape))).replace('"probabilities"', '"logits"')
    model = constant_network("x", ["batch", 3, 48, "width"], {"classes": logits}, batched=False)
    card = load_card(write_card(tmp_path, text, model.SerializeToString()))
    read = DescribedReader(Session(card), Grammar()).read(IMAGE, SEEN)
    assert (read.text, read.printed) == ("苏E05EV8", "苏E·05EV8")


def test_a_high_plate_is_read_row_by_row_where_that_is_likelier(tmp_path: Path) -> None:
    """The rows of a plate are read one by one and joined, the upper one first; a wide plate has one row."""
    reader = foreign_reader(tmp_path, columns("a", "b", "1"))
    high = Detection(Box(10, 10, 70, 50), ((10, 10), (70, 10), (70, 50), (10, 50)), 0.9)
    assert (reader.read(IMAGE, high).guess, reader.read(IMAGE, high).layout) == ("AB1AB1", "double")
    assert (reader.read(IMAGE, SEEN).guess, reader.read(IMAGE, SEEN).layout) == ("AB1", "single")


def test_rows_lie_where_plates_part() -> None:
    """The rows of a turned plate keep its left and right edges, but for what the cut leaves away of the upper one."""
    quad = np.array([[0, 0], [100, 20], [90, 70], [-10, 50]], np.float32)
    upper, lower = rows(quad, RowCut((0.0, 0.5), (0.4, 1.0), 0.1))
    assert upper == pytest.approx(np.array([[10, 2], [90, 18], [85, 43], [5, 27]], np.float32))
    assert lower == pytest.approx(np.array([[-4, 20], [96, 40], [90, 70], [-10, 50]], np.float32))
    assert aspect(quad) == pytest.approx(2.0)
