"""Turns a detector checkpoint into what ships: ONNX in float and int8, and its card.

    python -m models.export.detector --checkpoint RUN/checkpoint.pt --data DIR --version 0.1.0

The float file must agree with the trained network (an error otherwise). The int8 file ships only if it finds nearly as
many plates of the held-out scenes; the card's figures come from this very run.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from models.card import load_card
from models.export.detector_card import file_table, score_tables, table
from models.export.parity import Network, check_parity
from models.export.quantize import quantize
from models.train.datasets import SCENE_SETS, PlateLabel, Scene, split_scenes
from models.train.detector import COMPOSED_DEV, DATA_HELP, WORKING_SIDE, composed_dev, read_supply
from models.train.detector_net import PlateNet, load_net
from models.train.detector_score import DetectorScore, score_detector
from vision.alternatives.torchvision_ops import ensure_torchvision
from vision.detect_decode import VALUES_PER_CANDIDATE, letterbox
from vision.types import Image

ensure_torchvision()

from ultralytics.nn.modules import C2f  # noqa: E402

MODELS = Path(__file__).parents[1]
OPSET = 17
SCORE_THRESHOLD = 0.3
IOU_THRESHOLD = 0.5
INT8_MAY_LOSE = 0.005
"""Share of the held-out plates that the int8 network may miss beyond the float one."""

CALIBRATION_PICTURES = 160

Pictures = list[tuple[Image, Sequence[PlateLabel]]]


class _Exported(torch.nn.Module):
    """The network with its decoding inside: (B, 3, H, W) to (B, 13, N)."""

    def __init__(self, net: PlateNet) -> None:
        super().__init__()
        head = net.fuse(verbose=False).model[-1]
        head.export, head.dynamic = True, True
        for module in net.modules():
            if isinstance(module, C2f):
                # `chunk` exports as slices at computed places, which stay in float; `split` quantises.
                module.forward = module.forward_split
        self.net = net

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        predictions: torch.Tensor = self.net(images)
        return predictions


def export_float(checkpoint: Path, target: Path) -> None:
    """Writes the checkpoint's network as ONNX, batch, height and width left open."""
    net = _Exported(load_net(checkpoint))
    torch.onnx.export(
        net,
        (torch.rand(1, 3, 384, 640),),
        str(target),
        opset_version=OPSET,
        input_names=["images"],
        output_names=["predictions"],
        dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "predictions": {0: "batch", 2: "candidates"}},
        dynamo=False,
    )


def trained_network(checkpoint: Path) -> Network:
    """The checkpoint's network in torch, before any fusing, as a function of arrays."""
    net = load_net(checkpoint)

    def run(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            output: NDArray[np.float32] = net(torch.from_numpy(planes))[0].numpy()
        return output

    return run


def onnx_network(path: Path) -> Network:
    """An ONNX file on one CPU thread, as a function of arrays."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = session.run(["predictions"], {"images": planes})[0]
        return output

    return run


def measure(network: Network, dev: dict[str, Pictures], long_side: int) -> dict[str, DetectorScore]:
    """The score on each group of held-out pictures, at the card's thresholds."""
    return {
        name: score_detector(network, pictures, long_side, SCORE_THRESHOLD, IOU_THRESHOLD)
        for name, pictures in dev.items()
    }


def total_recall(scores: dict[str, DetectorScore]) -> float:
    return sum(score.found for score in scores.values()) / max(1, sum(score.plates for score in scores.values()))


def held_out_pictures(data: Path | None, held_out: Sequence[Scene]) -> dict[str, Pictures]:
    """The held-out scenes by set, and `composed`: the same scenes with generated plates pasted in."""
    groups: dict[str, Pictures] = {}
    for scene in held_out:
        groups.setdefault(scene.set_name, []).append((scene.image, scene.plates))
    groups["composed"] = list(composed_dev(held_out, read_supply(data, 0), COMPOSED_DEV))
    return groups


def calibration_inputs(scenes: Sequence[Scene], long_side: int, seed: int) -> list[NDArray[np.float32]]:
    """Letterboxed training scenes, the same ones for the same seed."""
    order = np.random.default_rng(seed).permutation(len(scenes))[:CALIBRATION_PICTURES]
    return [letterbox(scenes[int(index)].image, long_side)[0] for index in order]


def export(checkpoint: Path, data: Path | None, version: str, models: Path) -> None:
    """Writes weights/detector.onnx, weights/detector.int8.onnx (if it is good enough) and cards/detector.toml.

    Raises ParityError where the float file differs from the trained network.
    """
    training_scenes, held_out = split_scenes(data)
    dev = held_out_pictures(data, held_out)
    float_path, int8_path = models / "weights" / "detector.onnx", models / "weights" / "detector.int8.onnx"
    float_path.parent.mkdir(parents=True, exist_ok=True)
    export_float(checkpoint, float_path)
    probes = [letterbox(image, side)[0] for side, (image, _) in zip((320, 512, 640), dev["composed"], strict=False)]
    off = check_parity(trained_network(checkpoint), onnx_network(float_path), probes, absolute=0.02)
    print(f"the float file agrees with the trained network to {off:.2g} pixels")
    scores = {"fp32": measure(onnx_network(float_path), dev, WORKING_SIDE)}
    report("fp32", scores["fp32"])
    inputs = calibration_inputs(training_scenes, WORKING_SIDE, seed=0)
    quantize(float_path, int8_path, "images", inputs, keep_float=float_nodes(float_path), first_in_float=True)
    int8_scores = measure(onnx_network(int8_path), dev, WORKING_SIDE)
    report("int8", int8_scores)
    lost = total_recall(scores["fp32"]) - total_recall(int8_scores)
    if lost <= INT8_MAY_LOSE:
        scores["int8"] = int8_scores
    else:
        int8_path.unlink()
        print(f"int8 loses {lost:.2%} of the plates (more than {INT8_MAY_LOSE:.1%}): it is not shipped")
    taught = (
        [*SCENE_SETS, "generated plates and real crops pasted in"] if data else ["generated plates and backgrounds"]
    )
    write_card(models, version, checkpoint, taught, scores)


def float_nodes(path: Path) -> list[str]:
    """The convolutions that int8 would spoil: the last of each branch, whose outputs are pixels and scores."""
    graph = onnx.load(str(path)).graph
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    return [
        node.name
        for node in convolutions
        if all(after.op_type in ("Reshape", "Concat") for after in consumers.get(node.output[0], []))
        and any(after.op_type == "Reshape" for after in consumers.get(node.output[0], []))
    ]


def report(precision: str, scores: dict[str, DetectorScore]) -> None:
    print(f"{precision}: recall {total_recall(scores):.4f} in all")
    for name, score in scores.items():
        print(f"  {name}: {score}", flush=True)


def write_card(
    models: Path, version: str, checkpoint: Path, taught: list[str], scores: dict[str, dict[str, DetectorScore]]
) -> None:
    """Writes cards/detector.toml for the files that `scores` names by precision; `taught` is what it learnt from."""
    run = torch.load(checkpoint, map_location="cpu", weights_only=True)
    names = {"fp32": "detector.onnx", "int8": "detector.int8.onnx"}
    parts = [
        'name = "detector"\nkind = "detector"\n'
        f'version = "{version}"\nlicence = "AGPL-3.0-or-later"\n'
        'summary = "Finds number plates and their four corners: YOLO11-pose, width 0.1875, ReLU, one class."\n',
        table("input", {"name": "images", "type": "float32", "shape": ["batch", 3, "height", "width"],
                        "long_side": WORKING_SIDE}),
        table("outputs.predictions", {"shape": ["batch", VALUES_PER_CANDIDATE, "candidates"]}),
        table("thresholds", {"score": SCORE_THRESHOLD, "iou": IOU_THRESHOLD}),
        *(file_table(precision, models / "weights" / names[precision], models) for precision in scores),
        table("training", {
            "data": taught,
            "command": "python -m models.train.detector --data DIR --out RUN --minutes MINUTES --seed SEED",
            "minutes": round(run["spent"] / 60, 1), "steps": run["step"], "seed": run["seed"],
        }),
        table("metrics", {
            "command": "python -m models.export.detector --checkpoint RUN/checkpoint.pt --data DIR --version VERSION",
            "on": "each twelfth scene of every set, never trained on; `composed` are those with plates pasted in",
            "corner_error": "mean distance of found corners, in plate heights",
        }),
        *(score_tables(precision, groups) for precision, groups in scores.items()),
    ]  # fmt: skip
    card = models / "cards" / "detector.toml"
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text("\n".join(parts), encoding="utf-8")
    load_card(card)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="checkpoint.pt of a training run")
    parser.add_argument("--data", type=Path, default=os.environ.get("OPENLOT_DATA"), help=DATA_HELP)
    parser.add_argument("--version", required=True, help="version to write into the card")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder with weights/ and cards/")
    choice = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    export(choice.checkpoint, choice.data, choice.version, choice.models)


if __name__ == "__main__":
    main()
