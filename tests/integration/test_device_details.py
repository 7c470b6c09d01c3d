"""What single kinds of devices promise beyond the contract: logins, last wills, lines that are taken anew, extras."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from device_boxes import INPUTS, OUTPUTS, TIMEOUT_S, GpioBox, HttpBox, MqttBox, box_of

from lot_server.adapters.gpio import GpioDevice, kernel_lines
from lot_server.adapters.http_relay import AuthKind, HttpRelay, StatusRequest, SwitchRequest, login
from lot_server.adapters.mqtt import MqttDevice, MqttTopics
from lot_server.errors import BadConfig, DeviceAway, DeviceFault, ExtraMissing


@pytest.mark.parametrize(
    ("kind", "secret", "header"),
    [("basic", "ann:hush", "Basic YW5uOmh1c2g="), ("bearer", "hush", "Bearer hush")],
)
def test_a_relay_gets_its_login_from_a_file(tmp_path: Path, kind: AuthKind, secret: str, header: str) -> None:
    """The login is read from its file and sent with every request."""
    file = tmp_path / "login"
    file.write_text(secret + "\n")

    async def main() -> None:
        async with box_of("http", tmp_path) as box:
            assert isinstance(box, HttpBox)
            status = StatusRequest("/input/{point}", "input.state")
            address = f"http://127.0.0.1:{box.port}"
            relay = HttpRelay(
                "relay", address, TIMEOUT_S, SwitchRequest("/relay/{point}?turn={state}"), status, None,
                login(kind, file), {"arming": "3"}, {},
            )  # fmt: skip
            await relay.inputs()
            assert box.headers[-1]["authorization"] == header
            await relay.end()

    asyncio.run(main())


def test_a_login_file_that_does_not_do_is_refused_without_its_content(tmp_path: Path) -> None:
    """A missing file, and one without USER:PASSWORD, raise BadConfig that repeats no secret."""
    file = tmp_path / "login"
    with pytest.raises(BadConfig, match="cannot be read"):
        login("basic", file)
    file.write_text("hush")
    with pytest.raises(BadConfig, match="USER:PASSWORD") as caught:
        login("digest", file)
    assert "hush" not in str(caught.value)


def test_a_relay_that_takes_a_command_and_does_not_follow_is_a_fault(tmp_path: Path) -> None:
    """The status that is asked after a command counts, not the answer to the command."""

    async def main() -> None:
        async with box_of("http", tmp_path) as box:
            assert isinstance(box, HttpBox)
            box.deaf = True
            with pytest.raises(DeviceFault, match="did not follow"):
                await box.device.switch("open", True)

    asyncio.run(main())


def test_a_box_whose_last_will_was_told_is_away(tmp_path: Path) -> None:
    """Retained levels of a dead box count for nothing though the broker still tells them."""

    async def main() -> None:
        async with box_of("mqtt", tmp_path) as box:
            assert isinstance(box, MqttBox)
            await until_answers(box, True)
            await box.device.switch("open", True)
            assert box.commands == [("open", "ON", False)]
            await box.lose_power()
            await until_answers(box, False)
            for call in (box.device.inputs, lambda: box.device.switch("open", False)):
                with pytest.raises(DeviceAway, match="offline"):
                    await call()
            assert box.lit("open")

    asyncio.run(main())


async def until_answers(box: MqttBox, wanted: bool) -> None:
    for _ in range(500):
        try:
            await box.device.inputs()
            answers = True
        except DeviceAway:
            answers = False
        if answers == wanted:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the box never {'answered' if wanted else 'was away'}")


def test_lines_that_are_taken_anew_keep_what_they_were_told(tmp_path: Path) -> None:
    """After the chip was away a held output starts as it was told last, so that no arm falls."""

    async def main() -> None:
        async with box_of("gpio", tmp_path) as box:
            assert isinstance(box, GpioBox)
            await box.device.switch("open", True)
            await box.leave()
            with pytest.raises(DeviceAway):
                await box.device.inputs()
            await box.come_back()
            await box.device.inputs()
            assert box.requests == [{}, {OUTPUTS["open"]: True}]

    asyncio.run(main())


def test_a_chip_that_is_not_there_is_away() -> None:
    """The kernel's own refusal of a chip becomes DeviceAway that names what to check."""

    async def main() -> None:
        lines = kernel_lines("/dev/gpiochip-none", tuple(INPUTS.values()), (), "as-is", False)
        device = GpioDevice("lines", lines, TIMEOUT_S, INPUTS, {})
        with pytest.raises(DeviceAway, match=r"\[\[devices\]\] chip"):
            await device.inputs()
        await device.end()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("package", "make"),
    [
        ("gpiod", lambda: kernel_lines("/dev/gpiochip0", (), (), "as-is", False)),
        ("aiomqtt", lambda: MqttDevice("m", "h", 1, False, None, 1.0, MqttTopics({}, {}, {}, "a", "o", "ON", "OFF"))),
    ],
)
def test_a_missing_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, package: str, make: Callable[[], object]
) -> None:
    """Without its package a kind of device raises ExtraMissing with the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissing, match=r"pip install 'openlot\["):
        make()
