"""What every adapter of `LoopInputs` promises to a lane, and what wired loops say when they are not known."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from device_boxes import KINDS, Box, Kind, ModbusBox, box_of

from lot_server.adapters.polled_inputs import Contact, PolledInputs
from lot_server.adapters.simulated import SimulatedLane
from lot_server.adapters.wired_loops import WiredLoops
from lot_server.domain.clock import SystemClock
from lot_server.errors import DeviceAway, DeviceFault
from lot_server.ports import LoopChange, LoopInputs, LoopName

CLOCK = SystemClock()
LoopsKind = Literal["simulated", "modbus", "http", "gpio", "mqtt"]
Roll = Callable[[LoopName, bool], Awaitable[None]]


@asynccontextmanager
async def wired(box: Box, debounce_s: float = 0.01, *inverted: str) -> AsyncIterator[WiredLoops]:
    """Loops wired to a box that is being polled."""
    inputs = PolledInputs(box.device, 0.005, CLOCK)
    polling = asyncio.create_task(inputs.run())
    try:
        for _ in range(500):
            if inputs.health.fault is None:
                break
            await asyncio.sleep(0.01)
        yield WiredLoops(
            Contact(inputs, "arming", "arming" in inverted),
            Contact(inputs, "closing", "closing" in inverted),
            debounce_s,
        )
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


@asynccontextmanager
async def loops_of(kind: LoopsKind, folder: Path) -> AsyncIterator[tuple[LoopInputs, Roll]]:
    """Loops of a kind, and what rolls a vehicle onto one or off it."""
    if kind == "simulated":
        lane = SimulatedLane("lane", CLOCK, 0.0, 0.0)

        async def drive(loop: LoopName, on: bool) -> None:
            lane._feel(loop, on)

        yield lane, drive
        return
    async with box_of(kind, folder) as box, wired(box) as loops:
        yield loops, box.put


@pytest.fixture(params=["simulated", *KINDS])
def kind(request: pytest.FixtureRequest) -> LoopsKind:
    chosen: LoopsKind = request.param
    return chosen


async def until_occupied(loops: LoopInputs, *wanted: LoopName) -> None:
    for _ in range(500):
        if await loops.occupied() == frozenset(wanted):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the loops were never {wanted}")


def test_what_stands_there_is_said_first(kind: LoopsKind, tmp_path: Path) -> None:
    """`occupied` tells what stands where, and `changes` begins with it."""

    async def main() -> None:
        async with loops_of(kind, tmp_path) as (loops, roll):
            assert await loops.occupied() == frozenset()
            await roll("closing", True)
            await until_occupied(loops, "closing")
            changes = loops.changes()
            assert await asyncio.wait_for(anext(changes), 20) == LoopChange("closing", True)

    asyncio.run(main())


def test_changes_come_in_order(kind: LoopsKind, tmp_path: Path) -> None:
    """A vehicle that drives through is felt by both loops, in the order it drives."""

    async def main() -> None:
        async with loops_of(kind, tmp_path) as (loops, roll):
            changes = loops.changes()
            for loop, on in (("arming", True), ("closing", True), ("arming", False), ("closing", False)):
                change = asyncio.ensure_future(anext(changes))
                await asyncio.sleep(0)
                await roll(loop, on)
                assert await asyncio.wait_for(change, 20) == LoopChange(loop, on)

    asyncio.run(main())


@pytest.mark.parametrize("box_kind", KINDS)
def test_what_is_not_known_is_never_free(box_kind: Kind, tmp_path: Path) -> None:
    """A device that goes away ends `changes` with its error and fails `occupied`; once back, both work again."""

    async def main() -> None:
        async with box_of(box_kind, tmp_path) as box, wired(box) as loops:
            await box.put("arming", True)
            await until_occupied(loops, "arming")
            changes = loops.changes()
            assert await anext(changes) == LoopChange("arming", True)
            await box.leave()
            with pytest.raises((DeviceAway, DeviceFault)):
                await asyncio.wait_for(anext(changes), 20)
            with pytest.raises((DeviceAway, DeviceFault)):
                await loops.occupied()
            await box.come_back()
            for _ in range(500):
                try:
                    assert await loops.occupied() == {"arming"}
                    break
                except (DeviceAway, DeviceFault):
                    await asyncio.sleep(0.02)
            assert await asyncio.wait_for(anext(loops.changes()), 20) == LoopChange("arming", True)

    asyncio.run(main())


def on_modbus(scenario: Callable[[ModbusBox], Awaitable[None]], tmp_path: Path) -> None:
    async def main() -> None:
        async with box_of("modbus", tmp_path) as box:
            assert isinstance(box, ModbusBox)
            await scenario(box)

    asyncio.run(main())


def test_an_inverted_contact_says_free_while_it_is_closed(tmp_path: Path) -> None:
    """With an inverted contact a wire that breaks reads as a vehicle, never as a free loop."""

    async def scenario(box: ModbusBox) -> None:
        await box.put("closing", True)
        async with wired(box, 0.01, "closing") as loops:
            assert await loops.occupied() == frozenset()
            await box.put("closing", False)
            assert await loops.occupied() == {"closing"}

    on_modbus(scenario, tmp_path)


def test_a_flicker_is_no_vehicle(tmp_path: Path) -> None:
    """A level that does not stand for the debounce time makes no change; one that does makes one."""

    async def scenario(box: ModbusBox) -> None:
        async with wired(box, debounce_s=0.3) as loops:
            changes = loops.changes()
            change = asyncio.ensure_future(anext(changes))
            for on in (True, False, True, False):
                await box.put("closing", on)
                await until_occupied(loops, *(("closing",) if on else ()))
            await box.put("arming", True)
            assert await asyncio.wait_for(change, 20) == LoopChange("arming", True)

    on_modbus(scenario, tmp_path)


def test_a_fault_of_the_adapter_leaves_no_old_level(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a device's adapter raises, the levels are unknown until it answers again."""

    async def scenario(box: ModbusBox) -> None:
        async with wired(box) as loops:
            right = box.device.inputs

            async def wrong() -> dict[str, bool]:
                raise ZeroDivisionError

            box.device.inputs = wrong  # type: ignore[method-assign]
            with pytest.raises(DeviceFault, match="ZeroDivisionError"):
                await loops.occupied()
            box.device.inputs = right  # type: ignore[method-assign]
            assert await loops.occupied() == frozenset()

    on_modbus(scenario, tmp_path)
    assert "device box failed" in caplog.text
