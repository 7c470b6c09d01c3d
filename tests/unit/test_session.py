"""A network runs only as its card describes it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tiny_models import CLASSES, constant_network, detector_output, file_table, write_detector, write_reader

from models.card import load_card
from vision.errors import ProviderUnavailable, WrongModelShape
from vision.session import Session


def _with_network(card: Path, model: onnx.ModelProto) -> Path:
    """The card with another network in its weight file, pinned anew."""
    weights = card.with_suffix(".onnx")
    weights.write_bytes(model.SerializeToString())
    head = card.read_text(encoding="utf-8").split("\n[files.")[0]
    card.write_text(head + file_table("fp32", weights), encoding="utf-8")
    return card


def test_a_sound_network_answers_by_output_name(tmp_path: Path) -> None:
    """A session gives each output that the card names."""
    session = Session(load_card(write_reader(tmp_path, "A1")))
    outputs = session.run(np.zeros((1, 3, 48, 168), np.float32))
    assert {name: value.shape for name, value in outputs.items()} == {
        "logits": (1, 42, CLASSES),
        "color": (1, 6),
        "layout": (1, 2),
        "region": (1, 5),
    }


VARYING = ["batch", 3, "height", "width"]


@pytest.mark.parametrize(
    "model",
    [
        constant_network("pixels", VARYING, {"predictions": detector_output([])}),
        constant_network("images", ["batch", 1, "height", "width"], {"predictions": detector_output([])}),
        constant_network("images", [1, 3, 640, 640], {"predictions": detector_output([])}),
        constant_network("images", VARYING, {"boxes": detector_output([])}),
        constant_network("images", VARYING, {"predictions": np.zeros((1, 5, 1), np.float32)}),
        constant_network("images", VARYING, {"predictions": np.zeros((1, 13), np.float32)}),
    ],
    ids=["input name", "input channels", "input fixed", "output name", "output values", "output rank"],
)
def test_a_network_of_another_shape_is_refused_at_start(tmp_path: Path, model: onnx.ModelProto) -> None:
    """Every way in which a network can differ from its card is a WrongModelShape before the first picture."""
    card = _with_network(write_detector(tmp_path, []), model)
    with pytest.raises(WrongModelShape, match="tiny-detector"):
        Session(load_card(card))


def test_an_output_that_lies_about_its_shape_is_found_by_running_it(tmp_path: Path) -> None:
    """A graph that leaves its output's sizes open is still held to the card, by one run."""
    model = constant_network("images", VARYING, {"size": np.array([1, 5, 1], np.float32)}, batched=False)
    model.graph.node.append(helper.make_node("Cast", ["size"], ["whole"], to=TensorProto.INT64))
    model.graph.node.append(helper.make_node("Expand", ["nothing", "whole"], ["predictions"]))
    model.graph.output.append(helper.make_tensor_value_info("predictions", TensorProto.FLOAT, ["a", "b", "c"]))
    with pytest.raises(WrongModelShape, match="came out as"):
        Session(load_card(_with_network(write_detector(tmp_path, []), model)))


def test_a_network_onnxruntime_cannot_open_is_refused(tmp_path: Path) -> None:
    """An operator that does not exist is a WrongModelShape with what to do, not onnxruntime's own error."""
    model = constant_network("images", VARYING, {"predictions": detector_output([])})
    model.graph.node.append(helper.make_node("NoSuchOperator", ["images"], ["x"]))
    with pytest.raises(WrongModelShape, match="export the model again"):
        Session(load_card(_with_network(write_detector(tmp_path, []), model)))


@pytest.mark.parametrize("provider", ["cuda", "tensorrt", "openvino"])
def test_a_provider_that_is_not_there_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """Asking for an accelerator that onnxruntime lacks raises; the CPU is not taken in its place."""
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ProviderUnavailable, match="install onnxruntime"):
        Session(load_card(write_reader(tmp_path, "A1")), provider)  # type: ignore[arg-type]


def test_of_two_precisions_one_is_chosen_by_measuring_both(tmp_path: Path) -> None:
    """With an fp32 and an int8 file the session has timed both and says which it took."""
    card = write_reader(tmp_path, "A1")
    other = tmp_path / "other.onnx"
    other.write_bytes(card.with_suffix(".onnx").read_bytes())
    with card.open("a", encoding="utf-8") as file:
        file.write(file_table("int8", other))
    choice = Session(load_card(card)).choice
    assert set(choice.seconds) == {"fp32", "int8"}
    assert (choice.chosen == "int8") == (choice.seconds["int8"] <= 0.95 * choice.seconds["fp32"])
    assert Session(load_card(card), precision="fp32").choice.seconds == {}
