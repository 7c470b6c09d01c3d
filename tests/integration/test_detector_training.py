"""The detector's network, its loss and its way out to ONNX, with torch and ultralytics. Run by `make test-extras`."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.pool import PlatePool
from vision.detect_decode import decode, letterbox

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def stack() -> SimpleNamespace:
    """What needs torch, imported here so that this file can be collected without it."""
    import onnxruntime
    import torch

    from models.export import detector as export
    from models.train import detector, detector_net, detector_samples

    torch.set_num_threads(1)
    return SimpleNamespace(
        torch=torch, onnxruntime=onnxruntime, net=detector_net, samples=detector_samples, train=detector, export=export
    )


def scenes() -> list:
    from models.train.datasets import PlateLabel, Scene

    picture = np.random.default_rng(0).integers(0, 255, (180, 320, 3)).astype(np.uint8)
    quad = np.array([[100, 90], [180, 92], [179, 116], [99, 114]], dtype=np.float32)
    return [Scene("es_scenes", "1.jpg", cv2.blur(picture, (9, 9)), (PlateLabel(quad, True),))]


def test_every_activation_is_one_that_int8_likes(stack: SimpleNamespace) -> None:
    """The network has ReLU and no smooth activation, head included."""
    kinds = {type(module).__name__ for module in stack.net.PlateNet().modules()}
    assert "ReLU" in kinds
    assert not kinds & {"SiLU", "GELU", "Hardswish", "Softmax"}


def test_unknown_corners_teach_nothing(stack: SimpleNamespace) -> None:
    """Corners marked unknown give no corner loss, while their box still does; known ones do give one."""
    torch = stack.torch
    stream = stack.samples.PlateScenes(scenes(), PlatePool(OpenGlyphs(), {}, {}, stock=4), 128, 4, 1)
    batch = next(iter(stream))
    assert len(batch["bboxes"]) > 0
    net = stack.net.PlateNet().train()
    torch.manual_seed(0)
    raw = net(batch["img"])
    batch["keypoints"][..., 2] = 1
    known = net.loss(batch, raw)[1]
    batch["keypoints"][..., 2] = 0
    unknown = net.loss(batch, raw)[1]
    assert float(known["pose_loss"]) > 0
    assert float(unknown["pose_loss"]) == 0
    assert float(unknown["box_loss"]) == pytest.approx(float(known["box_loss"]))


# torch deprecates its exporter by TorchScript, and parts of it; how its newer one fares in int8 is unmeasured
@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_training_lowers_the_loss_resumes_and_exports(stack: SimpleNamespace, tmp_path: Path) -> None:
    """Some steps on one scene lower the loss; a checkpoint resumes where it was; ONNX says what torch says."""
    torch = stack.torch
    stream = iter(stack.samples.PlateScenes(scenes(), PlatePool(OpenGlyphs(), {}, {}, stock=4), 128, 4, 1))
    batch = next(stream)
    training = stack.train.Training(1.0, torch.device("cpu"), seed=0, peak=1e-3)
    training.budget = 1e6
    training.spent = 5e4
    losses = [training.learn(dict(batch)) for _ in range(12)]
    assert losses[-1]["box_loss"] + losses[-1]["pose_loss"] < losses[0]["box_loss"] + losses[0]["pose_loss"]
    training.save(tmp_path / "checkpoint.pt")
    again = stack.train.Training(1.0, torch.device("cpu"), seed=1, peak=1e-3)
    again.resume(tmp_path / "checkpoint.pt")
    assert (again.step, again.spent) == (training.step, training.spent)
    stack.export.export_float(tmp_path / "checkpoint.pt", tmp_path / "detector.onnx")
    exported = stack.export.onnx_network(tmp_path / "detector.onnx")
    trained = stack.export.trained_network(tmp_path / "checkpoint.pt")
    planes, transform = letterbox(scenes()[0].image, 320)
    stack.export.check_parity(trained, exported, [planes, planes[:, :, :160]], absolute=0.05)
    assert decode(exported(planes), transform, 0.999, 0.5) == []


def test_torchvision_imports_with_or_without_its_compiled_operators(stack: SimpleNamespace) -> None:
    """After `ensure_torchvision` the one operator that may be asked for suppresses overlapping boxes."""
    torch = stack.torch
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])
    kept = torch.ops.torchvision.nms(boxes, torch.tensor([0.5, 0.9, 0.4]), 0.5)
    assert kept.tolist() == [1, 2]
