"""The pipeline from pixels to plates and sightings, with networks that say what they are told."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_models import Plate, write_detector, write_reader

from models.errors import BadCard
from models.registry import Registry
from vision.pipeline import Pipeline
from vision.types import Frame, Image

ONE: Plate = (32, 32, 20, 8, 0.9)
CORNER: Plate = (6, 18, 8, 4, 0.9)


def _pipeline(
    folder: Path, plates: list[Plate], text: str = "苏E05EV8", double: float = -9, sure: float = 12
) -> Pipeline:
    write_detector(folder, plates)
    write_reader(folder, text, double=double, sure=sure)
    return Pipeline.load("tiny-detector", "tiny-reader", registry=Registry(folder))


def _image() -> Image:
    return np.random.default_rng(1).integers(0, 255, (360, 640, 3), dtype=np.uint8)


def test_a_plate_comes_out_in_pixels_of_the_picture(tmp_path: Path) -> None:
    """Box, corners, text, look and probabilities of a plate reach the caller, scaled back to the picture."""
    (plate,) = _pipeline(tmp_path, [ONE]).read(_image())
    assert (plate.text, plate.printed, plate.region, plate.color) == ("苏E05EV8", "苏E·05EV8", "cn", "blue")
    box = plate.detection.box
    assert (box.x1, box.x2) == pytest.approx((220, 420), abs=1)
    assert plate.detection.corners[0][0] == pytest.approx(220, abs=1)
    assert plate.confidence > 0.9
    assert len(plate.positions) == len(plate.char_confidences) == 7
    assert len(plate.insertions) == 8
    for position in plate.positions:
        assert len(position.characters) == 5
        assert sum(p for _, p in position.characters) + position.rest == pytest.approx(1, abs=1e-5)


def test_the_callers_picture_is_left_alone(tmp_path: Path) -> None:
    """Reading changes no pixel of what it was given."""
    image = _image()
    before = image.copy()
    _pipeline(tmp_path, [ONE]).read(image)
    assert np.array_equal(image, before)


def test_no_plate_is_an_empty_list(tmp_path: Path) -> None:
    """A picture without a plate gives no plate and no error."""
    assert _pipeline(tmp_path, [(32, 32, 20, 8, 0.01)]).read(_image()) == []


def test_two_rows_are_said_where_the_network_sees_them(tmp_path: Path) -> None:
    """The layout head decides whether a plate is read as one row or as two."""
    assert _pipeline(tmp_path / "a", [ONE], double=9).read(_image())[0].layout == "double"
    assert _pipeline(tmp_path / "b", [ONE], double=-9).read(_image())[0].layout == "single"


def test_a_plate_that_cannot_be_read_is_a_guess(tmp_path: Path) -> None:
    """Logits that say next to nothing give no text, and no confidence in the guess."""
    (plate,) = _pipeline(tmp_path, [ONE], sure=0.2).read(_image())
    assert plate.text is None
    assert plate.confidence < 0.3


def test_a_burst_gives_the_vehicle_at_the_lane(tmp_path: Path) -> None:
    """Of two plates in every frame, the large central one is the lane's vehicle; its frames are fused."""
    pipeline = _pipeline(tmp_path, [CORNER, ONE])
    sighting = pipeline.sight([Frame(_image(), "gate", index) for index in range(3)])
    assert sighting is not None
    assert sighting.text == "苏E05EV8"
    assert sighting.frames_read == 3
    assert sighting.evidence[0].read.detection.box.width > 150


def test_a_burst_without_any_plate_is_none(tmp_path: Path) -> None:
    """None says that no frame showed a plate; a plate that is unreadable gives a Sighting all the same."""
    frames = [Frame(_image(), "gate")]
    assert _pipeline(tmp_path / "a", []).sight(frames) is None
    unread = _pipeline(tmp_path / "b", [ONE], sure=0.2).sight(frames)
    assert unread is not None
    assert unread.text is None


class _Still:
    """The same frame over and over; whether it was closed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        for index in range(self._count):
            yield Frame(_image(), "gate", index)

    def close(self) -> None:
        self.closed = True


def test_a_standing_vehicle_is_one_sighting_and_quiet_frames_are_not_read(tmp_path: Path) -> None:
    """A vehicle that stands before the camera is reported once, from the frames before all was quiet."""
    source = _Still(60)
    sightings = list(_pipeline(tmp_path, [ONE]).watch(source))
    assert [sighting.text for sighting in sightings] == ["苏E05EV8"]
    assert 1 < sightings[0].frames_read < 60
    assert source.closed


@pytest.mark.parametrize(("score", "reported"), [(0.9, 1), (0.3, 0)])
def test_what_cannot_be_read_is_a_vehicle_only_if_it_is_surely_a_plate(
    tmp_path: Path, score: float, reported: int
) -> None:
    """An unreadable plate is reported as one; a lamp that the detector half believes in is not."""
    pipeline = _pipeline(tmp_path, [(32, 32, 20, 8, score)], sure=0.2)
    sightings = list(pipeline.watch(_Still(5)))
    assert [sighting.text for sighting in sightings] == [None] * reported


@pytest.mark.parametrize(
    ("frames", "sure", "reported"),
    [(1, 12.0, 1), (1, 7.0, 0), (12, 7.0, 1)],
    ids=["one sure glimpse", "one unsure glimpse", "many unsure reads"],
)
def test_one_unsure_glimpse_is_no_vehicle(tmp_path: Path, frames: int, sure: float, reported: int) -> None:
    """Lettering that looks like a plate in one frame makes no Sighting; a plate read surely, or often enough, does."""
    pipeline = _pipeline(tmp_path, [(32, 32, 20, 8, 0.8)], sure=sure)
    assert len(list(pipeline.watch(_Still(frames)))) == reported


def test_a_reader_of_another_alphabet_is_refused(tmp_path: Path) -> None:
    """A network whose classes are other characters would print nonsense; it is not run."""
    write_detector(tmp_path, [ONE])
    card = write_reader(tmp_path, "A1")
    card.write_text(card.read_text(encoding="utf-8").replace('"0123456789', '"1023456789'), encoding="utf-8")
    with pytest.raises(BadCard, match="alphabet"):
        Pipeline.load("tiny-detector", "tiny-reader", registry=Registry(tmp_path))


def test_an_unknown_calibration_is_refused(tmp_path: Path) -> None:
    """A calibration number that decoding does not know is not passed over."""
    write_detector(tmp_path, [ONE])
    card = write_reader(tmp_path, "A1")
    card.write_text(card.read_text(encoding="utf-8").replace("slope =", "slant ="), encoding="utf-8")
    with pytest.raises(BadCard, match="slant"):
        Pipeline.load("tiny-detector", "tiny-reader", registry=Registry(tmp_path))


def test_the_choice_of_precision_can_be_seen(tmp_path: Path) -> None:
    """A pipeline tells which file of each model it runs."""
    choices = _pipeline(tmp_path, [ONE]).choices
    assert {name: choice.chosen for name, choice in choices.items()} == {"tiny-detector": "fp32", "tiny-reader": "fp32"}
