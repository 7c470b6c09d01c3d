"""Whether two candidates that read the same photos differ, and how many photos it takes to tell."""

from math import ceil
from statistics import NormalDist

LEVEL, POWER = 0.95, 0.8


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test (1947): of photos that one of two reads and the other does not.

    How likely a split at least as uneven is where both read equally well; 1 where they never differ.
    """
    differ = only_first + only_second
    fewer = min(only_first, only_second)
    term = below = 1
    for k in range(1, fewer + 1):
        term = term * (differ - k + 1) // k
        below += term
    return min(1.0, 2 * below / (1 << differ))


def needed_photos(photos: int, error: float, difference: float) -> int | None:
    """How many photos tell such a difference from none, at 95 % and in four of five trials (power 0.8).

    From the standard error that `photos` photos gave: errors shrink with the root of the count. None where there is
    no difference to be told.
    """
    if difference == 0:
        return None
    normal = NormalDist()
    distance = normal.inv_cdf((1 + LEVEL) / 2) + normal.inv_cdf(POWER)
    return ceil(photos * (distance * error / difference) ** 2)
