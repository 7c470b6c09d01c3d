"""Vehicles that come to the lanes: one at a time over all lanes, or each lane as many as it is said to take."""

import asyncio
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.gate.gate_folder import RunKey, Visit
from benchmarks.gate.lot import WatchedLane
from benchmarks.gate.vehicles import Vehicle
from lot_server.adapters.simulated import SimulatedVehicle
from lot_server.domain.lane import LaneState

VEHICLES_AN_HOUR = 800
"""A lane's full load: what prepaid lanes with cameras pass at the most."""
HEADWAY_S = 3600 / VEHICLES_AN_HOUR
UNEVEN = 0.2
"""Headways differ from their mean by up to this share."""
PAUSE_S = 0.2
"""Between two vehicles where one comes at a time."""
RELAY_PATIENCE_S = 20.0
CROSSING_PATIENCE_S = 30.0
_POLL_S = 0.01


async def one_at_a_time(
    run: RunKey, lanes: Sequence[WatchedLane], vehicles: Sequence[Vehicle], seed: int
) -> list[Visit]:
    """Each vehicle to the next lane in turn, once the one before it has gone and its barrier is down.

    When a vehicle comes between two frames of the camera moves its wait by up to the time between them, which is most
    of what differs; so vehicles are spread evenly over that time, and alike in every scenario of a round.
    """
    rng = np.random.default_rng([seed, run.round])
    phases = (rng.permutation(len(vehicles)) + rng.random(len(vehicles))) / max(1, len(vehicles))
    visits = []
    for number, (vehicle, phase) in enumerate(zip(vehicles, phases, strict=True)):
        lane = lanes[number % len(lanes)]
        await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(lane.camera.until(phase))
        visits.append(await _visit(run, lane, vehicle, waited_ms=0.0))
        await _until_idle(lane)
    return visits


async def full_load(run: RunKey, lanes: Sequence[WatchedLane], vehicles: Sequence[Vehicle], seed: int) -> list[Visit]:
    """To every lane its share of the vehicles, 800 an hour; who comes while another is there waits behind it."""
    shares = [vehicles[place :: len(lanes)] for place in range(len(lanes))]
    jobs = [
        _load_lane(run, lane, share, np.random.default_rng([seed, run.round, place]))
        for place, (lane, share) in enumerate(zip(lanes, shares, strict=True))
    ]
    return [visit for visits in await asyncio.gather(*jobs) for visit in visits]


async def _load_lane(
    run: RunKey, lane: WatchedLane, vehicles: Sequence[Vehicle], rng: np.random.Generator
) -> list[Visit]:
    visits = []
    due = time.perf_counter() + rng.uniform(0, HEADWAY_S)
    for vehicle in vehicles:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waited_ms = 1000 * (time.perf_counter() - due)
        visits.append(await _visit(run, lane, vehicle, waited_ms))
        due += HEADWAY_S * rng.uniform(1 - UNEVEN, 1 + UNEVEN)
    await _until_idle(lane)
    return visits


async def _visit(run: RunKey, lane: WatchedLane, vehicle: Vehicle, waited_ms: float) -> Visit:
    """One vehicle from the arming loop to having crossed, or having given up."""
    driven = SimulatedVehicle(lane.lane_id, (), "cross")
    lane.camera.vehicle = vehicle
    lane.watch.begin()
    lane.site.arrive(driven)
    plate = None
    try:
        async with asyncio.timeout(RELAY_PATIENCE_S):
            await lane.watch.relay_seen.wait()
        plate = lane.loop.snapshot().plate
        await driven.wait(CROSSING_PATIENCE_S)
    except TimeoutError:
        lane.site.leave()
    finally:
        lane.camera.vehicle = None
    marks = lane.watch.marks()
    return Visit(
        run, lane.lane_id, vehicle.photo, vehicle.plates, plate, marks, waited_ms, crossed=driven.state == "crossed"
    )


async def _until_idle(lane: WatchedLane) -> None:
    """The barrier is down and the lane waits for the next one; what takes too long shows in the next visit."""
    for _ in range(round(RELAY_PATIENCE_S / _POLL_S)):
        if lane.loop.snapshot().state is LaneState.IDLE:
            return
        await asyncio.sleep(_POLL_S)
