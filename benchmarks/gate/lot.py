"""A lot as its server makes it, with hardware whose border can be watched: real lanes, vision workers, store, photos
and loopback API.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.gate.hardware import PacedCamera, Relay, TimedReader, Watch
from benchmarks.gate.vehicles import Vehicle, empty_lane
from lot_server.adapters.display import TextDisplay
from lot_server.adapters.simulated import SimulatedLane
from lot_server.adapters.vision_child import LookerFactory, load_pipeline
from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.config import (
    LoopbackSection,
    LotConfig,
    LotSection,
    PaymentSection,
    SiteSection,
    StoreSection,
    VisionSection,
)
from lot_server.domain.clock import SystemClock
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.emergency import Emergency
from lot_server.facts import record_facts
from lot_server.handlers import Handlers
from lot_server.lane_config import LaneSection
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.loopback.app import LoopbackServer, listen, loopback_app
from lot_server.loopback.auth import new_token
from lot_server.loopback.lot import RunningLot
from lot_server.photos import PhotoFolder
from lot_server.ports import Work
from lot_server.store.writer import Writer
from vision.decode_image import decode_frame
from vision.grammar import Grammar
from vision.types import Frame

LOT_ID = "gate-bench"
SPACES = 1_000_000
BOOM_S = 0.8
"""Booms take this and more to rise."""
_DRIVE_S = 0.3


@dataclass(frozen=True, slots=True)
class WatchedLane:
    """One lane and what is seen of it from outside."""

    lane_id: str
    loop: LaneLoop
    site: SimulatedLane
    camera: PacedCamera
    watch: Watch


@dataclass(frozen=True, slots=True)
class WatchedLot:
    """A running lot; `url` is its loopback API's, `token` the file of that API's token."""

    lanes: tuple[WatchedLane, ...]
    store: StoreSection
    url: str
    writer: Writer

    async def confirmed(self) -> int:
        """The vehicles that the store has inside."""
        return await self.writer.transact(lambda work: len(work.open_stays()))

    async def unacknowledged(self) -> int:
        """The facts that no cloud has acknowledged."""
        return await self.writer.transact(lambda work: work.head()[0] - work.acked_seq)

    async def alerts(self) -> tuple[str, ...]:
        """The codes of the alerts that nobody has resolved."""
        return await self.writer.transact(_alert_codes)


def config_of(folder: Path, lanes: int, workers: int, boom_s: float = BOOM_S) -> LotConfig:
    """A lot of entry lanes as configured by default, with so many vision workers; its store lies in `folder`.

    The boom takes `boom_s` seconds to rise, and to fall.
    """
    tariff = Tariff(1, "EUR", datetime(2026, 1, 1, tzinfo=UTC), 0, (RateLine(0, 60, 100),), None, 15, 10)
    return LotConfig(
        folder=folder,
        lot=LotSection(LOT_ID, "Gate bench", "1 Bench Road", 0.0, 0.0, SPACES, "UTC", "EUR"),
        store=StoreSection(folder / "lot"),
        loopback=LoopbackSection(port=0),
        clock=SystemClock(),
        vision=VisionSection(workers=workers),
        site=SiteSection("simulated", opening_s=boom_s, drive_s=_DRIVE_S),
        payment=PaymentSection("http://127.0.0.1/pay"),
        timing=LaneTiming(),
        lanes=tuple(LaneSection(f"in-{number}", "entry") for number in range(1, lanes + 1)),
        tariffs=(tariff,),
        passes=(),
        blocked=frozenset(),
    )


@asynccontextmanager
async def running_lot(
    config: LotConfig, warm_up: Vehicle, factory: LookerFactory | None = None
) -> AsyncIterator[WatchedLot]:
    """The lot while the block runs; every worker has read `warm_up` before. Raises LotError, VisionError."""
    async with AsyncExitStack() as parts:
        config.store.folder.mkdir(mode=0o700, parents=True)
        clock, handlers = config.clock, Handlers(config.clock, config.blocked)
        photos = PhotoFolder(config.store.photos)
        writer = Writer(config.store.database, config.lot.id)
        parts.callback(writer.close)
        await writer.transact(lambda work: record_facts(work, config, clock.now()))
        vision = config.vision
        shipped = partial(load_pipeline, vision.detector, vision.reader, vision.region, vision.provider)
        workers = VisionWorkers(factory or shipped, vision.workers, vision.timeout_s, Grammar(vision.region))
        await workers.start()
        parts.push_async_callback(workers.close)
        # As many frames at once as there are workers: each has read by then.
        await asyncio.gather(*(workers.sight(_warming(warm_up)) for _ in range(vision.workers)))
        displays = {section.id: TextDisplay(config.lot.languages) for section in config.lanes}
        lanes = [
            _lane(config, section, displays[section.id], workers, photos, writer, handlers) for section in config.lanes
        ]
        for lane in lanes:
            parts.push_async_callback(lane.site.end)
        loops = {lane.lane_id: lane.loop for lane in lanes}
        emergency = Emergency(loops, {}, writer, handlers, None)
        running = RunningLot(config.lot.id, clock, writer, handlers, photos, loops, displays, emergency)
        server = LoopbackServer(loopback_app(running, None, new_token(config.store.token)))
        listener = parts.enter_context(listen(config.loopback.host, config.loopback.port))
        host, port = listener.getsockname()
        tasks = [asyncio.create_task(loop.run(), name=lane_id) for lane_id, loop in loops.items()]
        loopback = asyncio.create_task(server.serve([listener]))
        try:
            await server.answers.wait()
            yield WatchedLot(tuple(lanes), config.store, f"http://{host}:{port}", writer)
            for task in (*tasks, loopback):
                if task.done():
                    task.result()
        finally:
            server.should_exit = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, loopback, return_exceptions=True)


def _lane(
    config: LotConfig,
    section: LaneSection,
    display: TextDisplay,
    workers: VisionWorkers,
    photos: PhotoFolder,
    writer: Writer,
    handlers: Handlers,
) -> WatchedLane:
    site = SimulatedLane(section.id, config.clock, config.site.opening_s, config.site.drive_s)
    watch = Watch()
    camera = PacedCamera(section.id, empty_lane(), config.clock, watch)
    loop = LaneLoop(
        section.id,
        section.direction,
        LaneHardware(camera, site, Relay(site, watch), display),
        TimedReader(workers.of_lane(section.id), watch),
        photos,
        writer,
        handlers,
        config.clock,
        config.timing,
        config.vision.burst_frames,
        config.vision.least_confidence,
        config.payment.driver_page_url,
    )
    return WatchedLane(section.id, loop, site, camera, watch)


async def _warming(vehicle: Vehicle) -> AsyncIterator[Frame]:
    for index, content in enumerate(vehicle.frames):
        yield decode_frame(content, "warm-up", index)


def _alert_codes(work: Work) -> tuple[str, ...]:
    return tuple(alert.raised.code for alert in work.open_alerts())
