"""The street at a lane: vehicles of a length that roll, loops that feel them, a barrier that they cannot drive through.

Coordinates are metres along the lane: the arming loop lies at 0 to 2, the arm at 2.2, the closing loop from there to
3.2. Vehicles keep more than the closing loop's length apart, so that it is free between two of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hand_lane import HandLane, sighting

from lot_server.lane_loop import LaneLoop
from lot_server.ports import LoopName, Work
from lot_server.store.writer import Writer
from vision.types import Frame, Sighting

T = TypeVar("T")
LOOPS: dict[LoopName, tuple[float, float]] = {"arming": (0.0, 2.0), "closing": (2.2, 3.2)}
ARM, SEEN_FROM, SEEN_TO, GAP, STEP = 2.2, -0.5, 3.0, 1.1, 0.4


@dataclass
class Vehicle:
    """`front` is where its bumper is; it reaches back by `length`."""

    plate: str
    length: float = 4.0
    front: float = -1.0

    @property
    def rear(self) -> float:
        return self.front - self.length

    @property
    def committed(self) -> bool:
        """It has left the arming loop for good: nobody reverses from there."""
        return self.rear > LOOPS["arming"][1]


@dataclass
class Street(HandLane):
    """One lane's street, the foremost vehicle first. `passed` are the plates that drove through."""

    vehicles: list[Vehicle] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    def arrive(self, plate: str, length: float = 4.0) -> Vehicle:
        """A vehicle comes up to the arming loop, or to the tail of the queue."""
        vehicle = Vehicle(plate, length)
        if self.vehicles:
            vehicle.front = min(vehicle.front, self.vehicles[-1].rear - GAP)
        self.vehicles.append(vehicle)
        return vehicle

    def forward(self, vehicle: Vehicle) -> bool:
        """It rolls on a little; whether it could."""
        place = self.vehicles.index(vehicle)
        front = vehicle.front + STEP
        if place > 0 and front > self.vehicles[place - 1].rear - GAP:
            return False
        if self.barrier != "open" and vehicle.front <= ARM < front:
            return False
        vehicle.front = front
        self._feel()
        if vehicle.rear > LOOPS["closing"][1]:
            self.vehicles.remove(vehicle)
            self.passed.append(vehicle.plate)
        return True

    def back(self, vehicle: Vehicle) -> bool:
        """It rolls back a little, and is gone once it is off the lane; whether it could."""
        place = self.vehicles.index(vehicle)
        behind = self.vehicles[place + 1] if place + 1 < len(self.vehicles) else None
        if vehicle.committed or (behind is not None and vehicle.rear - STEP < behind.front + GAP):
            return False
        if vehicle.rear < ARM < vehicle.front and self.barrier != "open":
            return False
        vehicle.front -= STEP
        self._feel()
        if vehicle.front < -2 and behind is None:
            self.vehicles.remove(vehicle)
        return True

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        """The front plate of the foremost vehicle in view."""
        async for _ in frames:
            pass
        seen = [each.plate for each in self.vehicles if SEEN_FROM <= each.front <= SEEN_TO]
        return sighting(seen[0]) if seen else None

    async def close(self) -> None:
        assert not any(each.rear < ARM < each.front for each in self.vehicles), "the arm came down on a vehicle"
        await super().close()

    def _feel(self) -> None:
        for loop, (begin, end) in LOOPS.items():
            on = any(each.rear < end and each.front > begin for each in self.vehicles)
            if on != (loop in self.standing):
                self.roll(loop, on)


class CountedStore:
    """A store that knows whether a job is under way."""

    def __init__(self, writer: Writer) -> None:
        self.pending = 0
        self._writer = writer

    async def transact(self, job: Callable[[Work], T]) -> T:
        self.pending += 1
        try:
            return await self._writer.transact(job)
        finally:
            self.pending -= 1


async def settle(store: CountedStore, *lanes: tuple[LaneLoop, HandLane]) -> None:
    """Wait until the lanes have done all that they do by themselves."""
    async with asyncio.timeout(20):
        quiet = 0
        while quiet < 4:
            await asyncio.sleep(0)
            busy = store.pending > 0 or any(_busy(lane, hand) for lane, hand in lanes)
            quiet = 0 if busy else quiet + 1
            if busy:
                await asyncio.sleep(0.0005)


def _busy(lane: LaneLoop, hand: HandLane) -> bool:
    inbox, followers = lane._inbox, lane._followers
    call = inbox._call
    watched = followers._watched
    return (
        not inbox._entries.empty()
        or not hand._changes.empty()
        or (call is not None and not call.done())
        or bool(followers._recording)
        or (watched is not None and not watched[1].done())
    )
