"""What every adapter of `Barrier` promises to a lane, and when a wired one refuses to close."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from device_boxes import KINDS, OUTPUTS, Arm, Box, ModbusBox, box_of
from pymodbus.constants import ExcCodes

from lot_server.adapters.polled_inputs import Contact, PolledInputs
from lot_server.adapters.simulated import SimulatedLane
from lot_server.adapters.wired_barrier import Drive, WiredBarrier
from lot_server.domain.clock import SystemClock
from lot_server.errors import BarrierFault
from lot_server.ports import Barrier

CLOCK = SystemClock()
BarrierKind = Literal["simulated", "modbus", "http", "gpio", "mqtt"]


@dataclass(frozen=True)
class Wired:
    """A barrier on a box, with the arm it moves."""

    barrier: WiredBarrier
    box: Box
    arm: Arm
    inputs: PolledInputs


@asynccontextmanager
async def wired(
    box: Box, held: bool = True, limits: tuple[str, ...] = ("up", "down"), movement_s: float = 10.0
) -> AsyncIterator[Wired]:
    """A barrier wired to a box that is being polled, its arm down."""
    inputs = PolledInputs(box.device, 0.005, CLOCK)
    polling = asyncio.create_task(inputs.run())
    drive = Drive(box.device, "open", None if held else "close", 0.05, movement_s)
    contacts = [Contact(inputs, name) if name in limits else None for name in ("up", "down")]
    barrier = WiredBarrier("lane", drive, Contact(inputs, "closing"), *contacts)
    try:
        async with Arm(box, held).moving() as arm:
            for _ in range(500):
                if inputs.health.fault is None and inputs.level("down"):
                    break
                await asyncio.sleep(0.01)
            yield Wired(barrier, box, arm, inputs)
            await barrier.end()
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


@asynccontextmanager
async def barrier_of(kind: BarrierKind, folder: Path, held: bool) -> AsyncIterator[Barrier]:
    if kind == "simulated":
        lane = SimulatedLane("lane", CLOCK, 0.05, 0.0)
        yield lane
        await lane.end()
        return
    async with box_of(kind, folder) as box, wired(box, held) as it:
        yield it.barrier


@pytest.fixture(params=["simulated", *KINDS])
def kind(request: pytest.FixtureRequest) -> BarrierKind:
    chosen: BarrierKind = request.param
    return chosen


@pytest.mark.parametrize("held", [True, False], ids=["held", "pulsed"])
def test_a_barrier_goes_up_and_down(kind: BarrierKind, tmp_path: Path, held: bool) -> None:
    """`open` returns with the arm up and `close` with it down, as often as told, and `state` says so."""

    async def main() -> None:
        async with barrier_of(kind, tmp_path, held) as barrier:
            assert await barrier.state() == "closed"
            for _ in range(2):
                await barrier.open()
                assert await barrier.state() == "open"
            await barrier.close()
            assert await barrier.state() == "closed"

    asyncio.run(main())


async def until_open(barrier: Barrier) -> None:
    """An arm that was turned round on its way leaves its switch for a moment."""
    for _ in range(500):
        with suppress(BarrierFault):
            if await barrier.state() == "open":
                return
        await asyncio.sleep(0.01)
    raise AssertionError("the barrier never opened")


@pytest.mark.parametrize("held", [True, False], ids=["held", "pulsed"])
def test_a_command_outlives_its_caller_and_yields_to_a_newer_one(kind: BarrierKind, tmp_path: Path, held: bool) -> None:
    """A cancelled `open` still opens; a `close` that an `open` replaces fails as BarrierFault and the arm goes up."""

    async def main() -> None:
        async with barrier_of(kind, tmp_path, held) as barrier:
            opening = asyncio.create_task(barrier.open())
            await asyncio.sleep(0.01)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await until_open(barrier)
            closing = asyncio.create_task(barrier.close())
            for _ in range(500):
                if await barrier.state() == "closing" or closing.done():
                    break
                await asyncio.sleep(0.001)
            await barrier.open()
            await until_open(barrier)
            result = (await asyncio.gather(closing, return_exceptions=True))[0]
            # The arm may have been down before the newer command came.
            assert result is None or isinstance(result, BarrierFault)

    asyncio.run(main())


def on_modbus(
    scenario: Callable[[Wired, ModbusBox], Awaitable[None]],
    folder: Path,
    held: bool = True,
    limits: tuple[str, ...] = ("up", "down"),
    movement_s: float = 10.0,
) -> None:
    async def main() -> None:
        async with box_of("modbus", folder) as box, wired(box, held, limits, movement_s) as it:
            assert isinstance(box, ModbusBox)
            await scenario(it, box)

    asyncio.run(main())


def test_no_arm_falls_on_what_stands_on_the_closing_loop(tmp_path: Path) -> None:
    """`close` is refused while the closing loop is occupied, without any coil being written."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        await it.barrier.open()
        box.written.clear()
        await box.put("closing", True)
        with pytest.raises(BarrierFault, match="something stands on its closing loop"):
            await it.barrier.close()
        assert (box.written, it.arm.up) == ([], True)
        await box.put("closing", False)
        await it.barrier.close()
        assert not it.arm.up

    on_modbus(scenario, tmp_path)


@pytest.mark.parametrize("trouble", ["away", "refuses", "silent"])
def test_no_arm_falls_while_the_closing_loop_is_not_known(tmp_path: Path, trouble: str) -> None:
    """`close` is refused while the device of the closing loop is away, refuses or is silent."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        await it.barrier.open()
        box.written.clear()
        if trouble == "away":
            await box.leave()
        box.refusal = ExcCodes.DEVICE_BUSY if trouble == "refuses" else None
        box.delay_s = 5.0 if trouble == "silent" else 0.0
        with pytest.raises(BarrierFault, match="closing loop is not known"):
            await it.barrier.close()
        assert (box.written, it.arm.up) == ([], True)

    on_modbus(scenario, tmp_path)


@pytest.mark.parametrize("held", [True, False], ids=["held", "pulsed"])
def test_an_arm_is_lifted_when_a_vehicle_comes_under_it(tmp_path: Path, held: bool) -> None:
    """A closing loop that becomes occupied during the movement opens the barrier again and raises BarrierFault."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        await it.barrier.open()
        it.arm.stuck = True
        closing = asyncio.create_task(it.barrier.close())
        output = OUTPUTS["open" if held else "close"]
        for _ in range(500):
            if (output, not held) in box.written:
                break
            await asyncio.sleep(0.01)
        await box.put("closing", True)
        with pytest.raises(BarrierFault, match="lifted as it closed: a vehicle came under it"):
            await closing
        assert box.written[-1 if held else -2] == (OUTPUTS["open"], True)

    on_modbus(scenario, tmp_path, held)


def test_an_arm_that_does_not_arrive_is_a_fault(tmp_path: Path) -> None:
    """An arm that never reaches its limit switch raises BarrierFault after the movement's time."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        it.arm.stuck = True
        with pytest.raises(BarrierFault, match=r"was not up after 0\.2 s"):
            await it.barrier.open()
        assert box.lit("open")

    on_modbus(scenario, tmp_path, movement_s=0.2)


def test_a_device_that_does_not_follow_is_a_fault(tmp_path: Path) -> None:
    """A coil whose echo says otherwise, and a device that is away, raise BarrierFault."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        box.deaf_coils = True
        with pytest.raises(BarrierFault, match="did not take coil 2"):
            await it.barrier.open()
        await box.leave()
        with pytest.raises(BarrierFault, match="cannot be driven"):
            await it.barrier.open()
        with pytest.raises(BarrierFault):
            await it.barrier.state()

    on_modbus(scenario, tmp_path)


def test_limit_switches_that_contradict_are_a_fault(tmp_path: Path) -> None:
    """Up and down at once, and neither without a movement, raise BarrierFault."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        await box.put("up", True)
        with pytest.raises(BarrierFault, match="up and down at once"):
            await it.barrier.state()
        await box.put("up", False)
        await box.put("down", False)
        with pytest.raises(BarrierFault, match="between up and down"):
            await it.barrier.state()

    on_modbus(scenario, tmp_path)


@pytest.mark.parametrize("limits", [("up",), ("down",), ()], ids=["up", "down", "none"])
def test_fewer_limit_switches_do(tmp_path: Path, limits: tuple[str, ...]) -> None:
    """With one limit switch, or none and a held output, the barrier still opens, closes and says where it is."""

    async def scenario(it: Wired, _: ModbusBox) -> None:
        assert await it.barrier.state() == "closed"
        await it.barrier.open()
        assert await it.barrier.state() == "open"
        await it.barrier.close()
        assert await it.barrier.state() == "closed"

    on_modbus(scenario, tmp_path, limits=limits, movement_s=0.2)


def test_a_pulsed_barrier_without_limit_switches_is_unknown_at_first(tmp_path: Path) -> None:
    """Nobody can say where it is until a command has ended; then it is where that led."""

    async def scenario(it: Wired, _: ModbusBox) -> None:
        with pytest.raises(BarrierFault, match="cannot be known"):
            await it.barrier.state()
        await it.barrier.close()
        assert await it.barrier.state() == "closed"

    on_modbus(scenario, tmp_path, held=False, limits=(), movement_s=0.2)


def test_a_pulse_is_released_though_its_caller_gives_up(tmp_path: Path) -> None:
    """A pulsed output goes off again when the call is cancelled and when another command replaces it."""

    async def scenario(it: Wired, box: ModbusBox) -> None:
        it.arm.stuck = True
        first = asyncio.create_task(it.barrier.open())
        for _ in range(500):
            if box.lit("open"):
                break
            await asyncio.sleep(0.001)
        first.cancel()
        second = asyncio.create_task(it.barrier.close())
        for _ in range(500):
            if box.lit("close"):
                break
            await asyncio.sleep(0.001)
        assert not box.lit("open")
        await it.barrier.end()
        await asyncio.gather(first, second, return_exceptions=True)
        assert not box.lit("close")

    on_modbus(scenario, tmp_path, held=False)
