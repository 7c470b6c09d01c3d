"""The composition root of a lot's server: every part is made here, and ended here in reverse."""

import asyncio
import importlib.util
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from lot_server.adapters.display import TextDisplay
from lot_server.adapters.receipt_keys import ReceiptKeys
from lot_server.adapters.vision_child import LookerFactory, load_pipeline, logged
from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.clock_watch import ClockWatch, begin_clock
from lot_server.config import LotConfig
from lot_server.console.serving import run_console
from lot_server.display.app import display_app
from lot_server.emergency import Emergency
from lot_server.emergency_input import EmergencyInput
from lot_server.errors import ForeignPackage, StoreError
from lot_server.facts import record_facts
from lot_server.handlers import Handlers
from lot_server.hardware_watch import HardwareWatch
from lot_server.held_barrier import HoldableBarrier
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware
from lot_server.loopback.app import LoopbackServer, listen, loopback_app, write_address
from lot_server.loopback.auth import new_token
from lot_server.loopback.evidence_routes import evidence_routes
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.metrics_routes import Measured
from lot_server.machine_time import MachineTime
from lot_server.metrics.counts import LotCounts
from lot_server.metrics.measured import MeasuredReader
from lot_server.metrics.measured import measured as measured_hardware
from lot_server.photos import PhotoFolder
from lot_server.ports import Barrier, CodeReader, PlateReader
from lot_server.presented import Desk
from lot_server.retention import Retention
from lot_server.shared_lane import SharedSide
from lot_server.site import Site, open_site
from lot_server.spaces.watch import NightWatch
from lot_server.steady_clock import SteadyClock
from lot_server.store.look import ReadStore
from lot_server.store.writer import Writer
from lot_server.store_watch import StoreWatch
from lot_server.vision_models import model_place
from vision.grammar import Grammar

log = logging.getLogger(__name__)


async def serve(config: LotConfig, announce: Callable[[str], None], factory: LookerFactory | None = None) -> None:
    """Run a lot until SIGTERM or SIGINT; `announce` gets one line once everything works.

    `factory` makes the readers of the vision workers, the shipped ones by default. Raises LotError for what keeps the
    lot from starting, and whatever a lane could not survive.
    """
    check_packages()
    factory = factory or _shipped(config)
    stop = asyncio.Event()
    machine_clock = config.clock
    if not machine_clock.simulated:
        config = replace(config, clock=SteadyClock(machine_clock))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as parts:
        lot, site, measured = await _start(config, partial(logged, config.log, machine_clock, factory), parts)
        token = new_token(config.store.token)
        looks = ReadStore(config.store.database, config.lot.id, lambda: lot.writer.standing_in)
        evidence = evidence_routes(lot, looks, config.photos)
        server = LoopbackServer(loopback_app(lot, site.simulated, token, site.hardware, measured, [evidence]))
        listener = parts.enter_context(listen(config.loopback.host, config.loopback.port))
        port = listener.getsockname()[1]
        ending = asyncio.Event()
        screens = _screens(config, lot, ending, parts)
        async with asyncio.TaskGroup() as tasks:
            lanes = [tasks.create_task(lane.run(), name=f"lane {lane_id}") for lane_id, lane in lot.lanes.items()]
            loopback = tasks.create_task(server.serve([listener]), name="loopback")
            lanes.append(tasks.create_task(lot.emergency.run(), name="emergency"))
            if lot.clock_watch is not None:
                lanes.append(tasks.create_task(lot.clock_watch.run(), name="clock"))
            keeping = StoreWatch(lot.writer, lot.handlers)
            lanes.append(tasks.create_task(keeping.run(), name="store"))
            retention = Retention(config.photos, lot.clock, looks, lot.writer, lot.handlers, lot.photos)
            lanes.append(tasks.create_task(retention.run(), name="retention"))
            if site.hardware is not None:
                watch = HardwareWatch(site.hardware, lot.writer, lot.handlers)
                lanes.append(tasks.create_task(watch.run(), name="hardware"))
            lanes.append(tasks.create_task(NightWatch(config.occupancy, lot.writer, lot.clock).run(), name="nights"))
            followed = [tasks.create_task(each.serve([listening]), name="displays") for each, listening in screens]
            console = tasks.create_task(run_console(config, lot, ending), name="console")
            for each in (server, *(each for each, _ in screens)):
                await each.answers.wait()
            write_address(config.store.address, config.loopback.host, port)
            parts.callback(config.store.address.unlink, missing_ok=True)
            clock = " with a simulated clock" if config.clock.simulated else ""
            announce(f"lot {config.lot.id} ready on {config.loopback.host}:{port}{clock}")
            await stop.wait()
            log.info("ending")
            if site.simulated is not None:
                site.simulated.stop_waiting()
            ending.set()
            for each in (server, *(each for each, _ in screens)):
                each.should_exit = True
            await asyncio.gather(loopback, console, *followed)
            for lane in lanes:
                lane.cancel()


def _screens(
    config: LotConfig, lot: RunningLot, ending: asyncio.Event, parts: AsyncExitStack
) -> list[tuple[LoopbackServer, socket.socket]]:
    """The server of the lanes' display pages, where one is wanted, with the socket it listens on."""
    if config.display is None:
        return []
    screens = {lane.id: lane.screen for lane in config.lanes}
    listener = parts.enter_context(listen(config.display.host, config.display.port))
    write_address(config.store.display_address, config.display.host, listener.getsockname()[1])
    parts.callback(config.store.display_address.unlink, missing_ok=True)
    return [(LoopbackServer(display_app(lot.displays, screens, config.clock.simulated, ending)), listener)]


def check_packages() -> None:
    """Raises ForeignPackage where another distribution or folder took the name of one of ours."""
    ours = Path(__file__).resolve().parent.parent
    for name in ("vision", "models"):
        found = importlib.util.find_spec(name)
        place = Path(found.origin).resolve().parent.parent if found is not None and found.origin else None
        if place != ours:
            raise ForeignPackage(
                f"package {name!r} comes from {place}, not from {ours}: install openlot into a venv of its own "
                "and set PYTHONSAFEPATH=1"
            )


async def _start(config: LotConfig, factory: LookerFactory, parts: AsyncExitStack) -> tuple[RunningLot, Site, Measured]:
    displays = {lane.id: TextDisplay(config.lot.languages, config.lot.time_zone) for lane in config.lanes}
    counts = LotCounts()
    writer, handlers = await open_records(config, counts, parts)
    workers = await parts.enter_async_context(_workers(config, factory))
    site = await open_site(config, displays, workers, parts)
    lanes = {
        lane_id: replace(lane, reader=MeasuredReader(lane.reader or workers.of_lane(lane_id), counts))
        for lane_id, lane in site.lanes.items()
    }
    reader = MeasuredReader(workers, counts)
    lot = running_lot(config, writer, handlers, reader, lanes, displays, counts, site.emergency, workers)
    parts.push_async_callback(lot.emergency.end)
    await lot.emergency.resume()
    return lot, site, Measured(counts, workers, config.store.folder, site.hardware)


async def open_records(config: LotConfig, counts: LotCounts, parts: AsyncExitStack) -> tuple[Writer, Handlers]:
    """The store with the configuration's facts in it, what a crash left sorted out; closed by `parts`.

    Raises StoreError and its kinds, BadConfig.
    """
    _make_folder(config.store.folder)
    vehicles = {lane.id: lane.vehicle for lane in config.lanes if lane.vehicle is not None}
    handlers = Handlers(config.clock, config.blocked, vehicles=vehicles)
    writer = Writer(config.store.database, config.lot.id, counts.recorded, *config.store.rooms)
    parts.callback(writer.close)
    clock = config.clock
    if isinstance(clock, SteadyClock):
        await writer.transact(lambda work: begin_clock(work, clock, MachineTime()))
    await writer.transact(lambda work: record_facts(work, config, clock.now()))
    await writer.transact(handlers.recover)
    if clock.simulated:
        log.warning("the clock is simulated: it shows %s", clock.now().isoformat())
    return writer, handlers


def running_lot(
    config: LotConfig,
    writer: Writer,
    handlers: Handlers,
    reader: PlateReader,
    hardware: Mapping[str, LaneHardware],
    displays: Mapping[str, TextDisplay],
    counts: LotCounts,
    emergency_input: EmergencyInput | None = None,
    codes: CodeReader | None = None,
) -> RunningLot:
    """The lot's lanes over their hardware; none of them runs yet.

    `reader` serves lanes without one of their own; without `codes` exits look for no QR codes.
    """
    receipts = ReceiptKeys(config.payment.receipt_keys)
    desk = None if codes is None else Desk(config.lot.id, codes, receipts, handlers, config.clock)
    photos = PhotoFolder(config.store.photos)
    barriers = {lane_id: _holdable(lane_id, lane.barrier) for lane_id, lane in hardware.items()}
    lanes = {
        lane.id: LaneLoop(
            lane.id,
            lane.direction,
            measured_hardware(lane.id, replace(hardware[lane.id], barrier=barriers[lane.id]), counts),
            hardware[lane.id].reader or reader,
            photos,
            writer,
            handlers,
            config.clock,
            config.timing,
            config.vision.burst_frames,
            config.vision.least_confidence,
            f"{config.payment.driver_page_url}?lot={config.lot.id}",
            desk,
        )
        for lane in config.lanes
    }
    emergency = Emergency(lanes, barriers, writer, handlers, emergency_input)
    clock = config.clock
    watch = ClockWatch(clock, writer, MachineTime()) if isinstance(clock, SteadyClock) else None
    return RunningLot(config.lot.id, clock, writer, handlers, photos, lanes, displays, emergency, watch)


def _holdable(lane_id: str, barrier: Barrier) -> HoldableBarrier:
    return HoldableBarrier(lane_id, barrier, told=barrier.hold if isinstance(barrier, SharedSide) else None)


@asynccontextmanager
async def _workers(config: LotConfig, factory: LookerFactory) -> AsyncIterator[VisionWorkers]:
    workers = VisionWorkers(factory, config.vision.workers, config.vision.timeout_s, Grammar(config.vision.region))
    await workers.start()
    try:
        yield workers
    finally:
        await workers.close()


def _shipped(config: LotConfig) -> LookerFactory:
    vision = config.vision
    detector, reader = (model_place(config, name) for name in (vision.detector, vision.reader))
    return partial(load_pipeline, detector, reader, vision.region, vision.provider)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot hold the store ({error.strerror}): check [store] folder") from error
