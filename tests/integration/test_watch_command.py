"""`openlot watch` prints one object a vehicle and is loud about dead sources."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from openlot_command import openlot
from tiny_models import write_detector, write_reader

from vision.types import Image

PLATE = (32.0, 32.0, 20.0, 8.0, 0.9)
"""In the network's 64 x 64 input, into which a 16:9 picture is fitted with 14 rows above it."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for two networks that find and read the same plate in every picture."""
    folder = tmp_path_factory.mktemp("models")
    detector = write_detector(folder, [PLATE])
    return ["--detector", str(detector), "--reader", str(write_reader(folder, "苏E05EV8"))]


def _frames(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), _scene(number))
    return folder


def _scene(number: int) -> Image:
    """A patterned scene (180, 320, 3), the same for every `number` but for half of it, where something moves."""
    fixed = np.random.default_rng(0).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    picture = cv2.resize(fixed, (320, 180), interpolation=cv2.INTER_NEAREST)
    picture[:, :120] = np.random.default_rng(number).integers(0, 255, (180, 120, 3), dtype=np.uint8)
    return np.asarray(picture, dtype=np.uint8)


def test_the_frames_of_one_vehicle_are_one_object(tmp_path: Path, models: list[str]) -> None:
    """Several frames with the same plate give one Sighting, with alternatives and the frames that were read."""
    result = openlot("watch", _frames(tmp_path / "f", 4), "--json", *models)
    assert result.status == 0
    (sighting,) = result.lines
    assert (sighting["text"], sighting["printed"], sighting["frames_read"]) == ("苏E05EV8", "苏E·05EV8", 4)
    assert isinstance(sighting["alternatives"], list)
    evidence = sighting["evidence"]
    assert isinstance(evidence, list)
    assert evidence[0]["source"].endswith(".png")
    assert evidence[0]["text"] == "苏E05EV8"
    assert len(evidence[0]["corners"]) == 4


def test_a_broken_frame_is_reported_and_the_vehicle_still_comes(tmp_path: Path, models: list[str]) -> None:
    """A frame that cannot be read has its own error line; the others are fused; the status is 1."""
    folder = _frames(tmp_path / "f", 3)
    (folder / "1.png").write_bytes(b"broken")
    result = openlot("watch", folder, "--json", *models)
    assert result.status == 1
    assert [line.get("frames_read") for line in result.lines] == [None, 2]
    error = result.lines[0]["error"]
    assert isinstance(error, dict)
    assert error["code"] == "unreadable_image"


def test_a_video_is_watched(tmp_path: Path, models: list[str]) -> None:
    """The vehicle of a video file is reported for a person, too."""
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 180))
    for number in range(4):
        writer.write(_scene(number))
    writer.release()
    result = openlot("watch", path, *models)
    assert result.status == 0
    assert "苏E·05EV8" in result.out


@pytest.mark.parametrize(("source", "code"), [("nowhere", "source_unavailable"), ("", "no_images")])
def test_a_dead_source_is_loud(tmp_path: Path, models: list[str], source: str, code: str) -> None:
    """A source that is not there, or a folder with no picture, is an error with status 1, never silence."""
    result = openlot("watch", tmp_path / source if source == "" else source, "--json", *models)
    assert result.status == 1
    (line,) = result.lines
    error = line["error"]
    assert isinstance(error, dict)
    assert error["code"] == code
