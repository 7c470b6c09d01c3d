"""The composition root of a lot's server: every part is made here, and ended here in reverse."""

import asyncio
import importlib.util
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from lot_server.adapters.cameras import folder_camera, video_camera
from lot_server.adapters.display import TextDisplay
from lot_server.adapters.simulated import SimulatedLane, SimulatedSite
from lot_server.adapters.vision_child import LookerFactory, load_pipeline
from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.config import LaneSection, LotConfig
from lot_server.errors import ForeignPackage, StoreError
from lot_server.facts import record_facts
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware
from lot_server.loopback.app import LoopbackServer, listen, loopback_app, write_address
from lot_server.loopback.auth import new_token
from lot_server.loopback.lot import RunningLot
from lot_server.photos import PhotoFolder
from lot_server.ports import Camera
from lot_server.store.writer import Writer
from vision.grammar import Grammar

log = logging.getLogger(__name__)


async def serve(config: LotConfig, announce: Callable[[str], None], factory: LookerFactory | None = None) -> None:
    """Run a lot until SIGTERM or SIGINT; `announce` gets one line once everything works.

    `factory` makes the readers of the vision workers, the shipped ones by default. Raises LotError for what keeps the
    lot from starting, and whatever a lane could not survive.
    """
    check_packages()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as parts:
        lot, site = await _start(config, factory or _shipped(config), parts)
        token = new_token(config.store.token)
        server = LoopbackServer(loopback_app(lot, site, token))
        listener = parts.enter_context(listen(config.loopback.host, config.loopback.port))
        port = listener.getsockname()[1]
        async with asyncio.TaskGroup() as tasks:
            lanes = [tasks.create_task(lane.run(), name=f"lane {lane_id}") for lane_id, lane in lot.lanes.items()]
            loopback = tasks.create_task(server.serve([listener]), name="loopback")
            await server.answers.wait()
            write_address(config.store.address, config.loopback.host, port)
            parts.callback(config.store.address.unlink, missing_ok=True)
            clock = " with a simulated clock" if config.clock.simulated else ""
            announce(f"lot {config.lot.id} ready on {config.loopback.host}:{port}{clock}")
            await stop.wait()
            log.info("ending")
            if site is not None:
                site.stop_waiting()
            server.should_exit = True
            await loopback
            for lane in lanes:
                lane.cancel()


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


async def _start(
    config: LotConfig, factory: LookerFactory, parts: AsyncExitStack
) -> tuple[RunningLot, SimulatedSite | None]:
    displays = {lane.id: TextDisplay(config.lot.languages) for lane in config.lanes}
    _make_folder(config.store.folder)
    clock, handlers = config.clock, Handlers(config.clock, config.blocked)
    photos = PhotoFolder(config.store.photos)
    writer = Writer(config.store.database, config.lot.id)
    parts.callback(writer.close)
    await writer.transact(lambda work: record_facts(work, config, clock.now()))
    await writer.transact(handlers.recover)
    if clock.simulated:
        log.warning("the clock is simulated: it shows %s", clock.now().isoformat())
    reader = await parts.enter_async_context(_workers(config, factory))
    hardware = {
        lane.id: SimulatedLane(lane.id, clock, config.site.opening_s, config.site.drive_s) for lane in config.lanes
    }
    site = SimulatedSite(hardware) if config.site.kind == "simulated" else None
    if site is not None:
        parts.push_async_callback(site.end)
    lanes = {
        lane.id: LaneLoop(
            lane.id,
            lane.direction,
            LaneHardware(
                _camera(config, lane, hardware[lane.id]), hardware[lane.id], hardware[lane.id], displays[lane.id]
            ),
            reader,
            photos,
            writer,
            handlers,
            clock,
            config.timing,
            config.vision.burst_frames,
            config.vision.least_confidence,
            f"{config.payment.driver_page_url}?lot={config.lot.id}",
        )
        for lane in config.lanes
    }
    return RunningLot(config.lot.id, clock, writer, handlers, photos, lanes, displays), site


def _camera(config: LotConfig, lane: LaneSection, simulated: SimulatedLane) -> Camera:
    kind, _, path = lane.camera.partition(":")
    match kind:
        case "folder":
            return folder_camera(config.folder / path, config.clock)
        case "video":
            return video_camera(config.folder / path, config.clock)
        case _:
            return simulated


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
    detector, reader = (_model(config.folder, name) for name in (vision.detector, vision.reader))
    return partial(load_pipeline, detector, reader, vision.region, vision.provider)


def _model(folder: Path, name: str) -> str:
    """A model's name as it is; the path of a card or of its weights starts at the configuration's folder."""
    return str(folder / name) if name.endswith((".toml", ".onnx")) else name


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot hold the store ({error.strerror}): check [store] folder") from error
