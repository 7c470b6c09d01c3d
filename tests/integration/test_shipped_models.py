"""The networks that come with the project read what they should, within the memory they may take."""

import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from openlot_command import openlot
from rendered_scene import rendered_scene

from models.registry import Registry
from vision.decode_image import load_image
from vision.pipeline import Pipeline
from vision.types import Frame

TEXTS = [
    *("苏E05EV8", "浙A93KQ1", "粤B12345", "京N8P8F8", "沪C4V726", "鲁Q1H672", "川A8B2C1", "皖A12F88"),
    *("AB12CDE", "KLE-4821", "ABC-1234", "7TRX 482"),
]
MOST_BYTES = 15_000_000
MOST_RESIDENT_KB = 350 * 1024


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The shipped pair."""
    return Pipeline.load()


def test_drawn_plates_are_read(pipeline: Pipeline) -> None:
    """Of twelve drawn plates on drawn cars at least ten are read exactly, each by the surest plate of its picture."""
    right = []
    for seed, printed in enumerate(TEXTS):
        plates = pipeline.read(rendered_scene(printed, seed))
        right.append(bool(plates) and plates[0].text == re.sub(r"[- ]", "", printed))
    assert sum(right) >= 10, [text for text, good in zip(TEXTS, right, strict=True) if not good]


def test_a_burst_of_drawn_frames_is_one_sighting(pipeline: Pipeline) -> None:
    """Three frames of one vehicle give its text, with evidence from a frame that was read."""
    frames = [Frame(rendered_scene("苏E05EV8", 0), "gate", index) for index in range(3)]
    sighting = pipeline.sight(frames)
    assert sighting is not None
    assert sighting.text == "苏E05EV8"
    assert sighting.evidence[0].read.text == "苏E05EV8"


def test_a_picture_without_a_plate_gives_no_text(pipeline: Pipeline) -> None:
    """A drawn car without a plate gives no confident text."""
    scene = rendered_scene("苏E05EV8", 0)
    scene[:] = scene[:1, :1]
    assert [plate.text for plate in pipeline.read(scene) if plate.text] == []


def test_all_model_files_together_are_small() -> None:
    """The default pair, float and int8 both counted, takes at most 15 MB."""
    assert sum(file.bytes for card in Registry().cards() for file in card.files.values()) <= MOST_BYTES


def test_reading_a_large_photo_takes_little_memory(tmp_path: Path) -> None:
    """A process that reads 1080p photos stays within 350 MB resident."""
    photo = cv2.resize(rendered_scene("苏E05EV8", 0), (1920, 1080))
    cv2.imwrite(str(tmp_path / "a.jpg"), photo)
    code = (
        "import pathlib, re, sys; from vision.pipeline import Pipeline; from vision.decode_image import load_image\n"
        "pipeline = Pipeline.load()\n"
        "for _ in range(5): assert pipeline.read(load_image(sys.argv[1]))\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.jpg")], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(done.stdout) <= MOST_RESIDENT_KB


def test_the_command_reads_with_the_shipped_pair(tmp_path: Path) -> None:
    """Without any option `openlot read` finds and reads a drawn plate."""
    cv2.imwrite(str(tmp_path / "a.png"), rendered_scene("苏E05EV8", 0))
    result = openlot("read", tmp_path / "a.png", "--json")
    assert result.status == 0
    plates = result.lines[0]["plates"]
    assert isinstance(plates, list)
    assert plates[0]["text"] == "苏E05EV8"


@pytest.mark.data
@pytest.mark.parametrize(("name", "least"), [("gate", 0.75), ("eu", 0.65)])
def test_real_photos_are_read(openlot_data: Path, pipeline: Pipeline, name: str, least: float) -> None:
    """The surest plate of a real photo is one of its true plates in at least this share of the photos."""
    folder = openlot_data / "val" / name
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    right = 0
    for file, plates in truth.items():
        found = pipeline.read(load_image(folder / file))
        wanted = {_folded(plate["text"], name) for plate in plates}
        right += bool(found) and found[0].text is not None and _folded(found[0].text, name) in wanted
    assert right / len(truth) >= least


def _folded(text: str, name: str) -> str:
    """Latin labels mix O with 0 and I with 1."""
    return text if name == "gate" else text.replace("O", "0").replace("I", "1")
