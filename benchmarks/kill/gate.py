"""One gate of the world: loops, camera, barrier and display, which a driver works by rolling over the loops."""

import asyncio
from collections.abc import AsyncIterator

from benchmarks.kill.vehicles import frames_of, read_of
from benchmarks.kill.world import World
from lot_server.domain.stay import Direction
from lot_server.ports import BarrierState, LaneMessage, LoopChange, LoopName
from vision.types import Frame, Sighting


class Gate:
    """The parts of one lane. As a server starts, what stood there stands there still."""

    def __init__(self, direction: Direction, world: World) -> None:
        self._direction: Direction = direction
        self._world = world
        self._changes: asyncio.Queue[LoopChange] = asyncio.Queue()
        self._standing: set[LoopName] = {"arming"} if direction in world.gates else set()
        self._state: BarrierState = "open" if direction in world.through else "closed"
        self.opened = asyncio.Event()
        """The barrier was told to open for the vehicle that stands here, by this server."""

    # The driver's side

    def roll_up(self) -> None:
        """The next vehicle rolls onto the arming loop."""
        self.opened.clear()
        self._roll("arming", True)

    def drive_through(self) -> None:
        """The vehicle drives through the open barrier; the world says so before the loops do."""
        self._roll("closing", True)
        self._roll("arming", False)
        self._world.tell("cross", self._direction, self._world.gates[self._direction])
        self._roll("closing", False)

    def _roll(self, loop: LoopName, on: bool) -> None:
        (self._standing.add if on else self._standing.discard)(loop)
        self._changes.put_nowait(LoopChange(loop, on))

    # The lane's parts

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        async for frame in frames_of(self._world.gates[self._direction], count):
            yield frame

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        return await read_of(self._world.gates[self._direction], frames)

    async def open(self) -> None:
        # The barrier's own log comes first: nothing may explain it but what the store has on disk by now.
        self._world.tell("open", self._direction, self._world.gates.get(self._direction, 0))
        self._state = "open"
        self.opened.set()

    async def close(self) -> None:
        self._state = "closed"

    async def state(self) -> BarrierState:
        return self._state

    async def occupied(self) -> frozenset[LoopName]:
        return frozenset(self._standing)

    async def changes(self) -> AsyncIterator[LoopChange]:
        while True:
            yield await self._changes.get()

    async def show(self, message: LaneMessage) -> None:
        """Nobody looks."""
