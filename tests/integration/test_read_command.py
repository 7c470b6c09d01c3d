"""`openlot read` keeps its contract, whatever it is given."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from openlot_command import openlot
from tiny_models import write_detector, write_reader

PLATE = (32.0, 32.0, 20.0, 8.0, 0.9)
"""In the network's 64 x 64 input, into which a 16:9 picture is fitted with 14 rows above it."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for two networks that find and read the same plate in every picture."""
    folder = tmp_path_factory.mktemp("models")
    detector = write_detector(folder, [PLATE, (6, 18, 8, 4, 0.5)])
    return ["--detector", str(detector), "--reader", str(write_reader(folder, "苏E05EV8"))]


def _photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(3).integers(0, 255, (360, 640, 3), dtype=np.uint8)
    cv2.imwrite(str(path), noise)
    return path


def test_every_file_gets_one_object_in_the_order_it_was_named(tmp_path: Path, models: list[str]) -> None:
    """Files and sorted folders come out in input order, one JSON object each, with the promised keys."""
    _photo(tmp_path / "z" / "2.png")
    _photo(tmp_path / "z" / "1.jpg")
    last = _photo(tmp_path / "a.jpg")
    result = openlot("read", tmp_path / "z", last, "--json", *models)
    assert result.status == 0
    assert [Path(str(line["file"])).name for line in result.lines] == ["1.jpg", "2.png", "a.jpg"]
    line = result.lines[0]
    assert set(line) == {"file", "width", "height", "ms", "plates"}
    assert (line["width"], line["height"]) == (640, 360)
    plates = line["plates"]
    assert isinstance(plates, list)
    assert [plate["confidence"] for plate in plates] == sorted((p["confidence"] for p in plates), reverse=True)
    plate = next(p for p in plates if p["box"][0] > 200)
    keys = {"text", "printed", "confidence", "char_confidences", "box", "corners", "region", "color", "layout"}
    assert set(plate) == keys
    assert (plate["text"], plate["printed"], plate["region"], plate["layout"]) == (
        "苏E05EV8",
        "苏E·05EV8",
        "cn",
        "single",
    )
    assert plate["box"] == pytest.approx([220, 140, 420, 220], abs=1)
    assert np.asarray(plate["corners"]) == pytest.approx(
        np.array([[220, 140], [420, 140], [420, 220], [220, 220]]), abs=1
    )
    assert len(plate["char_confidences"]) == 7


def test_bad_files_are_reported_and_the_rest_are_read(tmp_path: Path, models: list[str]) -> None:
    """Each bad file has an error with its code, in its place; the good ones are read; the status is 1."""
    good = _photo(tmp_path / "good.jpg")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:5000])
    (tmp_path / "text.jpg").write_text("not a picture")
    content = bytearray(good.read_bytes())
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = b"\xea\x60\xea\x60"
    (tmp_path / "huge.jpg").write_bytes(content)
    (tmp_path / "none").mkdir()
    names = ["empty.jpg", "cut.jpg", "text.jpg", "huge.jpg", "missing.jpg", "none", "good.jpg"]
    result = openlot("read", *(tmp_path / name for name in names), "--json", *models)
    assert result.status == 1
    assert [Path(str(line["file"])).name for line in result.lines] == names
    errors = [line.get("error") for line in result.lines]
    assert [error["code"] if isinstance(error, dict) else None for error in errors] == [
        *(["unreadable_image"] * 3),
        "image_too_large",
        "unreadable_image",
        "no_images",
        None,
    ]
    assert all(error["message"] for error in errors if isinstance(error, dict))
    assert "plates" in result.lines[-1]


def test_several_cores_give_the_same_as_one(tmp_path: Path, models: list[str]) -> None:
    """With two processes the order and what was read stay the same."""
    for number in range(6):
        _photo(tmp_path / f"{number}.jpg")
    (tmp_path / "3.jpg").write_bytes(b"broken")

    def read(cores: int) -> list[dict[str, object]]:
        lines = openlot("read", tmp_path, "--json", "--threads", cores, *models).lines
        return [{key: value for key, value in line.items() if key != "ms"} for line in lines]

    assert read(2) == read(1)


def test_a_plate_not_read_well_enough_is_a_guess(tmp_path: Path) -> None:
    """A plate that was seen but not read has a null text, its guess, and no confidence to speak of."""
    card = write_detector(tmp_path / "m", [PLATE])
    reader = write_reader(tmp_path / "m", "苏E05EV8", sure=1.5)
    photo = _photo(tmp_path / "a.jpg")
    result = openlot("read", photo, "--json", "--detector", card, "--reader", reader)
    plates = result.lines[0]["plates"]
    assert isinstance(plates, list)
    assert plates[0]["text"] is None
    assert isinstance(plates[0]["guess"], str)
    assert plates[0]["confidence"] < 0.3
    assert result.status == 0


def test_marked_copies_are_drawn_beside_the_photos(tmp_path: Path, models: list[str]) -> None:
    """--draw writes a copy of each photo with its plates marked, photos of one name apart, and leaves the photos."""
    first, second = _photo(tmp_path / "x" / "a.png"), _photo(tmp_path / "y" / "a.png")
    before = first.read_bytes()
    result = openlot("read", first, second, "--json", "--draw", tmp_path / "out", *models)
    assert result.status == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-2.jpg", "a.jpg"]
    assert first.read_bytes() == before
    drawn = cv2.imread(str(tmp_path / "out" / "a.jpg"))
    assert drawn is not None
    assert drawn.shape == (360, 640, 3)


def test_a_marked_copy_never_replaces_a_photo(tmp_path: Path, models: list[str]) -> None:
    """Drawing into the photos' own folder is wrong usage, and the photo stays."""
    photo = _photo(tmp_path / "a.jpg")
    before = photo.read_bytes()
    result = openlot("read", photo, "--draw", tmp_path, *models)
    assert result.status == 2
    assert photo.read_bytes() == before


def test_without_json_a_person_can_read_it(tmp_path: Path, models: list[str]) -> None:
    """The table shows the printed plate, and [brackets] in a file's name as they are."""
    result = openlot("read", _photo(tmp_path / "[bold].jpg"), *models)
    assert result.status == 0
    assert "苏E·05EV8" in result.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--detector", "nope"],
        ["--reader", "nope.toml"],
        ["--provider", "abacus"],
        ["--provider", "openvino"],
        ["--region", "mars"],
        ["--threads", "0"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(tmp_path: Path, models: list[str], arguments: list[str]) -> None:
    """An unknown model, an absent provider and wrong options print no plate and exit with 2."""
    result = openlot("read", _photo(tmp_path / "a.jpg"), "--json", *models, *arguments)
    assert result.status == 2
    assert result.out == ""
    assert result.err


def test_tampered_weights_are_loud(tmp_path: Path) -> None:
    """A changed weight file stops the command with its code, before any photo is read."""
    detector, reader = write_detector(tmp_path / "m", [PLATE]), write_reader(tmp_path / "m", "A1")
    with detector.with_suffix(".onnx").open("r+b") as file:
        file.seek(40)
        file.write(b"\x00\x01\x02")
    result = openlot("read", _photo(tmp_path / "a.jpg"), "--json", "--detector", detector, "--reader", reader)
    assert result.status == 1
    assert result.out == ""
    assert "tampered_weights" in result.err


def test_no_path_is_wrong_usage() -> None:
    """Without a PATH the command says so and exits with 2."""
    assert openlot("read", "--json").status == 2


def _reading_many(folder: Path, models: list[str]) -> subprocess.Popen[str]:
    for number in range(400):
        path = folder / f"{number:03}.jpg"
        if number:
            os.link(folder / "000.jpg", path)
        else:
            _photo(path)
    command = [sys.executable, "-m", "openlot", "read", str(folder), "--json", *models]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path, models: list[str]) -> None:
    """When the reader of its output goes away the command ends, without a traceback."""
    process = _reading_many(tmp_path, models)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert errors == ""


def test_ctrl_c_ends_it_quietly(tmp_path: Path, models: list[str]) -> None:
    """An interrupt ends the command with the shells' usual status and no traceback."""
    process = _reading_many(tmp_path, models)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
