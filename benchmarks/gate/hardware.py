"""The border of a lane's hardware, with a watch on it: a camera that gives frames at its own pace, a relay, and a
reader that is timed. Loops and barrier are those of the simulated site.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

from benchmarks.gate.vehicles import Vehicle
from lot_server.domain.clock import Clock
from lot_server.ports import Barrier, BarrierState, PlateReader
from vision.decode_image import decode_frame
from vision.types import Frame, Sighting

FRAMES_A_SECOND = 25
Mark = Literal["frames", "read", "relay"]


class Watch:
    """When what happened to the vehicle at one lane: milliseconds of monotonic time since it rolled onto the loop."""

    def __init__(self) -> None:
        self.relay_seen = asyncio.Event()
        self.reads = 0
        self._from = time.perf_counter()
        self._marks: dict[Mark, float] = {}

    def begin(self) -> None:
        """A vehicle rolls onto the arming loop in this moment."""
        self.relay_seen.clear()
        self._marks = {}
        self._from = time.perf_counter()

    def mark(self, mark: Mark) -> None:
        """It happened in this moment; only the first time counts for a vehicle."""
        self._marks.setdefault(mark, 1000 * (time.perf_counter() - self._from))

    def marks(self) -> dict[Mark, float]:
        """What happened so far."""
        return dict(self._marks)


class PacedCamera:
    """A camera that runs on at 25 frames a second, whoever comes. Each frame arrives as JPEG, and is then decoded."""

    def __init__(self, lane_id: str, empty: bytes, clock: Clock, watch: Watch) -> None:
        self.vehicle: Vehicle | None = None
        self._lane_id = lane_id
        self._empty = empty
        self._clock = clock
        self._watch = watch
        self._origin = time.perf_counter()

    def until(self, phase: float) -> float:
        """Seconds until the share `phase` (0 to 1) of the time between two frames has gone by."""
        return ((phase - (time.perf_counter() - self._origin) * FRAMES_A_SECOND) % 1.0) / FRAMES_A_SECOND

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        """The next `count` frames, which take `count` / 25 s to arrive. Raises UnreadableImage."""
        first = math.ceil((time.perf_counter() - self._origin) * FRAMES_A_SECOND)
        for index in range(count):
            arrives = self._origin + (first + index) / FRAMES_A_SECOND
            await asyncio.sleep(max(0.0, arrives - time.perf_counter()))
            shown = self.vehicle.frames if self.vehicle is not None else (self._empty,)
            frame = await asyncio.to_thread(decode_frame, shown[index % len(shown)], self._lane_id, index)
            if index == count - 1:
                self._watch.mark("frames")
            yield replace(frame, captured_at=self._clock.now())


class TimedReader:
    """A `PlateReader` for one lane, timed and counted."""

    def __init__(self, reader: PlateReader, watch: Watch) -> None:
        self._reader = reader
        self._watch = watch

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        sighting = await self._reader.sight(frames)
        self._watch.reads += 1
        self._watch.mark("read")
        return sighting


class Relay:
    """A `Barrier` that notes the moment in which it is told to open."""

    def __init__(self, barrier: Barrier, watch: Watch) -> None:
        self._barrier = barrier
        self._watch = watch

    async def open(self) -> None:
        self._watch.mark("relay")
        self._watch.relay_seen.set()
        await self._barrier.open()

    async def close(self) -> None:
        await self._barrier.close()

    async def state(self) -> BarrierState:
        return await self._barrier.state()
