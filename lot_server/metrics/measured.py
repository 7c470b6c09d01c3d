"""A lane's parts and the reader with a meter beside them: they do what they did, and are counted."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

from lot_server.lane_setup import LaneHardware
from lot_server.metrics.counts import LotCounts
from lot_server.ports import Barrier, BarrierState, LoopChange, LoopInputs, LoopName, PlateReader
from vision.types import Frame, Sighting


class MeasuredReader:
    """A reader whose reads are counted by what came of them."""

    def __init__(self, reader: PlateReader, counts: LotCounts) -> None:
        self._reader = reader
        self._counts = counts

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        began = time.perf_counter()
        try:
            sighting = await self._reader.sight(frames)
        except Exception:
            self._counts.reads.labels("failed").inc()
            raise
        self._counts.read_seconds.observe(time.perf_counter() - began)
        self._counts.reads.labels(_outcome(sighting)).inc()
        return sighting


def measured(lane_id: str, hardware: LaneHardware, counts: LotCounts) -> LaneHardware:
    """The same hardware, whose vehicles' waits are counted."""
    wait = _Wait(lane_id, counts)
    return replace(
        hardware, loops=_MeasuredLoops(hardware.loops, wait), barrier=_MeasuredBarrier(hardware.barrier, wait)
    )


class _Wait:
    """Of the vehicle that stands on the arming loop of one lane; ended once."""

    def __init__(self, lane_id: str, counts: LotCounts) -> None:
        self._lane_id = lane_id
        self._counts = counts
        self._since: float | None = None

    def arming(self, occupied: bool) -> None:
        self._since = time.perf_counter() if occupied else None

    def opening(self) -> None:
        since, self._since = self._since, None
        if since is not None:
            self._counts.waits.labels(self._lane_id).observe(time.perf_counter() - since)


class _MeasuredLoops:
    def __init__(self, loops: LoopInputs, wait: _Wait) -> None:
        self._loops = loops
        self._wait = wait

    async def occupied(self) -> frozenset[LoopName]:
        return await self._loops.occupied()

    async def changes(self) -> AsyncIterator[LoopChange]:
        async for change in self._loops.changes():
            if change.loop == "arming":
                self._wait.arming(change.occupied)
            yield change


class _MeasuredBarrier:
    def __init__(self, barrier: Barrier, wait: _Wait) -> None:
        self._barrier = barrier
        self._wait = wait

    async def open(self) -> None:
        self._wait.opening()
        await self._barrier.open()

    async def close(self) -> None:
        await self._barrier.close()

    async def state(self) -> BarrierState:
        return await self._barrier.state()


def _outcome(sighting: Sighting | None) -> str:
    if sighting is None:
        return "no_plate"
    return "unsure" if sighting.text is None else "plate"
