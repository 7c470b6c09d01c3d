"""The processes beside the lot, started and killed in real time: cloud, payment provider, sync and vision worker."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from api.config import load
from api.db import Database
from api.enrolling import enrol
from benchmarks.simulation.errors import ServiceDied
from benchmarks.simulation.service import Service
from benchmarks.simulation.settings import LOT_ID, Files, Ports
from benchmarks.week.real_time import RealTime
from cloud_sync.key_file import make_key_file
from lot_server.adapters.vision_child import Looker, load_pipeline
from lot_server.adapters.vision_workers import VisionWorkers
from vision.grammar import Grammar
from vision.types import Frame, Sighting

_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


class ServiceRoom:
    """Each by its name. `clock` is the file that they read the time from."""

    def __init__(self, files: Files, ports: Ports, clock: Path, real: RealTime) -> None:
        self._real = real
        self._files, self._ports = files, ports
        self._workers: VisionWorkers | None = None
        program = (sys.executable, "-m", "benchmarks.week.services")
        configs = {"sandbox": files.sandbox, "cloud": files.cloud, "sync": files.sync}
        self._services = {
            name: Service(name, (name, str(config), str(clock)), files.log(name), program)
            for name, config in configs.items()
        }

    async def enrol(self) -> None:
        """Make the lot's key known to the cloud."""

        async def work() -> None:
            public_key = make_key_file(self._files.key)
            database = Database(load(self._files.cloud).database_url)
            try:
                await database.prepare()
                async with database.writing() as session:
                    await enrol(session, LOT_ID, public_key)
            finally:
                await database.close()

        await self._real.do(work())

    async def start(self, name: str) -> None:
        """Start a service, and wait until it answers. Raises ServiceDied, ServiceSilent."""
        service = self._services[name]

        async def work() -> None:
            await service.start()
            port = {"cloud": self._ports.cloud, "sandbox": self._ports.sandbox}.get(name)
            if port is not None:
                await service.until_answers(f"http://127.0.0.1:{port}/healthz")

        await self._real.do(work())

    async def kill(self, name: str) -> None:
        """kill -9."""
        await self._real.do(self._services[name].kill())

    def deaths(self) -> list[str]:
        """What ended without being asked."""
        found = []
        for service in self._services.values():
            try:
                service.check()
            except ServiceDied as error:
                found.append(str(error))
        return found

    async def stop(self) -> None:
        """End them all."""

        async def work() -> None:
            for service in reversed(self._services.values()):
                await service.stop()
            if self._workers is not None:
                await self._workers.close()

        await self._real.do(work())

    # Vision

    async def start_vision(self) -> None:
        """One vision worker with the shipped networks."""

        async def work() -> None:
            workers = VisionWorkers(_shipped, 1, 60.0, Grammar("any"))
            await workers.start()
            self._workers = workers

        await self._real.do(work())

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        """What the vision worker reads, as a `PlateReader`."""
        taken = [frame async for frame in frames]

        async def work() -> Sighting | None:
            assert self._workers is not None
            return await self._workers.sight(_again(taken))

        return await self._real.do(work())

    async def kill_vision_worker(self) -> None:
        """kill -9; another takes its place."""
        if self._workers is not None:
            for pid in self._workers.pids:
                os.kill(pid, signal.SIGKILL)

    def megabytes(self) -> dict[str, float]:
        """Resident memory of the lot's process, which holds the world too, and of each other."""
        pids = {"lot": os.getpid()} | {name: service.pid for name, service in self._services.items()}
        if self._workers is not None:
            pids["vision"] = next(iter(self._workers.pids), 0)
        return {name: _resident(pid) for name, pid in pids.items() if pid}


def _shipped() -> Looker:
    return load_pipeline("detector", "reader", "any", "cpu")


async def _again(frames: Sequence[Frame]) -> AsyncIterator[Frame]:
    for frame in frames:
        yield frame


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
    except OSError:
        return 0.0


@asynccontextmanager
async def running(room: ServiceRoom, with_vision: bool) -> AsyncIterator[ServiceRoom]:
    """Everything runs while the block does; nothing of it is left running afterwards."""
    try:
        await room.enrol()
        for name in ("sandbox", "cloud"):
            await room.start(name)
        if with_vision:
            await room.start_vision()
        yield room
    finally:
        await room.stop()
