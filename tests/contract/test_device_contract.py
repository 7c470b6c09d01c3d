"""What every kind of device promises to the loops and barriers that are wired to it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from device_boxes import INPUTS, KINDS, OUTPUTS, Box, Kind, box_of

from lot_server.adapters.polled_inputs import Contact, PolledInputs
from lot_server.domain.clock import SystemClock
from lot_server.emergency_input import EmergencyInput
from lot_server.errors import DeviceAway, DeviceFault

Scenario = Callable[[Box], Awaitable[None]]
Run = Callable[[Scenario], None]


@pytest.fixture(params=KINDS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs a scenario on a box of each kind."""
    kind: Kind = request.param

    def on_box(scenario: Scenario) -> None:
        async def main() -> None:
            async with box_of(kind, tmp_path) as box:
                await settled(box)
                await scenario(box)

        asyncio.run(main())

    return on_box


async def settled(box: Box) -> None:
    """Wait until the box is connected and has told of itself."""
    await until(box, lambda levels: True)


async def until(box: Box, fits: Callable[[dict[str, bool]], bool]) -> dict[str, bool]:
    """The inputs as soon as they fit; fails after very many looks."""
    for _ in range(500):
        try:
            levels = dict(await box.device.inputs())
        except (DeviceAway, DeviceFault):
            await asyncio.sleep(0.02)
            continue
        if fits(levels):
            return levels
        await asyncio.sleep(0.01)
    raise AssertionError("the inputs never came to fit")


def test_inputs_come_by_name(run: Run) -> None:
    """Each input has its own level under its own name, and a change is seen."""

    async def scenario(box: Box) -> None:
        assert dict(await box.device.inputs()) == dict.fromkeys(INPUTS, False)
        await box.put("closing", True)
        assert await until(box, lambda levels: levels["closing"]) == dict.fromkeys(INPUTS, False) | {"closing": True}
        await box.put("closing", False)
        await box.put("arming", True)
        assert (await until(box, lambda levels: levels["arming"] and not levels["closing"]))["up"] is False

    run(scenario)


def test_outputs_are_switched_one_by_one(run: Run) -> None:
    """`switch` returns with the output as told, `output` says so, and the others stay."""

    async def scenario(box: Box) -> None:
        assert not await box.device.output("open")
        await box.device.switch("open", True)
        assert (box.lit("open"), box.lit("close")) == (True, False)
        assert await box.device.output("open")
        await box.device.switch("close", True)
        await box.device.switch("open", False)
        assert (box.lit("open"), box.lit("close")) == (False, True)
        assert not await box.device.output("open")

    run(scenario)


def test_lanes_share_a_device(run: Run) -> None:
    """Calls from several lanes at once each get their own answer."""

    async def scenario(box: Box) -> None:
        await box.put("up", True)
        await until(box, lambda levels: levels["up"])
        answers = await asyncio.gather(
            *(box.device.inputs() for _ in range(5)),
            box.device.switch("open", True),
            *(box.device.inputs() for _ in range(5)),
        )
        assert box.lit("open")
        assert all(answer is None or answer["up"] for answer in answers)

    run(scenario)


def test_a_device_that_is_away_raises_and_comes_back(run: Run) -> None:
    """Away: every call raises DeviceAway, none gives an old level; back: it works again by itself."""

    async def scenario(box: Box) -> None:
        await box.put("arming", True)
        await until(box, lambda levels: levels["arming"])
        await box.leave()
        for call in (box.device.inputs, lambda: box.device.output("open"), lambda: box.device.switch("open", True)):
            with pytest.raises(DeviceAway, match="box"):
                await call()
        await box.come_back()
        assert (await until(box, lambda levels: True))["arming"]
        await box.device.switch("open", True)
        assert box.lit("open")

    run(scenario)


def test_nonsense_is_no_level(run: Run) -> None:
    """A device that answers wrongly raises DeviceFault or DeviceAway at every call."""

    async def scenario(box: Box) -> None:
        await box.talk_nonsense()
        for _ in range(100):
            try:
                await box.device.inputs()
            except (DeviceAway, DeviceFault):
                break
            await asyncio.sleep(0.01)
        for call in (box.device.inputs, lambda: box.device.output("open"), lambda: box.device.switch("open", True)):
            with pytest.raises((DeviceAway, DeviceFault)):
                await call()

    run(scenario)


def test_ending_leaves_outputs_as_they_are(run: Run) -> None:
    """`end` switches nothing: a held barrier is not dropped by a restart of the connection."""

    async def scenario(box: Box) -> None:
        await box.device.switch("open", True)
        await box.device.end()
        assert all(box.lit(name) == (name == "open") for name in OUTPUTS)

    run(scenario)


def test_an_input_calls_for_an_emergency(run: Run) -> None:
    """Whatever kind of box it is on: the input calls while it is on, and a box that is away calls for nothing."""

    async def scenario(box: Box) -> None:
        inputs = PolledInputs(box.device, 0.01, SystemClock())
        button = EmergencyInput("box.up", Contact(inputs, "up"), 0.0)

        async def seen(calls: bool) -> bool:
            for _ in range(500):
                await inputs.fresh()
                if button.look() == calls:
                    return True
                await asyncio.sleep(0.01)
            return False

        assert await seen(False)
        await box.put("up", True)
        assert await seen(True)
        await box.leave()
        assert await seen(False)
        await box.come_back()
        assert await seen(True)

    run(scenario)
