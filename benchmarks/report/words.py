"""Numbers and settings as a report prints them."""

import re
from collections.abc import Iterable, Mapping

from benchmarks.judging.figures import CandidateFigures
from benchmarks.judging.intervals import Interval
from benchmarks.judging.measures import MEASURES, Measure

UNKNOWN = "–"
_FOLDERS = re.compile(r"(?<![\w$}.~])(?:~|\.\.?)?/(?:[^\s/'\"]+/)*(?=[^\s/'\"])")
_BY_NAME = {measure.name: measure for measure in MEASURES}


def measure_named(name: str) -> Measure:
    """The measure of a name."""
    return _BY_NAME[name]


def value(measure: Measure, interval: Interval | None) -> str:
    """A figure: per cent with one decimal, or a number with two."""
    return UNKNOWN if interval is None else _number(measure, interval.value)


def ends(measure: Measure, interval: Interval | None) -> str:
    """The ends of its interval, empty where there is none."""
    return "" if interval is None else f"{_number(measure, interval.low)} to {_number(measure, interval.high)}"


def amount(number: float | None, decimals: int = 0) -> str:
    """A plain number."""
    return UNKNOWN if number is None else f"{number:,.{decimals}f}"


def counted(number: int, thing: str) -> str:
    """How many there are of a thing."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def milliseconds(ms: float | None) -> str:
    """Three digits' worth of milliseconds."""
    return UNKNOWN if ms is None else f"{ms:,.{0 if ms >= 100 else 1 if ms >= 10 else 2}f}"


def settings(candidate: CandidateFigures) -> str:
    """A candidate's settings in one line."""
    return ", ".join(f"{key} = {told(fact)}" for key, fact in candidate.settings.items())


def told(fact: object) -> str:
    """One fact of a machine or setting."""
    if isinstance(fact, Mapping):
        return ", ".join(f"{key} {told(part)}" for key, part in fact.items())
    if isinstance(fact, str) or not isinstance(fact, Iterable):
        return UNKNOWN if fact is None else str(fact)
    return " ".join(map(told, fact))


def machine(facts: Mapping[str, object]) -> str:
    """The facts of a machine in one line."""
    return "; ".join(f"{key.replace('_', ' ')} {told(fact)}" for key, fact in map(_gigabytes, facts.items()))


def without_folders(words: str) -> str:
    """A command or setting without the folders of this machine: `/home/ann/photos/val` becomes `…/val`."""
    return _FOLDERS.sub("…/", words)


def _number(measure: Measure, number: float) -> str:
    return f"{100 * number:.1f}" if measure.unit == "%" else f"{number:.2f}"


def _gigabytes(fact: tuple[str, object]) -> tuple[str, object]:
    key, number = fact
    if key.endswith("_bytes") and isinstance(number, int):
        return key.removesuffix("_bytes"), f"{number / 1e9:.1f} GB"
    return fact
