"""Run folders as `openlot bench run` leaves them, for tests: photos, two candidates and what each read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.run_folder import (
    Failure,
    Prediction,
    ProcessRun,
    ReadPlate,
    Run,
    RunCandidate,
    RunDataset,
    RunFolder,
    now,
)
from benchmarks.types import Sample, TruePlate
from vision.types import Box

BOX = Box(40.0, 60.0, 140.0, 90.0)


def true_plate(text: str) -> TruePlate:
    """A plate at BOX."""
    return TruePlate(text, BOX)


def read_plate(text: str, confidence: float = 0.9, box: Box | None = BOX) -> ReadPlate:
    """A text that was reported at BOX."""
    return ReadPlate(text, text, confidence, box)


def held_back(guess: str, confidence: float = 0.2) -> ReadPlate:
    """A plate at BOX that was seen and not read well enough."""
    return ReadPlate(None, guess, confidence, BOX)


def prediction(
    sample: str, *plates: ReadPlate, number: int = 0, ms: float = 20.0, cpu: float | None = 18.0
) -> Prediction:
    """What was read on a photo."""
    times = {"decode": 0.2 * ms, "detect": 0.5 * ms, "read": 0.3 * ms, "total": ms}
    return Prediction(sample, number, plates, times, cpu, None)


def failed(sample: str, number: int = 0) -> Prediction:
    """A photo that a candidate failed on."""
    return Prediction(sample, number, (), {}, None, Failure("unreadable_image", f"{sample} is no picture"))


def process(number: int = 0, provider: str | None = "cpu", photos: int = 40) -> ProcessRun:
    """What a process cost."""
    return ProcessRun(number, 900.0, 25.0, 200_000_000, 3.0, 2.5, 12.0, provider, "int8", photos)


Reads = Callable[[Sample, int], Prediction]
"""What a candidate reads on a photo in a round."""


@dataclass(frozen=True)
class Given:
    """A candidate of a made run."""

    name: str
    reads: Reads
    provider: str | None = "cpu"
    settings: Mapping[str, str | int] = field(default_factory=lambda: {"detector": "plates", "threads": 1})


def make_run(
    folder: Path, samples: Sequence[Sample], candidates: Sequence[Given], rounds: int = 1, machine: str = "bench-1"
) -> RunFolder:
    """A finished run over `samples`, whose photos lie in `folder`/photos."""
    made = RunFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(
        1,
        now(),
        f"openlot bench run --data {folder / 'photos'} --out {folder}",
        rounds,
        7,
        {"processor": machine, "cores": 2, "memory_bytes": 8_000_000_000, "load_before": float(len(candidates))},
        tuple(RunCandidate(given.name, "openlot", given.settings, 4_000_000) for given in candidates),
        RunDataset(str(folder / "photos"), "truth.json", len(samples)),
    )
    made.begin(run, samples)
    for given in candidates:
        for number in range(rounds):
            made.add_predictions(given.name, [given.reads(sample, number) for sample in samples])
            made.add_process(given.name, process(number, given.provider, len(samples)))
    return made


def make_samples(folder: Path, texts: Sequence[str], conditions: Callable[[int], Mapping[str, str]]) -> list[Sample]:
    """Photos 0.jpg, 1.jpg and so on in `folder`/photos with one plate each; none where the text is empty."""
    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    return [
        Sample(f"{i}.jpg", photos / f"{i}.jpg", (true_plate(text),) if text else (), conditions(i))
        for i, text in enumerate(texts)
    ]


def draw_photos(samples: Sequence[Sample]) -> None:
    """Writes a grey picture with a light plate at BOX for every sample."""
    for i, sample in enumerate(samples):
        picture = np.full((120, 180, 3), 60 + 10 * (i % 5), np.uint8)
        picture[60:90, 40:140] = (200, 210, 220)
        cv2.imwrite(str(sample.path), picture)
