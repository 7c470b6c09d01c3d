"""Trains the plate detector within a time budget, on a CPU or a GPU.

    python -m models.train.corner_teacher --data DIR --out models/train/runs/corners.csv
    python -m models.train.detector --data DIR --corners models/train/runs/corners.csv --out DIR --minutes 90

Real scenes are cropped, zoomed and have plates pasted in (`models.train.synthetic.scenes`); small pictures first, the
working size last. Without `--data` the scenes are drawn at random and the plates drawn with open fonts alone. Writes
`checkpoint.pt` (resumed from when it is there), `steps.csv` and `dev.csv` into --out.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from models.train.datasets import CROP_SETS, PlateLabel, Scene, read_crops, split_scenes
from models.train.detector_net import PlateNet
from models.train.detector_samples import Phase, PlateScenes, start_worker
from models.train.detector_score import Network, score_detector
from models.train.synthetic.glyphs import CollectedGlyphs, Family, MixedGlyphs, OpenGlyphs
from models.train.synthetic.pool import PlatePool
from models.train.synthetic.scenes import PlateSupply, compose
from vision.types import Image

PHASES = (Phase(0.35, 256, 20), Phase(0.85, 320, 16), Phase(1.0, 480, 8))
MEASURE_EVERY = 1500.0
"""Seconds of training between two looks at the held-out scenes."""
WORKING_SIDE = 640
LEARNING_RATE = 2.5e-3
WEIGHT_DECAY = 0.01
WARM_UP = 0.02
AVERAGE_DECAY = 0.998
COMPOSED_DEV = 150
DATA_HELP = "the photo collection (default $OPENLOT_DATA); without one, scenes are drawn at random"


class Training:
    """The network, its running average, the optimiser, and how much of the time budget is spent."""

    def __init__(self, minutes: float, device: torch.device, seed: int, peak: float) -> None:
        torch.manual_seed(seed)
        self.peak = peak
        self.seed = seed
        self.budget = minutes * 60
        self.device = device
        self.net = PlateNet().to(device, memory_format=torch.channels_last)
        self.average = PlateNet().to(device, memory_format=torch.channels_last).eval()
        self.average.load_state_dict(self.net.state_dict())
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        plain = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.99))
        self.step = 0
        self.spent = 0.0
        self._clock = time.monotonic()

    def start_clock(self) -> None:
        """Spends time from now on: what passed since the last step (measuring, saving) is not counted."""
        self._clock = time.monotonic()

    @property
    def progress(self) -> float:
        return min(1.0, self.spent / self.budget)

    def learn(self, batch: dict[str, torch.Tensor]) -> dict[str, float]:
        """One optimiser step; returns the loss's parts."""
        rate = self.peak * _schedule(self.progress)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = {name: value.to(self.device) for name, value in batch.items()}
        pictures = batch["img"].contiguous(memory_format=torch.channels_last)
        self.net.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            raw = self.net(pictures)
        raw = {
            key: [m.float() for m in value] if isinstance(value, list) else value.float() for key, value in raw.items()
        }
        parts, items = self.net.loss(batch, raw)
        self.optimiser.zero_grad(set_to_none=True)
        (parts.sum() / len(pictures)).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.optimiser.step()
        self._follow()
        self.step += 1
        now = time.monotonic()
        self.spent += now - self._clock
        self._clock = now
        return {name: float(value) for name, value in items.items()} | {"rate": rate}

    def _follow(self) -> None:
        decay = AVERAGE_DECAY * (1 - math.exp(-self.step / 300))
        with torch.no_grad():
            for mean, value in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
                if mean.dtype.is_floating_point:
                    mean.lerp_(value.to(mean.dtype), 1 - decay)
                else:
                    mean.copy_(value)

    def save(self, path: Path) -> None:
        """Writes the checkpoint in one step, so that an interrupted write leaves the old one."""
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "spent": self.spent,
            "seed": self.seed,
        }
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(path)

    def resume(self, path: Path) -> None:
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.spent = state["step"], state["spent"]

    def begin_with(self, path: Path) -> None:
        """Take over the averaged weights of an ended run; steps, time and rate begin anew."""
        weights = torch.load(path, map_location=self.device, weights_only=True)["average"]
        self.net.load_state_dict(weights)
        self.average.load_state_dict(weights)

    def network(self) -> Network:
        """The averaged network as a plain function of arrays."""

        def run(planes: NDArray[np.float32]) -> NDArray[np.float32]:
            pictures = torch.from_numpy(planes).to(self.device, memory_format=torch.channels_last)
            with torch.inference_mode():
                output: NDArray[np.float32] = self.average(pictures)[0].float().cpu().numpy()
            return output

        return run


def _schedule(progress: float) -> float:
    """Share of the full learning rate: a short linear rise, then a cosine down to 1 %."""
    if progress < WARM_UP:
        return 0.02 + 0.98 * progress / WARM_UP
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _batches(training: Training, scenes: Sequence[Scene], supply: PlateSupply, workers: int) -> Iterator[Any]:
    """Batches of the phase that the time spent calls for, a new stream for each phase."""
    for number, phase in enumerate(PHASES):
        if training.progress >= phase.until:
            continue
        seed = training.seed * 1_000_003 + training.step * 31 + number
        stream = PlateScenes(scenes, supply, phase.size, phase.batch, seed)
        loader = DataLoader(
            stream, batch_size=None, num_workers=workers, prefetch_factor=6, worker_init_fn=start_worker
        )
        for batch in loader:
            yield batch
            if training.progress >= phase.until:
                break


def composed_dev(scenes: Sequence[Scene], supply: PlateSupply, count: int) -> list[tuple[Image, list[PlateLabel]]]:
    """Held-out scenes with plates pasted in: always the same ones for the same scenes and supply."""
    rng = np.random.default_rng(20_26)
    pictures = []
    for _ in range(count):
        sample = compose(rng, scenes[int(rng.integers(len(scenes)))], supply, 480)
        pairs = zip(sample.quads, sample.has_corners, strict=True)
        pictures.append((sample.image, [PlateLabel(quad, bool(known)) for quad, known in pairs]))
    return pictures


def read_supply(data: Path | None, seed: int) -> PlatePool:
    """The stock of plates to paste: generated ones of collected and open glyphs, and real crops.

    Without a collection, generated ones of open glyphs alone.
    """
    if data is None:
        return PlatePool(OpenGlyphs(), {}, {}, seed=seed)
    families: tuple[Family, ...] = ("cn", "cn_upper", "cn_lower", "cn_green", "latin")
    shares = dict.fromkeys(families, 0.6)
    glyphs = MixedGlyphs(CollectedGlyphs(data / "glyphs"), OpenGlyphs(), shares)
    return PlatePool(glyphs, {name: list(read_crops(data, name)) for name in CROP_SETS}, CROP_SETS, seed=seed)


def train(
    data: Path | None,
    out: Path,
    minutes: float,
    device: torch.device,
    workers: int,
    seed: int,
    start: Path | None,
    corners: Path | None = None,
    peak: float = LEARNING_RATE,
) -> None:
    """The whole run, from random weights or those of `start`. Raises FileNotFoundError where pictures are missing."""
    out.mkdir(parents=True, exist_ok=True)
    training_scenes, held_out = split_scenes(data, corners)
    supply = read_supply(data, seed)
    dev: dict[str, list[tuple[Image, Sequence[PlateLabel]]]] = {}
    for scene in held_out:
        dev.setdefault(scene.set_name, []).append((scene.image, scene.plates))
    dev["composed"] = list(composed_dev(held_out, supply, COMPOSED_DEV))
    training = Training(minutes, device, seed, peak)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        training.resume(checkpoint)
    elif start is not None:
        training.begin_with(start)
    print(f"{len(training_scenes)} scenes, {len(held_out)} held out, step {training.step}, {device}", flush=True)
    saved = measured = training.spent
    training.start_clock()
    with (out / "steps.csv").open("a", newline="") as steps:
        log = csv.writer(steps)
        for batch in _batches(training, training_scenes, supply, workers):
            parts = training.learn(batch)
            if training.step % 20 == 0:
                log.writerow([training.step, f"{training.spent:.0f}", *(f"{value:.5f}" for value in parts.values())])
                steps.flush()
                summary = " ".join(f"{name} {value:.4f}" for name, value in parts.items())
                print(f"{training.progress:6.1%} step {training.step} {summary}", flush=True)
            if training.spent - saved > 120:
                training.save(checkpoint)
                saved = training.spent
            if training.spent - measured > MEASURE_EVERY:
                _measure(training, dev, out / "dev.csv")
                measured = training.spent
                training.start_clock()
    training.save(checkpoint)
    _measure(training, dev, out / "dev.csv")


def _measure(training: Training, dev: dict[str, list[tuple[Image, Sequence[PlateLabel]]]], table: Path) -> None:
    network = training.network()
    with table.open("a", newline="") as lines:
        for name, pictures in dev.items():
            score = score_detector(network, pictures, WORKING_SIDE)
            print(f"dev {training.progress:6.1%} {name}: {score}", flush=True)
            row = (score.plates, score.found, score.false_alarms, f"{score.corner_error:.4f}")
            csv.writer(lines).writerow([training.step, name, *row])


def choose_device(name: str) -> torch.device:
    """`auto` is the GPU where torch sees one, else the CPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("OPENLOT_DATA"), help=DATA_HELP)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and logs")
    parser.add_argument("--minutes", type=float, default=90, help="time spent on training, measuring not counted")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the training itself")
    parser.add_argument("--workers", type=int, default=1, help="processes that compose pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, default=None, help="a checkpoint whose averaged weights to begin with")
    parser.add_argument("--corners", type=Path, default=None, help="what models.train.corner_teacher wrote")
    parser.add_argument("--peak", type=float, default=LEARNING_RATE, help="the highest learning rate")
    choice = parser.parse_args()
    torch.set_num_threads(choice.threads)
    cv2.setNumThreads(1)
    train(
        choice.data,
        choice.out,
        choice.minutes,
        choose_device(choice.device),
        choice.workers,
        choice.seed,
        choice.start,
        choice.corners,
        choice.peak,
    )


if __name__ == "__main__":
    main()
