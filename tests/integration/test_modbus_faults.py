"""A Modbus box that is slow, drops its connections, answers wrongly or late, over a real server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from device_boxes import INPUTS, TIMEOUT_S, ModbusBox, box_of
from pymodbus.constants import ExcCodes

from lot_server.adapters.device import LONGEST_PAUSE_SECONDS, pause_after
from lot_server.adapters.modbus import ModbusDevice
from lot_server.errors import DeviceAway, DeviceFault


def run(scenario: Callable[[ModbusBox], Awaitable[None]], folder: Path) -> None:
    async def main() -> None:
        async with box_of("modbus", folder) as box:
            assert isinstance(box, ModbusBox)
            await scenario(box)

    asyncio.run(main())


def test_a_late_answer_is_never_anothers(tmp_path: Path) -> None:
    """A call that timed out takes its answer with it: the next one gets what is true then."""

    async def scenario(box: ModbusBox) -> None:
        await box.put("closing", True)
        box.delay_s = 1.5 * TIMEOUT_S
        with pytest.raises(DeviceAway, match="did not answer within"):
            await box.device.inputs()
        box.delay_s = 0.0
        await box.put("closing", False)
        assert not (await box.device.inputs())["closing"]
        await asyncio.sleep(TIMEOUT_S)
        assert not (await box.device.inputs())["closing"]

    run(scenario, tmp_path)


@pytest.mark.parametrize("refusal", [ExcCodes.ILLEGAL_ADDRESS, ExcCodes.DEVICE_BUSY, ExcCodes.DEVICE_FAILURE])
def test_a_refusal_is_a_fault_with_its_code(tmp_path: Path, refusal: ExcCodes) -> None:
    """A Modbus exception raises DeviceFault with its number, and the connection lives on."""

    async def scenario(box: ModbusBox) -> None:
        box.refusal = refusal
        with pytest.raises(DeviceFault, match=f"exception {int(refusal)}"):
            await box.device.inputs()
        box.refusal = None
        assert dict(await box.device.inputs()) == dict.fromkeys(INPUTS, False)

    run(scenario, tmp_path)


@pytest.mark.parametrize(
    "garble",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="no-modbus"),
        pytest.param(bytes.fromhex("0001000000040101010f"), id="other-function"),
        pytest.param(bytes.fromhex("7777000000040102010f"), id="other-transaction"),
        pytest.param(bytes.fromhex("000100000003010200"), id="no-bits"),
        pytest.param(b"\xff" * 300, id="noise"),
    ],
)
def test_a_wrong_answer_is_no_level(tmp_path: Path, garble: bytes) -> None:
    """Bytes that are no answer to the request raise, and the next right answer counts again."""

    async def scenario(box: ModbusBox) -> None:
        box.garble = garble
        with pytest.raises((DeviceAway, DeviceFault)):
            await box.device.inputs()
        box.garble = None
        await box.put("arming", True)
        assert (await box.device.inputs())["arming"]

    run(scenario, tmp_path)


def test_another_unit_is_refused(tmp_path: Path) -> None:
    """A unit that is not there raises instead of giving another one's levels."""

    async def scenario(box: ModbusBox) -> None:
        device = ModbusDevice("other", "127.0.0.1", box.port, 9, TIMEOUT_S, INPUTS, {})
        with pytest.raises((DeviceAway, DeviceFault)):
            await device.inputs()
        await device.end()

    run(scenario, tmp_path)


def test_a_cancelled_call_leaves_the_device_usable(tmp_path: Path) -> None:
    """A caller that gives up in the middle harms nobody who comes after."""

    async def scenario(box: ModbusBox) -> None:
        box.delay_s = 0.2
        for _ in range(3):
            call = asyncio.ensure_future(box.device.inputs())
            await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            assert call.cancelled()
        box.delay_s = 0.0
        assert dict(await box.device.inputs()) == dict.fromkeys(INPUTS, False)

    run(scenario, tmp_path)


def test_pauses_grow_to_a_limit_and_differ() -> None:
    """Pauses between attempts double up to the longest, each drawn from its upper half."""
    for failures in range(1, 40):
        full = min(LONGEST_PAUSE_SECONDS, 0.2 * 2.0 ** (failures - 1))
        drawn = {pause_after(failures) for _ in range(20)}
        assert all(full / 2 <= pause <= full for pause in drawn)
        assert len(drawn) > 1
