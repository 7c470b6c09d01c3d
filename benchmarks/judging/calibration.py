"""Whether a candidate knows how sure it may be, and what is left if it speaks only when it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cards.reliability import Bin, Judged, reliability

SURE_ENOUGH = 0.99
"""Share of right answers that a gate without a guard may ask for."""


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """If nothing below `confidence` were answered: the share of photos answered, and the share of answers right."""

    confidence: float
    coverage: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`error` is the expected calibration error (0..1); None where nothing was reported.

    `covered` is the largest share of photos that can be answered with SURE_ENOUGH of the answers right.
    """

    error: float | None
    bins: tuple[Bin, ...]
    curve: tuple[CoveragePoint, ...]
    covered: float


def calibrate(reported: Sequence[Judged], answers: Sequence[Judged | None]) -> Calibration:
    """From all texts that were reported, and the surest string of each photo that shows a plate (None: no string)."""
    bins = reliability(reported)
    curve = coverage(answers)
    covered = max((point.coverage for point in curve if point.accuracy >= SURE_ENOUGH), default=0.0)
    return Calibration(expected_error(bins), tuple(bins), tuple(curve), covered)


def expected_error(bins: Sequence[Bin]) -> float | None:
    """The mean distance between a bin's confidence and its share of right reads, weighed by its reads.

    M. Naeini, G. Cooper and M. Hauskrecht (2015), on the bins of `reliability`, which are narrow where reads are sure.
    """
    reads = sum(bin.reads for bin in bins)
    if not reads:
        return None
    return sum(bin.reads * abs(bin.confidence - bin.share) for bin in bins) / reads


def coverage(answers: Sequence[Judged | None]) -> list[CoveragePoint]:
    """A point for each confidence that was given, the surest first; equally sure answers stand or fall together."""
    given = sorted((answer for answer in answers if answer is not None), key=lambda answer: -answer.confidence)
    points: list[CoveragePoint] = []
    right = 0
    for place, answer in enumerate(given, 1):
        right += answer.is_right
        if place == len(given) or given[place].confidence < answer.confidence:
            points.append(CoveragePoint(answer.confidence, place / len(answers), right / place))
    return points
