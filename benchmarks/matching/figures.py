"""What visits say of each rival, with intervals over recorded reads: one drawn a thousand times is still one read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.judging.intervals import LEVEL, RESAMPLES, Numbers
from benchmarks.matching.simulation import Exit

FEWER_TRAPPED = 5.0
MOST_WRONG = 1.0
"""The bars: so many times fewer trapped than by exact text, and at most so many wrong opens in 10,000 visits."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Cases in 10,000 visits, with the ends of the 95 % interval; `count` is how many there were."""

    count: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RivalFigures:
    """How one rival fared. `trapped`: vehicles with a stay for which it needed a person. `wrong`: opened for another
    vehicle's stay. `trapped_twins`: those of `trapped` that are somebody's twin."""

    name: str
    trapped: Rate
    wrong: Rate
    trapped_twins: int


def figures(names: Sequence[str], exits: Sequence[Exit], patterns: int, seed: int) -> list[RivalFigures]:
    """The figures of all rivals; `patterns` is how many patterns there were to be read by."""
    chance = np.random.default_rng(seed)
    weights = chance.multinomial(patterns, np.full(patterns, 1 / patterns), RESAMPLES).astype(np.float64)
    ends = np.array([(each.entry, each.exit) for each in exits], dtype=np.intp)
    pairs = np.zeros((patterns, patterns))
    np.add.at(pairs, (ends[:, 0], ends[:, 1]), 1.0)
    visits = _weighed(weights, pairs)
    found = []
    for number, name in enumerate(names):
        trapped = np.array([each.has_stay and each.choices[number] is None for each in exits])
        wrong = np.array([each.choices[number] is False for each in exits])
        twins = sum(each.has_twin for each, is_trapped in zip(exits, trapped, strict=True) if is_trapped)
        rates = [_rate(mask, ends, weights, visits, len(exits)) for mask in (trapped, wrong)]
        found.append(RivalFigures(name, rates[0], rates[1], twins))
    return found


def missed_bars(found: Sequence[RivalFigures]) -> list[str]:
    """What openlot's figures, the last, fall short of; the first are those of exact text, then of edit distance."""
    exact, edits, own = found
    missed = []
    if own.trapped.count * FEWER_TRAPPED > exact.trapped.count:
        missed.append(
            f"trapped {own.trapped.count}, exact text {exact.trapped.count}: not {FEWER_TRAPPED:g} times fewer"
        )
    if own.wrong.value > MOST_WRONG:
        missed.append(f"{own.wrong.value:.2f} wrong opens in 10,000: more than {MOST_WRONG:g}")
    if own.trapped.count >= edits.trapped.count:
        missed.append(f"trapped {own.trapped.count}: not fewer than by edit distance, {edits.trapped.count}")
    if own.wrong.count >= edits.wrong.count:
        missed.append(f"wrong opens {own.wrong.count}: not fewer than by edit distance, {edits.wrong.count}")
    return missed


def _rate(mask: NDArray[np.bool_], ends: NDArray[np.intp], weights: Numbers, visits: Numbers, count: int) -> Rate:
    pairs = np.zeros((weights.shape[1], weights.shape[1]))
    np.add.at(pairs, (ends[mask][:, 0], ends[mask][:, 1]), 1.0)
    # With few reads a resample may hold no pair by which a visit was read: it says nothing.
    there = visits > 0
    rates = 10_000 * _weighed(weights, pairs)[there] / visits[there]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(rates, [tail, 1 - tail])
    value = 10_000 * int(mask.sum()) / count
    return Rate(int(mask.sum()), value, min(float(low), value), max(float(high), value))


def _weighed(weights: Numbers, pairs: Numbers) -> Numbers:
    """The total of `pairs` (patterns, patterns) for each row of `weights` (resamples, patterns)."""
    return np.asarray(((weights @ pairs) * weights).sum(axis=1), dtype=np.float64)
