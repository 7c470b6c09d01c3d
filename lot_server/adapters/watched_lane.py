"""A lane without loops: its camera tells what two loops would, who waits there, and whether the arm may fall."""

import asyncio
from collections.abc import AsyncIterator

from lot_server.adapters.lane_eye import LaneEye
from lot_server.ports import LoopChange, LoopName
from vision.errors import SourceUnavailable
from vision.grammar import Grammar
from vision.types import Frame, Sighting


class WatchedLane:
    """`LoopInputs`, `Camera` and `PlateReader` of one lane in one, and its barrier's `ClosingInput`.

    What is not known is raised, never given as free: without a picture, and until somebody has shown the lot what the
    lane looks like when empty.
    """

    def __init__(self, lane_id: str, eye: LaneEye, grammar: Grammar) -> None:
        self.eye = eye
        self._lane_id = lane_id
        self._grammar = grammar

    # What a lane asks of its loops

    async def occupied(self) -> frozenset[LoopName]:
        """Where something stands, on a frame looked at from now on. Raises LaneUnseen, EmptyLaneUnknown."""
        await self.eye.next_look()
        return self.eye.standing()

    def changes(self) -> AsyncIterator[LoopChange]:
        """Each change, for ever. Raises LaneUnseen as soon as nothing is seen any more, and EmptyLaneUnknown."""
        return self.eye.changes()

    # What it asks of its camera and its reader

    async def burst(self, count: int) -> AsyncIterator[Frame]:  # noqa: ARG002 - those that are read come by themselves
        """The frame at hand, for the archive. Raises SourceUnavailable."""
        if self.eye.newest is None:
            raise SourceUnavailable(f"the camera of {self._lane_id} gave no frame yet: check it")
        yield self.eye.newest

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        """The read of who waits at the barrier, over its whole way there, or else of who is under it; None where no
        plate is seen.

        What was read on the way is not read again; only where that is not enough are more frames read. Raises
        LaneUnseen, EmptyLaneUnknown, what reading raises, and what `frames` raises.
        """
        async for _ in frames:
            pass
        self.eye.standing()
        self.eye.ask()
        while True:
            async with self.eye.in_use:
                watch = self.eye.watch
                if watch is not None and watch.is_settled:
                    return await asyncio.to_thread(watch.sighting, self._grammar)
            if self.eye.unread is not None:
                raise type(self.eye.unread)(str(self.eye.unread))
            await self.eye.next_look()
            self.eye.standing()

    # What the barrier asks of its closing loop

    def on(self) -> bool:
        """Whether anything is under the barrier, on the newest frame. Raises LaneUnseen, EmptyLaneUnknown."""
        return "closing" in self.eye.standing()

    async def fresh(self) -> bool:
        """The same on a frame looked at from now on."""
        return "closing" in await self.occupied()

    def listen(self, heard: asyncio.Event) -> None:
        """Set this event after every look, until `forget`."""
        self.eye.listen(heard)

    def forget(self, heard: asyncio.Event) -> None:
        """Set this event no more."""
        self.eye.forget(heard)
