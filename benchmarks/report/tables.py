"""The report's two tables, as printed cells: figures down, candidates across."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.judging.figures import CandidateFigures
from benchmarks.judging.speed import STAGES
from benchmarks.report import words

ACCURACY = (
    "top1",
    "top1_exact",
    "plates_read",
    "plates_exact",
    "plates_without_province",
    "plates_within_one",
    "character_error_rate",
    "found",
    "precision",
    "false_texts",
    "failed",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What is printed, its interval below it, and whether others are worse and none is better."""

    text: str
    ends: str = ""
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its title, its unit and one cell a candidate."""

    title: str
    unit: str
    cells: tuple[Cell, ...]

    @property
    def is_known(self) -> bool:
        """Whether any candidate's figure is known."""
        return any(cell.text != words.UNKNOWN for cell in self.cells)


def accuracy_rows(candidates: Sequence[CandidateFigures]) -> list[Row]:
    """Every measure, then the calibration error and how many photos can be answered with 99 % right."""
    rows = []
    for name in ACCURACY:
        measure = words.measure_named(name)
        figures = [candidate.figures[name] for candidate in candidates]
        known = [figure.value for figure in figures if figure is not None]
        best = _best(known, max if measure.better == "more" else min)
        cells = tuple(
            Cell(words.value(measure, f), words.ends(measure, f), f is not None and f.value == best) for f in figures
        )
        rows.append(Row(measure.title, "%" if measure.unit == "%" else "", cells))
    errors = [candidate.calibration.error for candidate in candidates]
    rows.append(_plain("calibration error (ECE)", "", errors, lambda error: words.amount(error, 3), min))
    covered = [100 * candidate.calibration.covered for candidate in candidates]
    rows.append(_plain("answered at 99 % right", "%", covered, lambda share: words.amount(share, 1), max))
    return rows


def cost_rows(candidates: Sequence[CandidateFigures]) -> list[Row]:
    """Time, processor, memory and energy."""
    speeds = [candidate.speed for candidate in candidates]
    ms, number, mb = words.milliseconds, lambda n: words.amount(n, 1), words.amount
    rows = []
    for title, intervals in (("p50", [s.p50 for s in speeds]), ("p95", [s.p95 for s in speeds])):
        fastest = _best([i.value for i in intervals if i is not None], min)
        cells = tuple(
            Cell(words.UNKNOWN) if i is None else Cell(ms(i.value), f"{ms(i.low)} to {ms(i.high)}", i.value == fastest)
            for i in intervals
        )
        rows.append(Row(title, "ms", cells))
    return [
        *rows,
        _plain("p99", "ms", [speed.p99 for speed in speeds], ms, min),
        *[
            _plain(stage, "ms", [speed.stages.get(stage) for speed in speeds], ms, min)
            for stage in STAGES
            if any(stage in speed.stages for speed in speeds)
        ],
        _plain("cold start", "ms", [speed.cold_ms for speed in speeds], ms, min),
        _plain("first photo again", "ms", [speed.warm_ms for speed in speeds], ms, min),
        _plain("images a second and core", "", [speed.images_a_core_s for speed in speeds], number, max),
        _plain("models", "MB", [speed.megabytes for speed in speeds], number, min),
        _plain("peak memory", "MB", [speed.peak_rss_mb for speed in speeds], mb, min),
        _plain("energy a photo", "J", [speed.joules_a_photo for speed in speeds], lambda n: words.amount(n, 2), min),
    ]


def known(rows: Sequence[Row]) -> list[Row]:
    """The rows that say something."""
    return [row for row in rows if row.is_known]


def unknown(rows: Sequence[Row]) -> list[str]:
    """The titles of the others."""
    return [row.title for row in rows if not row.is_known]


def _plain(
    title: str,
    unit: str,
    numbers: Sequence[float | None],
    printed: Callable[[float | None], str],
    best_of: Callable[[list[float]], float],
) -> Row:
    known = [number for number in numbers if number is not None]
    best = _best(known, best_of)
    return Row(title, unit, tuple(Cell(printed(n), is_best=n is not None and n == best) for n in numbers))


def _best(known: list[float], best_of: Callable[[list[float]], float]) -> float | None:
    """The best of the numbers; None where all are the same, so that none stands out."""
    return best_of(known) if len(set(known)) > 1 else None
