"""What runs beside the lot in a scenario, as processes of their own: a writer to its disk, its mirroring, a cloud."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from benchmarks.gate.errors import SurroundingsFailed
from benchmarks.gate.lot import LOT_ID, WatchedLot
from benchmarks.gate.scenario import Scenario
from benchmarks.simulation.service import READY_S, Service, openlot
from benchmarks.simulation.settings import free_ports


@asynccontextmanager
async def surroundings(scenario: Scenario, lot: WatchedLot, folder: Path) -> AsyncIterator[None]:
    """What the scenario asks for, while the block runs; files go to `folder`, on the lot's disk.

    Raises SurroundingsFailed where it does not start or has ended too early, SimulationError.
    """
    async with AsyncExitStack() as parts:
        match scenario:
            case Scenario.IDLE | Scenario.FULL:
                yield
            case Scenario.DISK_BUSY:
                await parts.enter_async_context(_busy_disk(folder / "busy"))
                yield
            case Scenario.CLOUD_UP | Scenario.CLOUD_DOWN:
                up = scenario is Scenario.CLOUD_UP
                services = await parts.enter_async_context(_mirroring(lot, folder, up))
                yield
                for service in services:
                    service.check()
                if up:
                    await _until_mirrored(lot)


@asynccontextmanager
async def _busy_disk(file: Path) -> AsyncIterator[None]:
    command = (sys.executable, "-P", "-m", "benchmarks.gate.disk_writer", str(file))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        yield
        if process.returncode is not None:
            raise SurroundingsFailed(f"the writer to the disk ended by itself: see that {file.parent} has 128 MiB free")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def _mirroring(lot: WatchedLot, folder: Path, up: bool) -> AsyncIterator[tuple[Service, ...]]:
    """`openlot sync` for the lot, and where `up` the cloud that it mirrors to; else nobody listens there."""
    port = free_ports().cloud
    key, cloud_file, sync_file = folder / "lot.key", folder / "cloud.toml", folder / "sync.toml"
    public_key = (await openlot("sync", "keygen", "--out", str(key))).strip()
    cloud = Service("cloud", ("cloud", "serve", "--config", str(cloud_file)), folder / "cloud.log")
    sync = Service("sync", ("sync", "serve", "--config", str(sync_file)), folder / "sync.log")
    cloud_file.write_text(_cloud_toml(port, folder / "cloud.db"), encoding="utf-8")
    sync_file.write_text(_sync_toml(lot, port, key, folder / "watermark.db"), encoding="utf-8")
    services = (cloud, sync) if up else (sync,)
    try:
        if up:
            enrol = ("cloud", "add-lot", "--config", str(cloud_file), "--lot-id", LOT_ID)
            await openlot(*enrol, f"--public-key={public_key}")
            await cloud.start()
            await cloud.until_answers(f"http://127.0.0.1:{port}/healthz")
        await sync.start()
        await _until_said(sync, "applied" if up else "uplink_unavailable")
        yield services
    finally:
        for service in reversed(services):
            await service.stop()


async def _until_said(service: Service, text: str) -> None:
    async with _in_time(service):
        while not service.log_has(f'"{text}"'):
            service.check()
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _in_time(service: Service) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(READY_S):
            yield
    except TimeoutError as error:
        raise SurroundingsFailed(f"{service.name} is not ready; the end of its log:\n{service.log_tail()}") from error


async def _until_mirrored(lot: WatchedLot) -> None:
    """A cloud that was up has all that was recorded: else it was not up."""
    deadline = asyncio.get_running_loop().time() + READY_S
    while await lot.unacknowledged():
        if asyncio.get_running_loop().time() > deadline:
            raise SurroundingsFailed("the cloud did not acknowledge what the lot recorded: nothing was mirrored")
        await asyncio.sleep(0.1)


def _cloud_toml(port: int, database: Path) -> str:
    address = f"sqlite+aiosqlite:///{database.absolute()}"
    return f'[server]\nhost = "127.0.0.1"\nport = {port}\n[database]\nurl = {json.dumps(address)}\n'


def _sync_toml(lot: WatchedLot, port: int, key: Path, watermark: Path) -> str:
    def path(file: Path) -> str:
        return json.dumps(str(file.absolute()))

    return (
        f'[lot]\nid = "{LOT_ID}"\ndatabase = {path(lot.store.database)}\n'
        f'loopback_url = "{lot.url}"\ntoken_file = {path(lot.store.token)}\n'
        f'[cloud]\nurl = "http://127.0.0.1:{port}"\n'
        f"[key]\nfile = {path(key)}\n[worker]\nwatermark = {path(watermark)}\n"
    )
