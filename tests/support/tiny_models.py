"""Tiny ONNX networks with cards, for tests: they say what they are told to, whatever they see."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vision.alphabet import ALPHABET

COLUMNS = 42
CLASSES = len(ALPHABET) + 1

Plate = tuple[float, float, float, float, float]
"""Centre x, centre y, width, height in pixels of the network's input, and the score."""


def logits_of(text: str, sure: float = 12.0) -> NDArray[np.float32]:
    """Logits (42, classes) that spell `text`: every second column a character, blanks between and after."""
    logits = np.zeros((COLUMNS, CLASSES), np.float32)
    logits[:, 0] = sure
    for place, character in enumerate(text):
        logits[2 * place + 1, 0] = 0
        logits[2 * place + 1, ALPHABET.index(character) + 1] = sure
    return logits


def detector_output(plates: Sequence[Plate]) -> NDArray[np.float32]:
    """Output (1, 13, N) with an upright plate for each entry; corners are the box's."""
    rows = []
    for x, y, width, height, score in plates:
        left, right, top, bottom = x - width / 2, x + width / 2, y - height / 2, y + height / 2
        rows.append([x, y, width, height, score, left, top, right, top, right, bottom, left, bottom])
    return np.asarray(rows, np.float32).reshape(-1, 13).T[None]


def constant_network(
    input_name: str, input_shape: Sequence[int | str], outputs: dict[str, NDArray[np.float32]], batched: bool = True
) -> onnx.ModelProto:
    """A network with these outputs for any input; each depends on the input, times zero."""
    source = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, input_shape)
    nodes = [
        helper.make_node("ReduceMean", [input_name], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    constants = [numpy_helper.from_array(np.float32(0), "zero")]
    results = []
    for name, value in outputs.items():
        constants.append(numpy_helper.from_array(value, f"{name}_value"))
        nodes.append(helper.make_node("Add", ["nothing", f"{name}_value"], [name]))
        shape = ["batch", *value.shape[1:]] if batched else list(value.shape)
        results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    graph = helper.make_graph(nodes, "tiny", [source], results, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def write_detector(folder: Path, plates: Sequence[Plate], name: str = "tiny-detector", long_side: int = 64) -> Path:
    """A detector that finds `plates` in every picture; returns its card's path."""
    value = detector_output(plates)
    model = constant_network("images", ["batch", 3, "height", "width"], {"predictions": value})
    head = f'''name = "{name}"
kind = "detector"
version = "1"
licence = "AGPL-3.0-or-later"

[input]
name = "images"
shape = ["batch", 3, "height", "width"]
long_side = {long_side}

[outputs.predictions]
shape = ["batch", 13, "candidates"]

[thresholds]
score = 0.25
iou = 0.5
'''
    return _write(folder, name, model, head)


def write_reader(
    folder: Path,
    text: str,
    name: str = "tiny-reader",
    color: int = 0,
    double: float = -9.0,
    region: int = 0,
    sure: float = 12.0,
) -> Path:
    """A reader that reads `text` on every plate; `double` is the logit of two rows. Returns its card's path."""
    outputs = {
        "logits": logits_of(text, sure)[None],
        "color": 9 * np.eye(6, dtype=np.float32)[color][None],
        "layout": np.array([[0, double]], np.float32),
        "region": 9 * np.eye(5, dtype=np.float32)[region][None],
    }
    model = constant_network("image", ["batch", 3, 48, 168], outputs)
    tables = "\n".join(f'[outputs.{key}]\nshape = ["batch", {_sizes(value)}]\n' for key, value in outputs.items())
    head = f'''name = "{name}"
kind = "reader"
version = "1"
licence = "AGPL-3.0-or-later"
alphabet = "{"".join(ALPHABET)}"

[input]
name = "image"
shape = ["batch", 3, 48, 168]

{tables}
[calibration]
temperature = 1.0
slope = 1.0
offset = 0.0
'''
    return _write(folder, name, model, head)


def file_table(precision: str, path: Path) -> str:
    """The card's table of a weight file that lies beside the card."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f'\n[files.{precision}]\npath = "{path.name}"\nsha256 = "{digest}"\nbytes = {len(content)}\n'


def _sizes(value: NDArray[np.float32]) -> str:
    return ", ".join(str(size) for size in value.shape[1:])


def _write(folder: Path, name: str, model: onnx.ModelProto, head: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{name}.onnx"
    weights.write_bytes(model.SerializeToString())
    card = folder / f"{name}.toml"
    card.write_text(head + file_table("fp32", weights), encoding="utf-8")
    return card
