"""The lot of the week: the server's own parts as `lot_server.main` puts them together, on the week's loop and clock.

The processes' signals and networks are left out; the loopback API is there for the sync worker. What is lost in a power
cut is everything but the files.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TypeVar

from benchmarks.week.clocks import LotClock, WeekClock
from benchmarks.week.errors import LotDown
from benchmarks.week.lane import Lane
from lot_server.adapters.display import TextDisplay
from lot_server.config import LotConfig
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware
from lot_server.loopback.app import LoopbackServer, listen, loopback_app
from lot_server.loopback.auth import new_token
from lot_server.loopback.lot import RunningLot
from lot_server.main import open_records, running_lot
from lot_server.metrics.counts import LotCounts
from lot_server.ports import PlateReader
from lot_server.store.unit_of_work import SqliteWork

T = TypeVar("T")
_LONG_S = 10**7


class _QuietServer(LoopbackServer):
    """Does not look at the time ten times a second, which a clock that leaps would have to do for every one of them."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        # Of the week's seconds, and a connection is idle for hours of it.
        self.config.timeout_keep_alive = _LONG_S
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        await self.ended.wait()


class WeekLot:
    """Starts, is cut off, starts again. `lot` is the running one; nobody may ask for it while there is none."""

    def __init__(self, config: LotConfig, clock: WeekClock, lanes: Mapping[str, Lane], reader: PlateReader) -> None:
        self.config = config
        self._clock = clock
        self.restarts = 0
        self._lanes, self._reader = lanes, reader
        self._lot: RunningLot | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._server: _QuietServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self._parts = AsyncExitStack()
        self._up = asyncio.Event()

    @property
    def is_up(self) -> bool:
        return self._lot is not None

    @property
    def lot(self) -> RunningLot:
        """Raises LotDown."""
        if self._lot is None:
            raise LotDown("the lot server is down: wait until it is up")
        return self._lot

    @property
    def handlers(self) -> Handlers:
        return self.lot.handlers

    def lane(self, lane_id: str) -> LaneLoop:
        return self.lot.lanes[lane_id]

    async def until_up(self) -> None:
        """Return at once while it runs."""
        await self._up.wait()

    async def ask(self, job: Callable[[SqliteWork], T]) -> T:
        """What `job` finds in the store. Raises LotDown, and what the store and `job` raise."""
        return await self.lot.writer.transact(job)

    async def start(self) -> None:
        """Everything as after switching the machine on."""
        # The machine's clock may be wrong; what the lot shows goes on evenly for as long as it runs.
        config = self.config = replace(self.config, clock=LotClock(self._clock))
        displays = {lane.id: TextDisplay(config.lot.languages) for lane in config.lanes}
        counts = LotCounts()
        writer, handlers = await open_records(config, counts, self._parts)
        hardware = {lane_id: LaneHardware(lane, lane, lane, displays[lane_id]) for lane_id, lane in self._lanes.items()}
        lot = running_lot(config, writer, handlers, self._reader, hardware, displays, counts)
        token = new_token(config.store.token)
        self._server = _QuietServer(loopback_app(lot, None, token))
        listener = listen(config.loopback.host, config.loopback.port)
        self._serving = asyncio.create_task(self._server.serve([listener]))
        self._tasks = [asyncio.create_task(lane.run()) for lane in lot.lanes.values()]
        await self._server.answers.wait()
        await lot.emergency.resume()
        self._lot = lot
        self._up.set()

    async def stop(self) -> None:
        """The end of the week."""
        if self.is_up:
            await self.cut_off()

    async def cut_off(self) -> None:
        """The machine loses its power: no step is finished, nothing is said good-bye to."""
        self._up.clear()
        self._lot = None
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        assert self._server is not None
        assert self._serving is not None
        self._server.force_exit = True
        self._server.should_exit = True
        self._server.ended.set()
        await asyncio.wait([self._serving])
        await self._parts.aclose()
        self._parts = AsyncExitStack()
        self.restarts += 1

    def failed(self) -> list[str]:
        """What lanes died of that should have lived."""
        return [repr(task.exception()) for task in self._tasks if task.done() and not task.cancelled()]
