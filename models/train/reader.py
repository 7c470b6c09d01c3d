"""Train the reader network.

    python -m models.train.teacher --data $OPENLOT_DATA --out models/train/runs/teacher.csv
    python -m models.train.reader --data $OPENLOT_DATA --minutes 120 --out models/train/runs/reader

Without `--data` it learns from plates drawn with open fonts alone. The run stops when its minutes are over; the
learning rate follows one cycle over that time. `--resume` continues a run from its last checkpoint; `--start` begins
a new cycle from the weights of another run. Progress goes to `log.csv`, the last checkpoint to `last.pt`."""

from __future__ import annotations

import argparse
import copy
import csv
import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

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
from vision.alphabet import ALPHABET
from vision.read_decode import best_path
from vision.rectify import reader_input

_LAMBDA = {"color": 0.15, "layout": 0.15, "region": 0.1}
_LAMBDA_CORNERS = 4.0
UNKNOWN_CORNERS = np.full(8, np.nan, np.float32)
_CODE = {char: k + 1 for k, char in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures as `reader_input` makes them; targets concatenated; -1 marks the unknown (as a length: no text), and not
    a number unknown corners (B, 8)."""

    images: Tensor
    targets: Tensor
    lengths: Tensor
    color: Tensor
    layout: Tensor
    region: Tensor
    corners: Tensor


class Batches(IterableDataset[Batch]):
    """An endless stream of batches, drawn in the loader's process."""

    def __init__(self, data: Path | None, teacher: Path, size: int, seed: int, shares: tuple[float, float]) -> None:
        self._data, self._teacher, self._size, self._seed, self._shares = data, teacher, size, seed, shares

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        seed = self._seed + (worker.id if worker else 0)
        real: list[RealPlate] = load_real(self._data, self._teacher)[0] if self._data else []
        negatives = load_negatives(self._data) if self._data else ()
        maker = SampleMaker(seed, glyph_source(self._data), real, negatives, *self._shares)
        while True:
            yield collate([maker.draw() for _ in range(self._size)])


def collate(samples: list[Sample]) -> Batch:
    """Samples to one batch."""
    texts = [[_CODE[c] for c in s.text or ""] for s in samples]
    return Batch(
        torch.from_numpy(reader_input([s.image for s in samples])),
        torch.tensor(list(itertools.chain.from_iterable(texts)), dtype=torch.long),
        torch.tensor([-1 if s.text is None else len(t) for s, t in zip(samples, texts, strict=True)]),
        torch.tensor([s.color for s in samples]),
        torch.tensor([s.layout for s in samples]),
        torch.tensor([s.region for s in samples]),
        torch.from_numpy(np.stack([UNKNOWN_CORNERS if s.corners is None else s.corners for s in samples])),
    )


def loss_of(net: nn.Module, batch: Batch, device: torch.device) -> Tensor:
    """CTC loss of the text plus weighted cross entropies of colour, layout and region and distance of corners."""
    images = batch.images.to(device, memory_format=torch.channels_last)
    # On CPUs without matrix tiles bf16 was 1.5 times slower than fp32 for channels this narrow.
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits, color, layout, region, corners = net(images)
    steps = logits.shape[1]
    log_probs = logits.float().log_softmax(-1).transpose(0, 1)
    known = batch.lengths.to(device) >= 0
    lengths = batch.lengths.clamp(min=0)
    frames = torch.full((len(lengths),), steps, dtype=torch.long)
    text = nn.functional.ctc_loss(
        log_probs, batch.targets.to(device), frames, lengths, reduction="none", zero_infinity=True
    )
    total = (text / lengths.to(device).clamp(min=4) * known).sum() / known.sum().clamp(min=1)
    for name, scores, labels in (
        ("color", color, batch.color),
        ("layout", layout, batch.layout),
        ("region", region, batch.region),
    ):
        if bool((labels >= 0).any()):
            total = total + _LAMBDA[name] * nn.functional.cross_entropy(
                scores.float(), labels.to(device), ignore_index=-1, label_smoothing=0.02
            )
    apart = nn.functional.smooth_l1_loss(
        corners.float(), batch.corners.nan_to_num().to(device), reduction="none", beta=0.02
    )
    seen = batch.corners.isfinite().to(device)
    return total + _LAMBDA_CORNERS * (apart * seen).sum() / seen.sum().clamp(min=1)


class Average:
    """A running mean of weights and buffers (EMA); it follows faster at the start."""

    def __init__(self, net: nn.Module, decay: float = 0.998) -> None:
        self.net = copy.deepcopy(net).eval()
        self._decay, self.steps = decay, 0

    def update(self, net: nn.Module) -> None:
        self.steps += 1
        keep = min(self._decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs, 1 - keep)
                else:
                    mine.copy_(theirs)


def learning_rate(progress: float, peak: float) -> float:
    """One cycle over the run: a linear rise for 4 % of it, then half a cosine down to a hundredth."""
    if progress < 0.04:
        return peak * max(0.02, progress / 0.04)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - 0.04) / 0.96))))


@dataclass(frozen=True, slots=True)
class SetScore:
    """How many texts of a development set are exactly right, with O as 0 and I as 1 where the set mixes them."""

    right: int
    total: int


def evaluate(
    net: nn.Module, dev: dict[str, list[Sample]], device: torch.device
) -> tuple[dict[str, SetScore], Counter[str]]:
    """Exact matches by set, and the commonest `true>read` confusions of equally long texts."""
    scores: dict[str, SetScore] = {}
    confusions: Counter[str] = Counter()
    for name, samples in dev.items():
        right = 0
        for start in range(0, len(samples), 64):
            part = samples[start : start + 64]
            images = torch.from_numpy(reader_input([s.image for s in part])).to(device)
            with torch.no_grad():
                logits = net(images)[0].float().cpu().numpy()
            for sample, row in zip(part, logits, strict=True):
                read, true = folded(best_path(row), name), folded(sample.text or "", name)
                right += read == true
                if len(read) == len(true):
                    confusions.update(f"{t}>{r}" for t, r in zip(true, read, strict=True) if t != r)
                else:
                    confusions["longer" if len(read) > len(true) else "shorter"] += 1
        scores[name] = SetScore(right, len(samples))
    return scores, confusions


def folded(text: str, name: str) -> str:
    """Sets with Latin letters mix O and 0, I and 1 in their labels: fold them there before comparing."""
    return text if name.startswith("cn") else text.replace("O", "0").replace("I", "1")


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    device = torch.device(args.device if args.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu")
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    net = ReaderNet().to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.peak, weight_decay=0.03)
    average = Average(net)
    step, spent = 0, 0.0
    if args.start:
        begun_with = torch.load(args.start, map_location=device, weights_only=True)["average"]
        fresh, unknown = net.load_state_dict(begun_with, strict=False)
        if unknown:
            raise ValueError(f"{args.start} has weights of another network: {', '.join(unknown)}")
        print(f"weights that {args.start} lacks and that begin at random: {', '.join(fresh) or 'none'}")
        average = Average(net)
    if args.resume and (out / "last.pt").exists():
        saved = torch.load(out / "last.pt", map_location=device, weights_only=True)
        net.load_state_dict(saved["net"])
        average.net.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent, average.steps = saved["step"], saved["seconds"], saved["step"]
    dev = dev_samples(load_real(args.data, args.teacher)[1]) if args.data else {}
    dev["generated"] = generated_dev(args.data)
    stream = Batches(args.data, args.teacher, args.batch, args.seed + 1000 * step, (args.real_share, args.two_rows))
    loader = iter(DataLoader(stream, batch_size=None, num_workers=args.workers, prefetch_factor=8))
    budget, begun, recent, shown = args.minutes * 60.0, time.monotonic() - spent, 0.0, time.monotonic()
    with (out / "log.csv").open("a", encoding="utf-8", newline="") as table:
        log = csv.writer(table)
        while (elapsed := time.monotonic() - begun) < budget:
            rate = learning_rate(elapsed / budget, args.peak)
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = loss_of(net, next(loader), device)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            average.update(net)
            step += 1
            recent = 0.98 * recent + 0.02 * loss.item() if step > 1 else loss.item()
            if step % 50 == 0:
                pace = (time.monotonic() - shown) / 50
                shown = time.monotonic()
                print(
                    f"{elapsed / 60:6.1f} min  step {step}  loss {recent:.4f}  rate {rate:.5f}  {pace:.2f} s a step",
                    flush=True,
                )
            if step % args.check == 0:
                _check(average.net, dev, device, log, (step, elapsed, recent))
                table.flush()
                _save(out, net, average, optimiser, step, time.monotonic() - begun)
                shown = time.monotonic()
        _check(average.net, dev, device, log, (step, budget, recent))
    _save(out, net, average, optimiser, step, budget)


def generated_dev(data: Path | None, count: int = 400) -> list[Sample]:
    """Generated plates to measure on, always the same ones for the same glyphs."""
    maker = SampleMaker(7, glyph_source(data), [], (), 0.0)
    return [s for s in (maker.draw() for _ in range(count)) if s.text]


def _check(
    net: nn.Module, dev: dict[str, list[Sample]], device: torch.device, log: object, at: tuple[int, float, float]
) -> None:
    scores, confusions = evaluate(net, dev, device)
    real = [s for name, s in scores.items() if name != "generated"]
    whole = sum(s.right for s in real) / max(1, sum(s.total for s in real))
    print(
        "dev "
        + "  ".join(f"{n} {100 * s.right / s.total:.1f}" for n, s in scores.items())
        + f"  all real {100 * whole:.2f}"
    )
    print("worst " + "  ".join(f"{k} {n}" for k, n in confusions.most_common(24)), flush=True)
    log.writerow([*at, whole, *(f"{n}={s.right}/{s.total}" for n, s in scores.items())])  # type: ignore[attr-defined]


def _save(
    out: Path, net: nn.Module, average: Average, optimiser: torch.optim.Optimizer, step: int, seconds: float
) -> None:
    part = out / "last.pt.part"
    state = {"net": net.state_dict(), "average": average.net.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save(state | {"step": step, "seconds": seconds}, part)
    part.replace(out / "last.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None, help="the photo collection; without it open fonts alone")
    parser.add_argument("--teacher", type=Path, default=Path("models/train/runs/teacher.csv"))
    parser.add_argument("--out", type=Path, default=Path("models/train/runs/reader"))
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--peak", type=float, default=2e-3, help="the highest learning rate")
    parser.add_argument("--real-share", type=float, default=0.4)
    parser.add_argument("--two-rows", type=float, default=0.0, help="share of generated plates made to have two rows")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--check", type=int, default=500, help="steps between looks at the development split")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--start", type=Path, default=None, help="a checkpoint whose averaged weights to begin with")
    train(parser.parse_args())
