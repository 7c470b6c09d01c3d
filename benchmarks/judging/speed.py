"""What a candidate costs: time, processor, memory and energy, from what its processes noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.judging.intervals import Interval, Numbers, quantile
from benchmarks.run_folder import Prediction, ProcessRun, Stage

STAGES: tuple[Stage, ...] = ("decode", "detect", "rectify", "read")


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds a photo, warmed up; what could not be measured is None.

    `stages` holds medians; `cold_ms` runs from starting the process to the first photo read, `warm_ms` is that photo
    again (medians over processes). `images_a_core_s` is photos for each second of processor time. `joules_a_photo`
    holds loading and warming up too. `loads` says what ran: provider and precision.
    """

    p50: Interval | None
    p95: Interval | None
    p99: float | None
    photos_timed: int
    stages: Mapping[str, float]
    cold_ms: float | None
    warm_ms: float | None
    images_a_core_s: float | None
    megabytes: float | None
    peak_rss_mb: float | None
    joules_a_photo: float | None
    loads: tuple[str, ...]


def measure(
    rounds: Sequence[Sequence[Prediction]], processes: Sequence[ProcessRun], model_bytes: int | None, seed: int
) -> Speed:
    """From each photo's predictions, one a round, and from the processes that made them."""
    totals = total_ms(rounds)
    has_times = not bool(np.isnan(totals).all())
    read = [prediction for photo in rounds for prediction in photo]
    cpu = [prediction.cpu_ms for prediction in read if prediction.cpu_ms is not None]
    stages = {stage: [p.ms[stage] for p in read if stage in p.ms] for stage in STAGES}
    loads = dict.fromkeys(" ".join(filter(None, (process.provider, process.precision))) for process in processes)
    return Speed(
        quantile(totals, 0.5, seed) if has_times else None,
        quantile(totals, 0.95, seed) if has_times else None,
        float(np.nanquantile(totals, 0.99)) if has_times else None,
        int((~np.isnan(totals)).sum()),
        {stage: median(times) for stage, times in stages.items() if times},
        median(process.cold_ms for process in processes) if processes else None,
        median(process.warm_ms for process in processes) if processes else None,
        1000 * len(cpu) / sum(cpu) if cpu and sum(cpu) > 0 else None,
        None if model_bytes is None else model_bytes / 1e6,
        max(process.peak_rss_bytes for process in processes) / 1e6 if processes else None,
        _joules_a_photo(processes),
        tuple(load for load in loads if load),
    )


def _joules_a_photo(processes: Sequence[ProcessRun]) -> float | None:
    """Over the photos of the processes that ended: what a killed one used, nobody noted."""
    known = [(p.joules, p.photos) for p in processes if p.joules is not None and p.photos is not None]
    photos = sum(photos for _, photos in known)
    return sum(joules for joules, _ in known) / photos if photos and len(known) == len(processes) else None


def total_ms(rounds: Sequence[Sequence[Prediction]]) -> Numbers:
    """Milliseconds (photos, rounds); NaN where a photo failed or its time is unknown."""
    return np.array([[prediction.ms.get("total", np.nan) for prediction in photo] for photo in rounds])


def cpu_ms(rounds: Sequence[Sequence[Prediction]]) -> Numbers:
    """Processor milliseconds (photos, rounds); NaN where they are unknown."""
    return np.array([[np.nan if p.cpu_ms is None else p.cpu_ms for p in photo] for photo in rounds])
