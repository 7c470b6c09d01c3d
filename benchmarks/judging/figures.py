"""All figures of a run, from its folder."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.cards.edits import edit_marks, nearest
from benchmarks.cards.reliability import Judged
from benchmarks.judging.calibration import Calibration, calibrate
from benchmarks.judging.comparison import Comparison, compare
from benchmarks.judging.confusion import Confusion, confusion
from benchmarks.judging.intervals import Interval
from benchmarks.judging.measures import BY_CONDITION, MEASURES, Measure
from benchmarks.judging.reads import CandidateReads, read_candidate
from benchmarks.judging.speed import Speed, measure
from benchmarks.run_folder import Prediction, Run, RunFolder
from benchmarks.types import Sample

Figures = Mapping[str, Interval | None]
"""By a measure's name; None where there is nothing to count."""
BOXED = ("found", "precision")
"""Measures that need a candidate's boxes."""


@dataclass(frozen=True, slots=True)
class ConditionFigures:
    """The figures of the photos that were taken under one condition."""

    condition: str
    value: str
    photos: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Mistake:
    """A photo that counts as wrong in the first round, and its marks, which name no plate."""

    number: int
    """Its place in the data set, from 1."""
    sample: Sample
    prediction: Prediction
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CandidateFigures:
    """One candidate: every measure, by condition too, its calibration, confusions, speed and mistakes."""

    name: str
    kind: str
    settings: Mapping[str, object]
    figures: Figures
    conditions: tuple[ConditionFigures, ...]
    calibration: Calibration
    confusion: Confusion
    speed: Speed
    unsteady: int
    mistakes: tuple[Mistake, ...]

    @property
    def marks(self) -> Counter[str]:
        """How often each mark occurs."""
        return Counter(mark for mistake in self.mistakes for mark in mistake.marks)


@dataclass(frozen=True, slots=True)
class RunFigures:
    """All candidates of a run in its order, and each of the others against `baseline`."""

    run: Run
    photos: int
    plates: int
    baseline: str
    worth: float
    candidates: tuple[CandidateFigures, ...]
    comparisons: tuple[Comparison, ...]


def figures_of(folder: RunFolder, baseline: str | None, worth: float) -> RunFigures:
    """Judge a finished run; without a `baseline` the others are compared with its first candidate.

    `worth` is what a doubling of cost must bring, in points. Raises BadRunFolder, UnfinishedRun.
    """
    run, samples = folder.run(), folder.samples()
    reads = {c.name: read_candidate(folder, run, samples, c.name) for c in run.candidates}
    base = read_candidate(folder, run, samples, baseline or run.candidates[0].name)
    others = [other for name, other in reads.items() if name != base.candidate.name]
    return RunFigures(
        run,
        len(samples),
        sum(len(sample.truth) for sample in samples),
        base.candidate.name,
        worth,
        tuple(candidate_figures(read) for read in reads.values()),
        tuple(compare(base, other, worth) for other in others),
    )


def candidate_figures(reads: CandidateReads) -> CandidateFigures:
    """All figures of one candidate."""
    first = [rounds[0] for rounds in reads.outcomes]
    answers: list[Judged | None] = [photo.answer for photo in first if photo.plates]
    has_boxes = any(plate.box is not None for rounds in reads.predictions for p in rounds for plate in p.plates)
    return CandidateFigures(
        reads.candidate.name,
        reads.candidate.kind,
        reads.candidate.settings,
        _figures(reads, MEASURES, range(len(first)), has_boxes),
        _by_condition(reads, has_boxes),
        calibrate([judged for photo in first for judged in photo.reported], answers),
        confusion(plate for photo in first for plate in photo.plates),
        measure(reads.predictions, reads.processes, reads.candidate.bytes, reads.seed),
        reads.unsteady,
        _mistakes(reads),
    )


def _figures(reads: CandidateReads, measures: Sequence[Measure], places: Sequence[int], has_boxes: bool) -> Figures:
    outcomes = [reads.outcomes[place] for place in places]
    return {
        each.name: each.over(outcomes, reads.seed) if has_boxes or each.name not in BOXED else None for each in measures
    }


def _by_condition(reads: CandidateReads, has_boxes: bool) -> tuple[ConditionFigures, ...]:
    """Conditions in the order in which the photos name them, values by the numbers in them, then by their words."""
    places: dict[str, dict[str, list[int]]] = {}
    for place, sample in enumerate(reads.samples):
        for condition, value in sample.conditions.items():
            places.setdefault(condition, {}).setdefault(value, []).append(place)
    return tuple(
        ConditionFigures(condition, value, len(found), _figures(reads, BY_CONDITION, found, has_boxes))
        for condition, values in places.items()
        for value, found in sorted(
            values.items(), key=lambda named: ([*map(int, re.findall(r"\d+", named[0]))], named[0])
        )
    )


def _mistakes(reads: CandidateReads) -> tuple[Mistake, ...]:
    """The photos that are wrong in the first round: what was reported first, the surest of it first."""
    wrong = [
        Mistake(place + 1, sample, rounds[0], _marks(sample, rounds[0]))
        for place, (sample, rounds) in enumerate(zip(reads.samples, reads.predictions, strict=True))
        if not reads.outcomes[place][0].is_top1
    ]
    return tuple(sorted(wrong, key=_doubt))


def _doubt(mistake: Mistake) -> float:
    return -max((plate.confidence for plate in mistake.prediction.plates if plate.text is not None), default=-1.0)


def _marks(sample: Sample, prediction: Prediction) -> tuple[str, ...]:
    """What went wrong on one photo, without naming a plate."""
    true = [plate.text for plate in sample.truth]
    if prediction.error is not None:
        return (f"failed: {prediction.error.code}",)
    if not true:
        return ("a text where there is no plate",)
    if not prediction.plates:
        return ("not found",)
    best = max(prediction.plates, key=lambda plate: (plate.text is not None, plate.confidence))
    marks = tuple(edit_marks(nearest(best.text or best.guess, true), best.text or best.guess))
    if best.text is not None:
        return marks
    return ("held back, and right",) if not marks else ("held back",)
