"""A site without hardware: loops, barriers and cameras that behave as scripted vehicles make them.

Everything runs on the server's event loop and nothing here blocks it, so no two things happen at once.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from lot_server.domain.clock import Clock
from lot_server.errors import BarrierFault, LaneOccupied, NothingWaits, UnknownLane, UnknownVehicle
from lot_server.identifiers import new_id
from lot_server.ports import BarrierState, LoopChange, LoopName
from vision.decode_image import load_frame
from vision.errors import SourceUnavailable
from vision.types import Frame

Behaviour = Literal["cross", "back_out"]
VehicleState = Literal["waiting", "crossed", "backed_out", "refused"]
"""waiting: at the lane; refused: reversed away without the barrier having let it through."""

_PATIENCE_SECONDS = 1.0
"""Longer than any lane needs to begin closing behind a vehicle."""
_EMPTY_LANE = np.full((720, 1280, 3), 96, np.uint8)


class SimulatedVehicle:
    """One vehicle at a lane: `frames` are pictures of it, `behaviour` what it does once the barrier is up."""

    def __init__(self, lane_id: str, frames: Sequence[Path], behaviour: Behaviour) -> None:
        self.vehicle_id = new_id()
        self.lane_id = lane_id
        self.frames = tuple(frames)
        self.behaviour = behaviour
        self.state: VehicleState = "waiting"
        self._ended = asyncio.Event()

    def end(self, state: VehicleState) -> None:
        """The vehicle has gone."""
        self.state = state
        self._ended.set()

    def stop_waiting(self) -> None:
        """Nobody needs to wait any longer for what becomes of it: the site ends."""
        self._ended.set()

    async def wait(self, seconds: float) -> VehicleState:
        """Its state as soon as it is not waiting, or after some real seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            pass
        return self.state


class SimulatedLane:
    """One lane's `Barrier`, `LoopInputs` and `Camera` in one, since vehicles tie them together."""

    def __init__(self, lane_id: str, clock: Clock, opening_s: float, drive_s: float) -> None:
        """`opening_s`: real seconds of a barrier's movement; `drive_s`: of a vehicle from one loop to the next."""
        self.camera_works = True
        self._lane_id = lane_id
        self._clock = clock
        self._opening_s = opening_s
        self._drive_s = drive_s
        self._barrier: BarrierState = "closed"
        self._occupied: set[LoopName] = set()
        self._listeners: list[asyncio.Queue[LoopChange]] = []
        self._vehicle: SimulatedVehicle | None = None
        self._movement: asyncio.Task[None] | None = None
        self._drive: asyncio.Task[None] | None = None
        self._patience: asyncio.Task[None] | None = None

    def arrive(self, vehicle: SimulatedVehicle) -> None:
        """The vehicle rolls onto the arming loop. Raises LaneOccupied where another one is at the lane."""
        if self._vehicle is not None:
            raise LaneOccupied(f"a vehicle is at {self._lane_id} already: wait until it has gone")
        self._vehicle = vehicle
        self._feel("arming", True)
        if self._barrier == "open":
            self._patience = asyncio.create_task(self._drive_if_left_open(vehicle))

    def show(self, frames: Sequence[Path]) -> None:
        """The driver at the lane holds something up: the camera sees these pictures now. Raises NothingWaits."""
        if self._vehicle is None:
            raise NothingWaits(f"no vehicle stands at {self._lane_id}: it has gone")
        self._vehicle.frames = tuple(frames)

    def leave(self) -> None:
        """The vehicle at the lane reverses away. Raises NothingWaits where none stands there."""
        if self._vehicle is None or self._drive is not None:
            raise NothingWaits(f"no vehicle stands at {self._lane_id}: it has gone, or is driving")
        self._gone("refused")

    async def open(self) -> None:
        await self._move("opening", "open")

    async def close(self) -> None:
        if "closing" in self._occupied:
            raise BarrierFault(f"something stands under the barrier of {self._lane_id}: it does not close on it")
        await self._move("closing", "closed")

    async def state(self) -> BarrierState:
        return self._barrier

    async def occupied(self) -> frozenset[LoopName]:
        return frozenset(self._occupied)

    async def changes(self) -> AsyncIterator[LoopChange]:
        heard: asyncio.Queue[LoopChange] = asyncio.Queue()
        for loop in sorted(self._occupied):
            heard.put_nowait(LoopChange(loop, True))
        self._listeners.append(heard)
        try:
            while True:
                yield await heard.get()
        finally:
            self._listeners.remove(heard)

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        """The vehicle's own pictures, at most `count`; an empty lane where none stands."""
        if not self.camera_works:
            raise SourceUnavailable(f"the camera of {self._lane_id} gives no frames: check its power and its cable")
        if self._vehicle is None:
            yield Frame(_EMPTY_LANE, self._lane_id, 0, self._clock.now())
            return
        paths = self._vehicle.frames[:count]
        if not paths:
            raise SourceUnavailable(f"the vehicle at {self._lane_id} came without pictures: give it some")
        for index, path in enumerate(paths):
            frame = await asyncio.to_thread(load_frame, path, self._lane_id, index)
            yield replace(frame, captured_at=self._clock.now())

    async def end(self) -> None:
        """Stop whatever still moves."""
        tasks = [task for task in (self._movement, self._drive, self._patience) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _move(self, on_the_way: BarrierState, there: BarrierState) -> None:
        """Start the newest command, and wait for it. A caller that gives up leaves it standing."""
        if self._movement is not None:
            self._movement.cancel()
        movement = self._movement = asyncio.create_task(self._travel(on_the_way, there))
        await asyncio.wait((movement,))
        if movement.cancelled():
            raise BarrierFault(f"the barrier of {self._lane_id} was told otherwise on its way: nothing to do")

    async def _travel(self, on_the_way: BarrierState, there: BarrierState) -> None:
        if self._barrier != there:
            self._barrier = on_the_way
            await asyncio.sleep(self._opening_s)
            self._barrier = there
        if there == "open" and self._vehicle is not None and self._drive is None:
            self._drive = asyncio.create_task(self._drive_on(self._vehicle))

    async def _drive_if_left_open(self, vehicle: SimulatedVehicle) -> None:
        """Who rolls up to an open barrier drives on if nobody closes it."""
        await asyncio.sleep(_PATIENCE_SECONDS)
        if self._barrier == "open" and self._vehicle is vehicle and self._drive is None:
            self._drive = asyncio.create_task(self._drive_on(vehicle))

    async def _drive_on(self, vehicle: SimulatedVehicle) -> None:
        await asyncio.sleep(self._drive_s)
        if vehicle.behaviour == "back_out":
            self._gone("backed_out")
            return
        self._feel("closing", True)
        await asyncio.sleep(self._drive_s)
        self._feel("arming", False)
        await asyncio.sleep(self._drive_s)
        self._feel("closing", False)
        self._gone("crossed")

    def _gone(self, state: VehicleState) -> None:
        vehicle, self._vehicle, self._drive = self._vehicle, None, None
        if "arming" in self._occupied:
            self._feel("arming", False)
        if vehicle is not None:
            vehicle.end(state)

    def _feel(self, loop: LoopName, occupied: bool) -> None:
        if occupied:
            self._occupied.add(loop)
        else:
            self._occupied.discard(loop)
        for heard in self._listeners:
            heard.put_nowait(LoopChange(loop, occupied))


class SimulatedContact:
    """An input that is on while somebody says so."""

    def __init__(self) -> None:
        self.pressed = False

    def on(self) -> bool:
        return self.pressed


class SimulatedSite:
    """The lanes of a simulated site and the vehicles that came to them."""

    def __init__(self, lanes: dict[str, SimulatedLane]) -> None:
        self.emergency = SimulatedContact()
        """The input that calls for an emergency."""
        self._lanes = lanes
        self._vehicles: dict[str, SimulatedVehicle] = {}

    def lane(self, lane_id: str) -> SimulatedLane:
        """Raises UnknownLane."""
        if lane_id not in self._lanes:
            raise UnknownLane(f"no lane {lane_id!r} at this site: it has {', '.join(self._lanes)}")
        return self._lanes[lane_id]

    def vehicle(self, vehicle_id: str) -> SimulatedVehicle:
        """Raises UnknownVehicle."""
        if vehicle_id not in self._vehicles:
            raise UnknownVehicle(f"no vehicle {vehicle_id!r} came to this site since it started: send one")
        return self._vehicles[vehicle_id]

    def send(self, lane_id: str, frames: Sequence[Path], behaviour: Behaviour) -> SimulatedVehicle:
        """A vehicle comes to a lane. Raises UnknownLane, LaneOccupied."""
        vehicle = SimulatedVehicle(lane_id, frames, behaviour)
        self.lane(lane_id).arrive(vehicle)
        self._vehicles[vehicle.vehicle_id] = vehicle
        return vehicle

    def stop_waiting(self) -> None:
        """Let every wait for a vehicle return now."""
        for vehicle in self._vehicles.values():
            vehicle.stop_waiting()

    async def end(self) -> None:
        """Stop whatever still moves."""
        await asyncio.gather(*(lane.end() for lane in self._lanes.values()))
