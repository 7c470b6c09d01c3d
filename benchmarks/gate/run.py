"""All runs at the gate: round by round every scenario with every number of lanes, so that a noisy machine hits all
alike.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.gate.gate_folder import STORE, GateFolder, GatePlan, GateRun, RunKey, Visit
from benchmarks.gate.lot import WatchedLot, config_of, running_lot
from benchmarks.gate.scenario import Scenario
from benchmarks.gate.surroundings import surroundings
from benchmarks.gate.traffic import full_load, one_at_a_time
from benchmarks.gate.vehicles import Vehicle
from lot_server.adapters.vision_child import LookerFactory
from lot_server.config import SiteSection


@dataclass(frozen=True, slots=True)
class GateBench:
    """What is run: the plan, the vehicles of a run with the most lanes, and so many vision workers.

    `site` and `factory` stand in for the default boom and the shipped reader.
    """

    plan: GatePlan
    vehicles: Sequence[Vehicle]
    workers: int
    site: SiteSection | None = None
    factory: LookerFactory | None = None

    async def run(self, folder: GateFolder, tell: Callable[[GateRun, Sequence[Visit]], None]) -> None:
        """Run all that the folder lacks; each run is on disk before the next begins, and told.

        Every run has a new store, in the folder, so that photos and facts are written where the results are. Raises
        LotError, VisionError, BenchmarkError.
        """
        done = folder.begin(self.plan)
        for key in run_order(self.plan):
            if key in done:
                continue
            with tempfile.TemporaryDirectory(dir=folder.path, prefix=STORE) as place:
                run, visits = await self._one(key, Path(place))
            folder.add(run, visits)
            tell(run, visits)

    async def _one(self, key: RunKey, place: Path) -> tuple[GateRun, list[Visit]]:
        config = config_of(place, key.lanes, self.workers)
        if self.site is not None:
            config = replace(config, site=self.site)
        vehicles = self.vehicles[: self.plan.vehicles * key.lanes]
        traffic = full_load if key.scenario is Scenario.FULL else one_at_a_time
        async with (
            running_lot(config, vehicles[0], self.factory) as lot,
            surroundings(key.scenario, lot, place),
        ):
            load_before, start = os.getloadavg()[0], time.perf_counter()
            visits = await traffic(key, lot.lanes, vehicles, self.plan.seed)
            seconds = time.perf_counter() - start
            run = await _seen(key, lot, len(visits), seconds, load_before)
        return run, visits


def run_order(plan: GatePlan) -> list[RunKey]:
    """Every run; each round in an order of its own, by the plan's seed."""
    rng = np.random.default_rng(plan.seed)
    order = []
    for number in range(plan.runs):
        keys = [RunKey(scenario, lanes, number) for lanes in plan.lanes for scenario in plan.scenarios]
        order += [keys[place] for place in rng.permutation(len(keys))]
    return order


async def _seen(key: RunKey, lot: WatchedLot, vehicles: int, seconds: float, load_before: float) -> GateRun:
    reads = sum(lane.watch.reads for lane in lot.lanes)
    confirmed, alerts = await lot.confirmed(), await lot.alerts()
    return GateRun(
        key, seconds, vehicles, reads, confirmed, alerts, round(load_before, 2), round(os.getloadavg()[0], 2)
    )
