"""From the files of runs at the gate to figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.gate.errors import BadGateRuns
from benchmarks.gate.gate_folder import GateFolder, GateRun, Visit
from benchmarks.gate.scenario import HELD_AGAINST, ONE_AT_A_TIME, Scenario
from benchmarks.judging.intervals import LEVEL, RESAMPLES, Interval, Numbers
from benchmarks.metrics import same_plate


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median wait of a scenario over that of `against`, with as many lanes, from `rounds` rounds that hold both."""

    against: Scenario
    rounds: int
    of_medians: Interval


@dataclass(frozen=True, slots=True)
class GateFigures:
    """One scenario with so many lanes, over all its runs.

    `relay_ms` holds the 50th, 95th and 99th percentile from the arming loop to the relay, over the vehicles that it
    opened for (None: for none). `frames_ms`, `read_ms` and `rest_ms` are medians of its parts: until the burst is
    decoded, from there until the plate is read, and from there to the relay (photo, decision and store). `missed`
    vehicles have no confirmed passage in the store. `top1` is the share of vehicles that were taken for what they are.
    `reads_an_hour` are of the lot, `vehicles_an_hour` of one lane. `alerts` were left open in the store.
    """

    scenario: Scenario
    lanes: int
    runs: int
    vehicles: int
    missed: int
    top1: float
    relay_ms: tuple[float, float, float] | None
    frames_ms: float | None
    read_ms: float | None
    rest_ms: float | None
    reads_an_hour: float
    vehicles_an_hour: float
    longest_wait_behind_ms: float
    load: tuple[float, float]
    alerts: tuple[str, ...]
    ratios: tuple[Ratio, ...]


def figures(folder: GateFolder) -> list[GateFigures]:
    """By number of lanes, then by scenario. Raises BadGateRuns."""
    plan, runs, visits = folder.plan(), folder.runs(), folder.visits()
    if len(runs) < plan.all_runs:
        raise BadGateRuns(f"{folder.path} has {len(runs)} of {plan.all_runs} runs: give the same command again")
    by_run = {run.run: [visit for visit in visits if visit.run == run.run] for run in runs}
    for run in runs:
        if len(by_run[run.run]) != run.vehicles or not run.vehicles:
            raise BadGateRuns(f"{folder.path} lacks visits of {run.run}: run `openlot bench gate --photos` again")
    waits = {
        (scenario, lanes): [_waits(by_run[run.run]) for run in _of(runs, scenario, lanes)]
        for scenario in plan.scenarios
        for lanes in plan.lanes
    }
    found = []
    for lanes in plan.lanes:
        for scenario in plan.scenarios:
            chosen = _of(runs, scenario, lanes)
            ratios = [
                Ratio(against, len(chosen), held)
                for against in HELD_AGAINST[scenario]
                if (held := ratio_of_medians(*_sides(waits, lanes, scenario, against), plan.seed))
            ]
            seen = [visit for run in chosen for visit in by_run[run.run]]
            found.append(_figures(scenario, lanes, chosen, seen, ratios))
    return found


def ratio_of_medians(first: Sequence[Numbers], second: Sequence[Numbers], paired: bool, seed: int) -> Interval | None:
    """Median of all in `first` over that in `second`, both one array (vehicles,) a round, round by round.

    Bootstrapped in two steps: rounds are drawn, both arrays of a round together, since what goes on in the machine
    hits both; then vehicles within each, `paired` ones together too: the same vehicle, arriving alike, on both sides.
    NaN is a vehicle without a wait; it is left out, of both sides where they are paired. None where there is nothing
    to compare.
    """
    rounds = []
    for above, below in zip(first, second, strict=False):
        known = ~np.isnan(above), ~np.isnan(below)
        if paired:
            known = (known[0] & known[1],) * 2
        if known[0].any() and known[1].any():
            rounds.append((above[known[0]], below[known[1]]))
    if not rounds or len(first) != len(second):
        return None
    rng = np.random.default_rng(seed)
    drawn = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        sides: tuple[list[Numbers], list[Numbers]] = ([], [])
        for place in rng.integers(0, len(rounds), len(rounds)):
            above, below = rounds[place]
            places = rng.integers(0, above.size, above.size)
            sides[0].append(above[places])
            sides[1].append(below[places if paired else rng.integers(0, below.size, below.size)])
        drawn[number] = np.median(np.concatenate(sides[0])) / np.median(np.concatenate(sides[1]))
    value = float(np.median(np.concatenate([a for a, _ in rounds])) / np.median(np.concatenate([b for _, b in rounds])))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(value, min(float(low), value), max(float(high), value), float(drawn.std(ddof=1)))


def _sides(
    waits: Mapping[tuple[Scenario, int], Sequence[Numbers]], lanes: int, scenario: Scenario, against: Scenario
) -> tuple[Sequence[Numbers], Sequence[Numbers], bool]:
    """Both scenarios' waits round by round, and whether their vehicles are pairs."""
    return waits[scenario, lanes], waits.get((against, lanes), []), {scenario, against} <= ONE_AT_A_TIME


def _figures(
    scenario: Scenario, lanes: int, runs: Sequence[GateRun], visits: Sequence[Visit], ratios: Sequence[Ratio]
) -> GateFigures:
    waits = _waits(visits)
    waits = waits[~np.isnan(waits)]
    hours = sum(run.seconds for run in runs) / 3600
    p50, p95, p99 = np.percentile(waits, [50, 95, 99]) if waits.size else (0.0, 0.0, 0.0)
    return GateFigures(
        scenario,
        lanes,
        len(runs),
        len(visits),
        sum(run.vehicles - run.confirmed for run in runs),
        sum(map(_is_right, visits)) / len(visits),
        (float(p50), float(p95), float(p99)) if waits.size else None,
        _median([visit.ms["frames"] for visit in visits if "frames" in visit.ms]),
        _median([visit.ms["read"] - visit.ms["frames"] for visit in visits if "read" in visit.ms]),
        _median([visit.ms["relay"] - visit.ms["read"] for visit in visits if {"relay", "read"} <= visit.ms.keys()]),
        sum(run.reads for run in runs) / hours,
        sum(run.confirmed for run in runs) / hours / lanes,
        max(visit.waited_ms for visit in visits),
        (min(run.load_before for run in runs), max(run.load_after for run in runs)),
        tuple(sorted({code for run in runs for code in run.alerts})),
        tuple(ratios),
    )


def _of(runs: Sequence[GateRun], scenario: Scenario, lanes: int) -> list[GateRun]:
    """The runs of a scenario with so many lanes, by their rounds."""
    found = [run for run in runs if run.run.scenario is scenario and run.run.lanes == lanes]
    return sorted(found, key=lambda run: run.run.round)


def _waits(visits: Sequence[Visit]) -> Numbers:
    """Milliseconds (vehicles,) from the loop to the relay, in the order they came; NaN where it did not open."""
    return np.array([visit.ms.get("relay", np.nan) for visit in visits], dtype=np.float64)


def _is_right(visit: Visit) -> bool:
    return visit.plate is not None and any(same_plate(visit.plate, true) for true in visit.true)


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
