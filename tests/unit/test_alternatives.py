"""What the alternatives do where torch is not installed, and their arithmetic, which needs none."""

from pathlib import Path

import numpy as np
import pytest

from models.errors import UnknownModel
from vision.alternatives import rapidocr_reader, torch_stack
from vision.alternatives.easyocr_reader import Row
from vision.alternatives.torch_stack import torch_device
from vision.alternatives.ultralytics_detector import plate_classes, quads_of
from vision.errors import ExtraMissing, ProviderUnavailable
from vision.pipeline import Pipeline

BOX = np.array([[10, 20, 50, 30]], dtype=np.float32)
AROUND = [[10, 20], [50, 20], [50, 30], [10, 30]]


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    """A `.pt` file that is there."""
    path = tmp_path / "plates.pt"
    path.write_bytes(b"")
    return str(path)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without extras, whatever this one has."""
    for module in (torch_stack, rapidocr_reader):
        monkeypatch.setattr(module, "find_spec", lambda name: None)


@pytest.mark.usefixtures("bare")
def test_a_missing_extra_is_named(checkpoint: str) -> None:
    """Who asks for an alternative that is not installed is told which extra to install."""
    with pytest.raises(ExtraMissing, match=r"openlot\[ultralytics\]") as refused:
        Pipeline.load(checkpoint)
    assert refused.value.code == "extra_missing"
    with pytest.raises(ExtraMissing, match=r"openlot\[easyocr\]"):
        Pipeline.load(reader="easyocr")
    with pytest.raises(ExtraMissing, match=r"openlot\[rapidocr\]"):
        Pipeline.load(reader="rapidocr")


def test_a_missing_checkpoint_is_an_unknown_model(tmp_path: Path) -> None:
    """A `.pt` path with no file behind it is an unknown model, extra or not."""
    with pytest.raises(UnknownModel, match=r"absent\.pt"):
        Pipeline.load(str(tmp_path / "absent.pt"))


@pytest.mark.parametrize("options", [{"detector": "plates.pt"}, {"reader": "easyocr"}], ids=str)
def test_an_alternative_has_no_int8_file(options: dict[str, str]) -> None:
    """Asking an alternative for int8 is refused, not ignored."""
    with pytest.raises(UnknownModel, match="no int8 file"):
        Pipeline.load(**options, precision="int8")


@pytest.mark.parametrize("provider", ["tensorrt", "openvino"])
def test_a_provider_for_onnx_files_is_refused(provider: str) -> None:
    """TensorRT and OpenVINO are not silently replaced by the CPU."""
    with pytest.raises(ProviderUnavailable, match="ONNX files only"):
        torch_device(provider)


@pytest.mark.parametrize(
    ("names", "plates"),
    [
        ({0: "0"}, [0]),
        ({0: "vehicle", 1: "License_Plate", 2: "plate-two-row"}, [1, 2]),
        ({0: "person", 1: "car"}, []),
    ],
    ids=["only class", "named plates", "no plates"],
)
def test_the_classes_that_are_plates(names: dict[int, str], plates: list[int]) -> None:
    """The only class is the plate; of several, those that are named so."""
    assert plate_classes(names) == plates


@pytest.mark.parametrize(
    ("keypoints", "corners"),
    [
        (None, AROUND),
        ([[[0.0, 0]] * 17], AROUND),
        ([[[12, 20], [50, 22], [48, 30], [10, 28]]], [[12, 20], [50, 22], [48, 30], [10, 28]]),
        ([[[48, 30], [10, 28], [12, 20], [50, 22]]], [[48, 30], [10, 28], [12, 20], [50, 22]]),
        ([[[10, 28], [48, 30], [50, 22], [12, 20]]], [[12, 20], [50, 22], [48, 30], [10, 28]]),
        ([[[12, 20, 0.9], [50, 22, 0.8], [48, 30, 0.1], [10, 28, 0.7]]], [[12, 20], [50, 22], [48, 30], [10, 28]]),
    ],
    ids=["detect", "a body's 17", "corners", "upside down", "counter-clockwise", "with visibility"],
)
def test_corners_are_four_keypoints_or_those_of_the_box(keypoints: list | None, corners: list) -> None:
    """Four keypoints are the corners, clockwise; without them the box's own corners are."""
    given = None if keypoints is None else np.asarray(keypoints, dtype=np.float32)
    assert quads_of(BOX, given)[0].tolist() == corners


@pytest.mark.parametrize("length", [1, 4, 7])
def test_a_characters_probability_undoes_easyocrs_mean(length: int) -> None:
    """From EasyOCR's confidence of n equally sure columns comes back how sure each was."""
    confidence = np.prod([0.8] * length) ** (2 / np.sqrt(length))
    assert Row("A" * length, float(confidence)).character == pytest.approx(0.8)
