"""How a training run went, from the log it kept: `log.csv` of the reader, `dev.csv` of the detector."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cards.errors import BadTrainingLog

MOST = 12
"""Rows that are shown of a log."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the development split: after how many steps, and how many of its plates were read or found."""

    step: int
    right: int
    total: int


def reader_curve(log: Path) -> list[Look]:
    """The looks of a reader's run: each row ends in `set=right/total`. Raises BadTrainingLog."""
    looks = []
    for row in _rows(log):
        scores = [
            cell.partition("=")[2].split("/") for cell in row if "=" in cell and not cell.startswith("generated=")
        ]
        looks.append(_look(log, row, [(score[0], score[-1]) for score in scores]))
    return _thinned(looks)


def detector_curve(log: Path) -> list[Look]:
    """The looks of a detector's run: rows of step, set, plates, found and more. Raises BadTrainingLog."""
    steps: dict[str, list[tuple[str, str]]] = {}
    for row in _rows(log):
        if len(row) < 4:
            raise BadTrainingLog(f"{log}: {','.join(row)} is no row of a detector's dev.csv; give the run's own file")
        if row[1] != "composed":
            steps.setdefault(row[0], []).append((row[3], row[2]))
    return _thinned([_look(log, [step], scores) for step, scores in steps.items()])


def _rows(log: Path) -> list[list[str]]:
    try:
        with log.open(encoding="utf-8", newline="") as lines:
            return [row for row in csv.reader(lines) if row]
    except OSError as error:
        raise BadTrainingLog(f"cannot read {log} ({error.strerror}); name the log of a training run") from error


def _look(log: Path, row: Sequence[str], scores: Sequence[tuple[str, str]]) -> Look:
    try:
        return Look(int(row[0]), sum(int(right) for right, _ in scores), sum(int(total) for _, total in scores))
    except ValueError as error:
        raise BadTrainingLog(f"{log}: {','.join(row)} is no row of a training run's log ({error})") from error


def _thinned(looks: list[Look]) -> list[Look]:
    """At most MOST looks, the first and the last among them."""
    if len(looks) <= MOST:
        return looks
    return [looks[round(place * (len(looks) - 1) / (MOST - 1))] for place in range(MOST)]
