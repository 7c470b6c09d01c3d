"""Export a trained reader: checkpoint to ONNX fp32 and int8, with parity, accuracy and calibration on the card.

    python -m models.export.reader --checkpoint models/train/runs/reader/last.pt --data $OPENLOT_DATA

The int8 file is left out, loudly, if it costs more than 0.3 points of exact matches on the development split."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from models.card import load_card
from models.export.parity import Network, check_parity
from models.export.quantize import quantize
from models.train.reader import folded, generated_dev
from models.train.reader_net import ReaderNet
from models.train.reader_samples import (
    RealPlate,
    Sample,
    SampleMaker,
    dev_samples,
    glyph_source,
    load_negatives,
    load_real,
)
from models.train.synthetic.degrade import imperfect_corners
from vision.alphabet import ALPHABET
from vision.geometry import bounds, to_corners
from vision.grammar import Grammar
from vision.read import NEUTRAL_SCORE, OnnxReader
from vision.read_decode import Calibration, calibrated, decode
from vision.rectify import READER_HEIGHT, READER_WIDTH, reader_input
from vision.session import Session
from vision.types import Detection

REAL_DATA = "generated plates and real crops outside the validation photos, some with an existing reader's text"
OUTPUTS = ("logits", "color", "layout", "region", "corners")
_WORST_LOSS = 0.3
"""Points of exact match that int8 may cost."""

Run = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class Exported:
    """An ONNX file and how many development texts it reads exactly right, by set."""

    path: Path
    right: dict[str, int]


def export_fp32(net: ReaderNet, path: Path) -> None:
    """Write the network as ONNX with a free batch dimension, all weights inside."""
    torch.onnx.export(
        net,
        (torch.zeros(2, 3, READER_HEIGHT, READER_WIDTH),),
        str(path),
        input_names=["image"],
        output_names=list(OUTPUTS),
        dynamic_axes={name: {0: "batch"} for name in ("image", *OUTPUTS)},
        opset_version=17,
        dynamo=False,
    )


def session(path: Path) -> Run:
    """The ONNX file as a function of its input, on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    loaded = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batch: [np.asarray(o, np.float32) for o in loaded.run(list(OUTPUTS), {"image": batch})]


def head_nodes(path: Path, output: str) -> list[str]:
    """The names of the convolutions nearest to a graph output; they stay in float, where rounding hurts most."""
    graph = onnx.load(str(path)).graph
    maker = {name: node for node in graph.node for name in node.output}
    found: list[str] = []
    waiting = [output]
    while waiting:
        node = maker.get(waiting.pop())
        if node is not None and node.op_type == "Conv":
            found.append(node.name)
        elif node is not None:
            waiting.extend(node.input)
    return found


def trained(net: ReaderNet, output: int) -> Network:
    """One output of the trained network as a function of its input."""

    def call(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            return np.asarray(net(torch.from_numpy(batch))[output].numpy(), np.float32)

    return call


def exported(run: Run, output: int) -> Network:
    """One output of an ONNX file as a function of its input."""
    return lambda batch: run(batch)[output]


def reads(run: Run, samples: list[Sample]) -> list[NDArray[np.float32]]:
    """The logits of each sample."""
    parts = [run(reader_input([s.image for s in samples[k : k + 32]]))[0] for k in range(0, len(samples), 32)]
    return [row for part in parts for row in part]


def score(path: Path, dev: dict[str, list[Sample]]) -> Exported:
    """Count the exact matches of a file on the development split."""
    run = session(path)
    right = {}
    for name, samples in dev.items():
        texts = [decode(row, Calibration()).text for row in reads(run, samples)]
        right[name] = sum(folded(t, name) == folded(s.text or "", name) for t, s in zip(texts, samples, strict=True))
    return Exported(path, right)


def fit_calibration(card: Path, data: Path | None, dev: list[RealPlate], count: int) -> Calibration:
    """Temperature, slope and offset that make confidence honest on the development split, photographed anew and worse.

    The plates are read as the pipeline reads them, all its looks included, by a card whose calibration is the
    identity. For each temperature of a small grid the slope and offset are those of the likeliest logistic regression
    (Platt)."""
    best: tuple[float, Calibration] | None = None
    for temperature in (0.8, 1.0, 1.25):
        reader = OnnxReader(Session(load_card(card)), Grammar(), Calibration(temperature))
        maker = SampleMaker(11, glyph_source(data), dev, load_negatives(data) if data else (), 0.7)
        noise = np.random.default_rng(12)
        confidences, right = [], []
        for shot in (maker.shoot() for _ in range(count)):
            if shot.text is None:
                continue
            seen = imperfect_corners(noise, shot.corners)
            found = Detection(bounds(seen), to_corners(seen), NEUTRAL_SCORE)
            read = reader.read(shot.image, found)
            confidences.append(read.confidence)
            right.append(folded(read.guess, "any") == folded(shot.text, "any"))
        p, hits = np.clip(confidences, 1e-9, 1 - 1e-9), np.array(right)
        slope, offset = _platt(np.log(p / (1 - p)), hits.astype(np.float64))
        candidate = Calibration(temperature, slope, offset)
        q = np.clip([calibrated(float(v), candidate) for v in p], 1e-6, 1 - 1e-6)
        loss = float(-np.mean(np.where(hits, np.log(q), np.log(1 - q))))
        print(
            f"temperature {temperature}: slope {slope:.3f} offset {offset:.3f} "
            f"log loss {loss:.4f} right {hits.mean():.3f}"
        )
        if best is None or loss < best[0]:
            best = (loss, candidate)
    if best is None:
        raise RuntimeError("no samples to calibrate on")
    return best[1]


def _platt(odds: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Newton's method, in short steps, for logistic regression on one feature with a weak pull to (1, 0)."""
    features = np.stack([odds, np.ones_like(odds)], 1)
    prior = np.array([1.0, 0.0])
    weights = prior.copy()
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (right - p) - 0.1 * (weights - prior)
        curvature = features.T @ (features * (p * (1 - p))[:, None]) + 0.1 * np.eye(2)
        weights = weights + np.clip(np.linalg.solve(curvature, gradient), -0.5, 0.5)
    return float(weights[0]), float(weights[1])


def write_card(
    path: Path, files: dict[str, Path], calibration: Calibration, facts: dict[str, str], metrics: dict[str, str]
) -> None:
    """The card as models/card.py reads it; weight paths are relative to the folder above the card's."""
    lines = [
        'name = "reader"', 'kind = "reader"', f'version = "{facts["version"]}"', 'licence = "AGPL-3.0-or-later"',
        'summary = "Plate text by CTC: digits, letters, Chinese provinces and marks; colour, layout and region."',
        f'alphabet = "{"".join(ALPHABET)}"', "",
        "[input]  # RGB, (value - 127.5) / 127.5, as vision.rectify.reader_input makes it",
        'name = "image"', 'type = "float32"', f'shape = ["batch", 3, {READER_HEIGHT}, {READER_WIDTH}]', "",
    ]  # fmt: skip
    for name, size in zip(OUTPUTS, (f"42, {len(ALPHABET) + 1}", "6", "2", "5", "8"), strict=True):
        lines += [f"[outputs.{name}]", f'shape = ["batch", {size}]', ""]
    for precision, file in files.items():
        content = file.read_bytes()
        lines += [
            f"[files.{precision}]",
            f'path = "weights/{file.name}"',
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
        ]
        lines += [f"bytes = {len(content)}", ""]
    lines += ["[calibration]", f"temperature = {calibration.temperature}", f"slope = {calibration.slope:.4f}"]
    lines += [f"offset = {calibration.offset:.4f}", ""]
    trained_by = {key: value for key, value in facts.items() if key != "version"}
    for title, table in (("training", trained_by), ("metrics", metrics)):
        lines += [f"[{title}]", *(f'{key} = "{value}"' for key, value in table.items()), ""]
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def export(args: argparse.Namespace) -> None:
    weights: Path = args.out / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    (args.out / "cards").mkdir(exist_ok=True)
    saved = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    net = ReaderNet().eval()
    net.load_state_dict(saved["average"])
    fp32, int8 = weights / "reader.onnx", weights / "reader.int8.onnx"
    export_fp32(net, fp32)
    train_plates, dev_plates = load_real(args.data, args.teacher) if args.data else ([], [])
    dev = dev_samples(dev_plates) if args.data else {"generated": generated_dev(None)}
    maker = SampleMaker(5, glyph_source(args.data), train_plates, load_negatives(args.data) if args.data else (), 0.6)
    shown = [reader_input([maker.draw().image for _ in range(32)]) for _ in range(12)]
    for number, name in enumerate(OUTPUTS):
        worst = check_parity(trained(net, number), exported(session(fp32), number), shown[:2])
        print(f"parity of {name}: largest difference {worst:.2g}")
    quantize(fp32, int8, "image", shown, keep_float=head_nodes(fp32, "logits"), percentile=args.percentile)
    full, small = score(fp32, dev), score(int8, dev)
    total = sum(len(s) for s in dev.values())
    points = 100 * (sum(full.right.values()) - sum(small.right.values())) / total
    for name, samples in dev.items():
        print(f"{name}: fp32 {full.right[name]}, int8 {small.right[name]} of {len(samples)}")
    files = {"fp32": fp32, "int8": int8}
    if points > _WORST_LOSS:
        print(f"int8 costs {points:.2f} points: not shipped")
        int8.unlink()
        del files["int8"]
    facts = {
        "version": args.version,
        "data": REAL_DATA if args.data else "generated plates drawn with open fonts",
        "recipe": args.recipe,
        "last_run_steps": str(saved["step"]),
        "last_run_minutes": f"{saved['seconds'] / 60:.0f}",
    }
    metrics = {"command": "python -m models.export.reader --checkpoint RUN/last.pt --data $OPENLOT_DATA"}
    metrics |= {f"dev_{name}": f"{full.right[name]} of {len(s)} (int8 {small.right[name]})" for name, s in dev.items()}
    metrics["dev_all"] = f"{sum(full.right.values())} of {total} (int8 {sum(small.right.values())})"
    card = args.out / "cards" / "reader.toml"
    write_card(card, files, Calibration(), facts, metrics)
    write_card(card, files, fit_calibration(card, args.data, dev_plates, args.calibrate_on), facts, metrics)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=None, help="the photo collection; without it open fonts alone")
    parser.add_argument("--teacher", type=Path, default=Path("models/train/runs/teacher.csv"))
    parser.add_argument("--out", type=Path, default=Path("models"), help="the folder with cards/ and weights/")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--calibrate-on", type=int, default=1500, help="photographs that confidence is fitted on")
    parser.add_argument("--percentile", type=float, default=None)
    parser.add_argument("--recipe", default="python -m models.train.reader --data $OPENLOT_DATA --minutes 120")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    export(parser.parse_args())
