"""Candidates whose packages come with extras, with real weights. Run by `make test-extras`."""

from pathlib import Path

import cv2
import pytest
from rendered_scene import rendered_scene

from benchmarks.candidates.load import load
from benchmarks.candidates.outcome import Candidate, Outcome
from benchmarks.candidates.spec import EasyOcrSpec, RapidOcrSpec, UltralyticsSpec
from vision.errors import ProviderUnavailable

pytestmark = pytest.mark.extras

NETWORK = """
nc: 1
kpt_shape: [4, 2]
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
head:
  - [[2, 3], 1, Pose, [1, [4, 2]]]
"""
"""A small untrained network that finds plates, as ultralytics describes one."""


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two plates of known texts, and a file that is no picture."""
    found = [tmp_path / name for name in ("cn.png", "broken.png", "eu.png")]
    found[0].write_bytes(cv2.imencode(".png", rendered_scene("苏E05EV8", 1))[1].tobytes())
    found[1].write_bytes(b"no picture")
    found[2].write_bytes(cv2.imencode(".png", rendered_scene("KLE4821", 2, "eu"))[1].tobytes())
    return found


STAGES = {"decode", "detect", "read", "total"}


def read(candidate: Candidate, photos: list[Path], stages: set[str] = STAGES) -> list[Outcome]:
    """The outcomes, of which the second is an error and the others tell their stages."""
    found = list(candidate.read(photos))
    candidate.close()
    assert [outcome.error.code if outcome.error else None for outcome in found] == [None, "unreadable_image", None]
    for outcome in (found[0], found[2]):
        assert set(outcome.ms) == stages
        assert outcome.cpu_ms is not None
    return found


def test_rapidocr_reads_whole_photos(photos: list[Path]) -> None:
    """It finds both plates by itself, Chinese characters included, with boxes on them."""
    candidate = load(RapidOcrSpec(name="x", kind="rapidocr", threads=2, batch=2, size=736))
    found = read(candidate, photos)
    assert [outcome.plates[0].text for outcome in (found[0], found[2])] == ["苏E05EV8", "KLE4821"]
    box = found[0].plates[0].box
    assert box is not None
    assert 100 < box.width < 300
    assert (candidate.nature.provider, candidate.nature.precision) == ("cpu", "fp32")
    assert candidate.nature.bytes is not None
    assert candidate.nature.bytes > 1 << 20


def test_easyocr_reads_whole_photos(photos: list[Path]) -> None:
    """It finds the Latin plate by itself."""
    candidate = load(EasyOcrSpec(name="x", kind="easyocr", batch=2, size=1280))
    found = read(candidate, photos)
    assert found[2].plates[0].text == "KLE4821"
    assert candidate.nature.provider == "cpu"
    assert candidate.nature.bytes is not None
    assert candidate.nature.bytes > 1 << 20


def test_an_ultralytics_checkpoint_is_run_with_a_reader(photos: list[Path], tmp_path: Path) -> None:
    """A `.pt` file, its size and threads are taken, and both models' bytes are known."""
    from vision.alternatives.torchvision_ops import ensure_torchvision

    ensure_torchvision()
    import torch
    from ultralytics import YOLO

    plan = tmp_path / "pose.yaml"
    plan.write_text(NETWORK, encoding="utf-8")
    weights = tmp_path / "plates.pt"
    YOLO(plan).save(weights)
    spec = UltralyticsSpec(name="x", kind="ultralytics", weights=str(weights), threads=2, size=320)
    candidate = load(spec)
    assert torch.get_num_threads() == 2
    read(candidate, photos, STAGES | {"rectify"})
    assert candidate.nature.precision == "fp32"
    assert candidate.nature.bytes is not None
    assert candidate.nature.bytes > weights.stat().st_size


def test_a_gpu_that_the_runtime_has_not_is_refused() -> None:
    """It is an error, and no quiet run by the processor."""
    with pytest.raises(ProviderUnavailable, match="CUDAExecutionProvider"):
        load(RapidOcrSpec(name="x", kind="rapidocr", provider="cuda"))
