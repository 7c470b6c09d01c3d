"""Two candidates on the same photos: who reads more, what that costs, and whether it is worth it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np

from benchmarks.errors import NotComparable
from benchmarks.judging.intervals import Interval, Numbers, interval
from benchmarks.judging.measures import TOP1
from benchmarks.judging.pairs import mcnemar, needed_photos
from benchmarks.judging.reads import CandidateReads
from benchmarks.judging.speed import cpu_ms, total_ms
from benchmarks.run_folder import Prediction, Run

Decision = Literal["switch", "stay", "alike", "unsure"]
CostOf = Literal["processor time", "time", "nothing"]
Measured = Callable[[Sequence[Sequence[Prediction]]], Numbers]
WORTH = 1.0
"""Points of photos read that a doubling of cost must bring, if nothing else is said."""
HARDWARE = ("processor", "cores", "memory_bytes")
"""Facts of a machine that must be the same for costs to be compared."""
ACCELERATORS = ("cuda", "tensorrt", "gpu")
"""Words in the names of providers whose work processor time does not show."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`second` against `first`, over photos read (`TOP1`), in points (hundredths).

    `gain` is what `second` reads more. `cost` is its cost over the first's, by `cost_of`; None where it is unknown.
    `net` is the gain less what the cost must bring, `worth` points for each doubling (halving gives as much).
    `only_first` and `only_second` count photos that one reads in most rounds and the other does not; `p` is McNemar's.
    `more_photos` tell `net` from nothing, or from anything over `worth`; None unless the decision is "unsure".
    """

    first: str
    second: str
    photos: int
    gain: Interval
    cost: Interval | None
    cost_of: CostOf
    worth: float
    net: Interval
    only_first: int
    only_second: int
    p: float
    decision: Decision
    more_photos: int | None


def compare(
    first: CandidateReads, second: CandidateReads, worth: float = WORTH, same_machine: bool = True
) -> Comparison:
    """Compare photo by photo. Costs are left out unless `same_machine`. Raises NotComparable."""
    if [(s.id, s.truth) for s in first.samples] != [(s.id, s.truth) for s in second.samples] or not first.samples:
        raise NotComparable(
            f"{first.candidate.name} and {second.candidate.name} were not given the same photos with the same true "
            "plates; run both on one data set"
        )
    right = np.column_stack([_right(first), _right(second)])
    costs: Numbers = np.ones_like(right)
    cost_of: CostOf = "nothing"
    if same_machine:
        costs, cost_of = _costs(first, second)
    has_cost = cost_of != "nothing"
    columns = np.column_stack([right, np.ones(len(right)), costs])
    imagined = np.tile(columns.mean(axis=0), (2, 1))
    imagined[:, :3] = [[1, 0, 1], [0, 1, 1]]
    gain = interval(columns, imagined, _gain, first.seed)
    cost = interval(columns, imagined, _cost, first.seed) if has_cost else None
    net = interval(columns, imagined, lambda t: _gain(t) - worth * np.log2(_cost(t)), first.seed) if has_cost else gain
    mostly = right > 0.5
    only_first = int((mostly[:, 0] & ~mostly[:, 1]).sum())
    only_second = int((mostly[:, 1] & ~mostly[:, 0]).sum())
    decision = _decide(net, worth)
    return Comparison(
        first.candidate.name,
        second.candidate.name,
        len(right),
        gain,
        cost,
        cost_of,
        worth,
        net,
        only_first,
        only_second,
        mcnemar(only_first, only_second),
        decision,
        _more_photos(len(right), net, worth) if decision == "unsure" else None,
    )


def on_one_machine(first: Run, second: Run) -> bool:
    """Whether two runs were made on machines that are alike."""
    return all(first.machine.get(fact) == second.machine.get(fact) for fact in HARDWARE)


def _gain(totals: Numbers) -> Numbers:
    return np.asarray(100 * (totals[..., 1] - totals[..., 0]) / totals[..., 2])


def _cost(totals: Numbers) -> Numbers:
    return np.asarray(totals[..., 4] / totals[..., 3])


def _right(reads: CandidateReads) -> Numbers:
    """The share of rounds in which each photo was read (photos,)."""
    columns = TOP1.columns(reads.outcomes)
    return columns[:, 0] / columns[:, 1]


def _costs(first: CandidateReads, second: CandidateReads) -> tuple[Numbers, CostOf]:
    """What each photo cost both (photos, 2), and of what; where a photo's is unknown, the mean of the others."""
    ways: list[tuple[CostOf, Measured]] = [("time", total_ms)]
    if not (_is_accelerated(first) or _is_accelerated(second)):
        ways.insert(0, ("processor time", cpu_ms))
    for of, measured in ways:
        costs = np.column_stack([measured(reads.predictions).mean(axis=1) for reads in (first, second)])
        known = ~np.isnan(costs).any(axis=1)
        if known.any() and (costs[known].sum(axis=0) > 0).all():
            costs[~known] = costs[known].mean(axis=0)
            return costs, of
    return np.ones((len(first.samples), 2)), "nothing"


def _is_accelerated(reads: CandidateReads) -> bool:
    providers: Sequence[str] = [process.provider.lower() for process in reads.processes if process.provider]
    return any(word in provider for word in ACCELERATORS for provider in providers)


def _decide(net: Interval, worth: float) -> Decision:
    if net.low > 0:
        return "switch"
    if net.high < 0:
        return "stay"
    return "alike" if max(-net.low, net.high) < worth else "unsure"


def _more_photos(photos: int, net: Interval, worth: float) -> int | None:
    """The fewest further photos after which `net` is likely told from 0, or from what matters (`worth`).

    Two digits of it, upwards: more would pretend to know the error that it rests on better than so few photos tell.
    """
    ways = [needed_photos(photos, net.error, net.value)]
    if abs(net.value) < worth:
        ways.append(needed_photos(photos, net.error, worth - abs(net.value)))
    needed = [way for way in ways if way is not None]
    if not needed:
        return None
    more = max(1, min(needed) - photos)
    place = int(10.0 ** max(0, len(str(more)) - 2))
    return ceil(more / place) * place
