"""How two ways of doing a thing compare that were timed in turn, run by run."""

from collections.abc import Sequence

import numpy as np

from benchmarks.judging.intervals import LEVEL, RESAMPLES, Interval


def ratio_of_medians(times: Sequence[float], of: Sequence[float], seed: int) -> Interval:
    """The median of `times` over that of `of`, which were measured in turn: entry k of both in the same run.

    Runs are drawn anew with replacement, both entries of a run together, so that what slows a run slows both. Raises
    ValueError for fewer than two runs, or lists of two lengths.
    """
    pairs = np.column_stack([np.asarray(times, np.float64), np.asarray(of, np.float64)])
    if len(pairs) < 2:
        raise ValueError("a ratio's interval needs at least two runs")
    rng = np.random.default_rng(seed)
    drawn = np.median(pairs[rng.integers(0, len(pairs), (RESAMPLES, len(pairs)))], axis=1)
    ratios = drawn[:, 0] / drawn[:, 1]
    middle = np.median(pairs, axis=0)
    value = float(middle[0] / middle[1])
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return Interval(value, min(float(low), value), max(float(high), value), float(ratios.std(ddof=1)))
