"""The parts of a simulated site that stand between processes: services, their ends, and the line to the cloud."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.config import load as load_cloud
from api.payments.sandbox_config import load_sandbox
from benchmarks.simulation.bursts import drawn_cars
from benchmarks.simulation.errors import ServiceDied
from benchmarks.simulation.scenario import plan_day
from benchmarks.simulation.service import Service
from benchmarks.simulation.settings import Files, free_ports, write_settings
from benchmarks.simulation.uplink import Uplink
from cloud_sync.config import load_config as load_sync
from lot_server.config import load_config as load_lot
from lot_server.domain.clock import SimulatedClock


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while heard := await reader.read(100):
            writer.write(heard)
            await writer.drain()
    writer.close()


async def until_dead(service: Service) -> None:
    while True:
        service.check()
        await asyncio.sleep(0.05)


async def said_back(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"hello")
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
        await writer.wait_closed()


def test_a_service_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    """The report of an unasked end holds the service's name, its status and the last lines of its log."""

    async def run() -> None:
        service = Service("reader", ("read",), tmp_path / "log")
        await service.start()
        await until_dead(service)

    with pytest.raises(ServiceDied, match=r"(?s)reader ended with status 2 .*PATH"):
        asyncio.run(run())


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_service_that_was_asked_to_end_is_no_death(tmp_path: Path, how: str) -> None:
    """A service that was stopped or killed on purpose is not reported, and can be started anew."""
    files, ports = Files(tmp_path), free_ports()
    clock = SimulatedClock(datetime(2026, 3, 2, tzinfo=UTC), 60.0, datetime.now(UTC))
    write_settings(files, ports, plan_day(drawn_cars(8, 1), 1), clock)

    async def run() -> None:
        service = Service("sandbox", ("cloud", "sandbox", "--config", str(files.sandbox)), files.log("sandbox"))
        await service.start()
        while "ready" not in service.log_tail():
            service.check()
            await asyncio.sleep(0.05)
        await getattr(service, how)()
        service.check()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", ports.sandbox)

    asyncio.run(run())


def test_every_service_understands_its_settings(tmp_path: Path) -> None:
    """The four files that a day writes are what the services themselves accept, with one and the same clock."""
    files, ports = Files(tmp_path), free_ports()
    day = plan_day(drawn_cars(20, 1), 1)
    clock = SimulatedClock(day.starts_at, 600.0, datetime.now(UTC))
    write_settings(files, ports, day, clock)
    files.key.write_text("unused")
    lot, sync, cloud, sandbox = (
        load_lot(files.lot),
        load_sync(files.sync),
        load_cloud(files.cloud),
        load_sandbox(files.sandbox),
    )
    assert lot.clock == sync.clock == cloud.clock == sandbox.clock == clock
    assert lot.lot.spaces == day.spaces
    assert {each.plate for each in lot.passes} == {
        vehicle.car.plates[0] for vehicle in day.vehicles if vehicle.role == "pass_holder"
    }
    assert cloud.sandbox is not None
    assert cloud.sandbox.secret == sandbox.secret


def test_a_cut_line_carries_nothing_until_it_is_restored() -> None:
    """Cut, the line ends open connections and refuses new ones; up, before and after, it passes bytes both ways."""

    async def run() -> None:
        far = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = free_ports().uplink
        line = Uplink(port, far.sockets[0].getsockname()[1])
        await line.restore()
        assert await said_back(port) == b"hello"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"half")
        assert await reader.read(4) == b"half"
        await line.cut()
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await line.restore()
        assert await said_back(port) == b"hello"
        await line.cut()
        far.close()
        await far.wait_closed()

    asyncio.run(run())
