"""One lane for both directions: an entry and an exit with the same barrier and the same loops, the other way round.

Each direction stays a lane of its own, and takes turns with the other: only who has the turn feels the loops and moves
the barrier. What is the arming loop of one is the closing loop of the other, so without a turn each would take the
other's vehicles for its own.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from lot_server.domain.stay import Direction
from lot_server.errors import BarrierFault
from lot_server.lane_setup import LaneHardware
from lot_server.ports import Barrier, BarrierState, LoopChange, LoopInputs, LoopName

_LOOPS: tuple[LoopName, ...] = ("arming", "closing")


class Turn:
    """Whose turn it is at one shared lane.

    Who wants out goes first: a vehicle that waits outside can back away from one that comes out, one that waits inside
    a full lot is what the others wait for. A turn that has opened the barrier lasts until the barrier is down again.
    """

    def __init__(self) -> None:
        self.sides: dict[Direction, SharedSide] = {}
        self.holder: SharedSide | None = None
        self.opened = False
        self.held: set[Direction] = set()
        """The directions for which an emergency holds the barrier up: then nobody waits for a turn."""
        self.following: set[Direction] = set()
        self._free = asyncio.Condition()

    def settle(self) -> None:
        """Look whose turn it is, and let both sides feel what that means for them."""
        if self.held:
            # Whoever came first feels the loops until both sides are free again: the barrier is up for both.
            if not any(side.felt for side in self.sides.values()):
                self.holder = None
            elif self.holder is None:
                self.holder = self._next()
        elif not self.opened:
            self.holder = self._next()
        for side in self.sides.values():
            side.show()

    async def take(self, side: "SharedSide") -> None:
        """Wait until the side may open the barrier; from then on it has the turn."""
        async with self._free:
            await self._free.wait_for(lambda: not self.opened or self.holder is side)
            self.holder, self.opened = side, True
        self.settle()

    async def hold(self, side: "SharedSide", held: bool) -> None:
        """An emergency holds the barrier up for a direction, or no longer."""
        async with self._free:
            (self.held.add if held else self.held.discard)(side.direction)
            self.opened = False
            self._free.notify_all()
        self.settle()

    async def give(self) -> None:
        """The barrier is down."""
        async with self._free:
            self.opened = False
            self._free.notify_all()
        self.settle()

    def _next(self) -> "SharedSide | None":
        if self.following != self.sides.keys():
            return None
        out, in_ = self.sides.get("exit"), self.sides.get("entry")
        if out is not None and "arming" in out.felt:
            return out
        return in_ if in_ is not None and "arming" in in_.felt else None


class SharedSide:
    """The loops and the barrier of a shared lane, as one direction sees them."""

    def __init__(self, turn: Turn, direction: Direction, loops: LoopInputs, barrier: Barrier) -> None:
        """`loops` and `barrier` are those of the lane, its arming loop being the one on this direction's side."""
        self.felt: frozenset[LoopName] = frozenset()
        self._turn = turn
        self.direction = direction
        self._loops = loops
        self._barrier = barrier
        self._shown: frozenset[LoopName] = frozenset()
        self._falling = False
        self._changes: asyncio.Queue[LoopChange] = asyncio.Queue()
        turn.sides[direction] = self

    # The loops

    async def occupied(self) -> frozenset[LoopName]:
        """What this direction may know of. Raises what the loops raise."""
        self.felt = await self._loops.occupied()
        self._turn.settle()
        return self._shown

    async def changes(self) -> AsyncIterator[LoopChange]:
        """What changes for this direction, for ever. Raises what the loops raise."""
        self._changes = asyncio.Queue()
        for loop in sorted(self._shown):
            self._changes.put_nowait(LoopChange(loop, True))
        following = asyncio.create_task(self._follow())
        self._turn.following.add(self.direction)
        self._turn.settle()
        try:
            while True:
                change = asyncio.create_task(self._changes.get())
                await asyncio.wait((change, following), return_when=asyncio.FIRST_COMPLETED)
                if not change.done():
                    change.cancel()
                    following.result()
                    return
                yield change.result()
        finally:
            following.cancel()
            self._turn.following.discard(self.direction)

    def show(self) -> None:
        """Tell of what changed for this direction."""
        shown = self.felt if self._turn.holder is self else frozenset[LoopName]()
        if self._falling and "arming" not in shown and "closing" not in self._shown:
            # Nobody follows from this side, so whoever comes onto the far loop now wants to go the other way.
            shown -= {"closing"}
        for loop in _LOOPS:
            if (loop in shown) != (loop in self._shown):
                self._changes.put_nowait(LoopChange(loop, loop in shown))
        self._shown = shown

    async def _follow(self) -> None:
        async for change in self._loops.changes():
            self.felt = self.felt | {change.loop} if change.occupied else self.felt - {change.loop}
            self._turn.settle()

    # The barrier

    async def open(self) -> None:
        """Once it is this direction's turn, at once while it is held up. Raises BarrierFault."""
        if not self._turn.held:
            await self._turn.take(self)
        await self._barrier.open()

    async def hold(self, held: bool) -> None:
        """An emergency holds the barrier up for this direction, or no longer."""
        await self._turn.hold(self, held)

    async def close(self) -> None:
        """Ends the turn. Raises BarrierFault, at once where it is the other direction's."""
        if self._turn.opened and self._turn.holder is not self:
            raise BarrierFault(f"the barrier is up for the other direction than {self.direction}: it stays up")
        if not self._turn.opened and await self._loops.occupied():
            # Found open, so nobody knows which way what stands there was going, and which loop it leaves last.
            raise BarrierFault("the barrier stays up while something stands on a loop of the shared lane")
        self._turn.holder, self._turn.opened, self._falling = self, True, True
        try:
            await self._barrier.close()
        except BarrierFault:
            # One that stands on the far loop keeps the arm up, and can only get away in its own turn.
            if "arming" not in self.felt and "closing" in self.felt:
                await self._turn.give()
            raise
        else:
            await self._turn.give()
        finally:
            self._falling = False
            self._turn.settle()

    async def state(self) -> BarrierState:
        """Where the barrier is; closed for a direction that does not have the turn. Raises BarrierFault."""
        if self._turn.held:
            return await self._barrier.state()
        # As the server starts nobody has the turn, and one of the two must see to a barrier that is up.
        minds = self._turn.holder is self or (self._turn.holder is None and self.direction == "entry")
        return await self._barrier.state() if minds else "closed"


def share(entry: LaneHardware, exit_: LaneHardware) -> tuple[LaneHardware, LaneHardware]:
    """The hardware of two lanes that are one: `entry` and `exit_` name its loops from their own side."""
    turn = Turn()
    way_in = SharedSide(turn, "entry", entry.loops, entry.barrier)
    way_out = SharedSide(turn, "exit", exit_.loops, exit_.barrier)
    return replace(entry, loops=way_in, barrier=way_in), replace(exit_, loops=way_out, barrier=way_out)
