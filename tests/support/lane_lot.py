"""A lot on the real store whose lanes a test drives by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from hand_lane import HandArchive, HandClock, HandLane, open_lot, sighting

from lot_server.domain.stay import Direction, Stay
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.store.unit_of_work import SqliteWork
from lot_server.store.writer import Writer

T = TypeVar("T")
LONG = timedelta(hours=1)
PATIENT = LaneTiming(read=LONG, barrier=LONG, passage=LONG, payment=LONG, operator=LONG, refused=LONG)
SOON = timedelta(milliseconds=20)
PLATE = "京A12345"
TWIN = "京A12346"


@dataclass
class Lot:
    """One lot with the lanes that a test runs."""

    writer: Writer
    clock: HandClock
    handlers: Handlers
    archive: HandArchive

    def lane(
        self, direction: Direction, hand: HandLane, timing: LaneTiming = PATIENT
    ) -> AbstractAsyncContextManager[LaneLoop]:
        return self.lane_of(direction, LaneHardware(hand, hand, hand, hand), hand, timing)

    @asynccontextmanager
    async def lane_of(
        self, direction: Direction, hardware: LaneHardware, hand: HandLane, timing: LaneTiming = PATIENT
    ) -> AsyncIterator[LaneLoop]:
        loop = LaneLoop(
            f"{direction}-1", direction, hardware, hand, self.archive, self.writer,
            self.handlers, self.clock, timing, 3, 0.5, "https://pay.example/pay?lot=test",
        )  # fmt: skip
        task = asyncio.create_task(loop.run())
        try:
            yield loop
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def ask(self, query: Callable[[SqliteWork], T]) -> T:
        return await self.writer.transact(query)

    async def kinds(self) -> list[str]:
        return [envelope.kind for envelope in await self.ask(lambda work: list(work.envelopes()))][3:]

    async def alerts(self) -> list[str]:
        return [alert.raised.code for alert in await self.ask(lambda work: work.open_alerts())]

    async def stays(self) -> list[Stay]:
        return await self.ask(lambda work: work.open_stays())

    async def park(self, plate: str | None, seen: str | None = None) -> Stay:
        """Bring a vehicle in through an entry lane of its own."""
        hand = HandLane(seen=sighting(seen or plate) if seen or plate else None)
        async with self.lane("entry", hand) as lane:
            before = {stay.stay_id for stay in await self.stays()}
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        return next(stay for stay in await self.stays() if stay.stay_id not in before)


@asynccontextmanager
async def lot_at(folder: Path, spaces: int = 3, blocked: frozenset[str] = frozenset()) -> AsyncIterator[Lot]:
    writer = Writer(folder / "lot.db", "test")
    clock = HandClock()
    try:
        await writer.transact(lambda work: open_lot(work, spaces))
        yield Lot(writer, clock, Handlers(clock, blocked), HandArchive())
    finally:
        writer.close()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for the lane to get there; a lane that never does is cut off."""
    async with asyncio.timeout(20):
        while not reached():  # noqa: ASYNC110 - a snapshot tells nobody that it changed
            await asyncio.sleep(0.002)


async def until_told(lot: Lot, codes: list[str]) -> None:
    """Wait for exactly these alerts to be open."""
    async with asyncio.timeout(20):
        while await lot.alerts() != codes:  # noqa: ASYNC110 - the store tells nobody that it changed
            await asyncio.sleep(0.002)


def lane_test(story: Callable[[Lot], object], folder: Path, **lot: object) -> None:
    async def tell() -> None:
        async with lot_at(folder, **lot) as opened:  # type: ignore[arg-type]
            await story(opened)  # type: ignore[misc]

    asyncio.run(tell())
