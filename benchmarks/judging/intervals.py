"""How far a figure can be trusted: bootstrap intervals over photos.

Photos are drawn anew with replacement (B. Efron, 1979), all that belongs to a photo together: its plates, its rounds,
both candidates that are compared. A figure is a function of its columns' totals. Two imagined photos are drawn along,
one for the figure and one against it: without them, 50 right of 50 would have an interval of no width. D. Bonett and
R. Price (2012) add the same to paired shares.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
LEVEL = 0.95
_CELLS_AT_ONCE = 1_000_000

Numbers = NDArray[np.float64]
Statistic = Callable[[Numbers], Numbers]
"""From totals (..., columns) to a figure (...)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the ends of its 95 % interval; `error` is its standard error."""

    value: float
    low: float
    high: float
    error: float


def interval(columns: Numbers, imagined: Numbers, statistic: Statistic, seed: int) -> Interval:
    """The figure of `columns` (photos, columns) and its percentile interval, `imagined` (n, columns) drawn along.

    The same seed gives the same ends. The interval always holds the figure itself.
    """
    value = float(statistic(columns.sum(axis=0)))
    drawn = np.concatenate([columns, imagined])
    figures = statistic(_resampled_totals(drawn, seed))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(figures, [tail, 1 - tail])
    return Interval(value, min(float(low), value), max(float(high), value), float(figures.std(ddof=1)))


def share(right: Numbers, of: Numbers, seed: int) -> Interval | None:
    """The share of the total of `right` (photos,) in that of `of` (photos,); None where `of` is nothing."""
    if not of.sum():
        return None
    there = of > 0
    mean = float(of[there].mean())
    imagined = np.array([[0.0, mean], [mean, mean]])
    return interval(np.column_stack([right, of])[there], imagined, ratio, seed)


def rate(count: Numbers, of: Numbers, seed: int) -> Interval | None:
    """As `share`, of what may occur more than once: the imagined photo against it has one."""
    if not of.sum():
        return None
    there = of > 0
    mean = float(of[there].mean())
    imagined = np.array([[0.0, mean], [1.0, mean]])
    return interval(np.column_stack([count, of])[there], imagined, ratio, seed)


def quantile(rows: Numbers, of: float, seed: int) -> Interval:
    """A quantile (0..1) of the values of all photos, `rows` (photos, rounds), NaN where there is none.

    A round or photo without a value is left out; at least one value must be there.
    """
    value = float(np.nanquantile(rows, of))
    rng = np.random.default_rng(seed)
    drawn = rows[~np.isnan(rows).all(axis=1)]
    figures = [np.nanquantile(drawn[rng.integers(0, len(drawn), len(drawn))], of) for _ in range(RESAMPLES // 10)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(figures, [tail, 1 - tail])
    return Interval(value, min(float(low), value), max(float(high), value), float(np.std(figures, ddof=1)))


def ratio(totals: Numbers) -> Numbers:
    """The first column's total over the second's."""
    return np.asarray(totals[..., 0] / totals[..., 1], dtype=np.float64)


def _resampled_totals(rows: Numbers, seed: int) -> Numbers:
    """Totals (RESAMPLES, columns) of as many rows as there are, drawn with replacement."""
    rng = np.random.default_rng(seed)
    count, columns = rows.shape
    at_once = max(1, _CELLS_AT_ONCE // (count * columns))
    parts = [
        rows[rng.integers(0, count, (min(at_once, RESAMPLES - done), count))].sum(axis=1)
        for done in range(0, RESAMPLES, at_once)
    ]
    return np.concatenate(parts)
