"""`openlot lot serve` at a lot of real hardware: a Modbus box over TCP, a network camera, a screen at each lane."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import cv2
import httpx2
import numpy as np
import pytest
from device_boxes import ModbusBox
from lot_process import CONFIG, LotProcess
from mjpeg_camera import MjpegCamera

from benchmarks.simulation.bursts import WIDEST
from benchmarks.simulation.cameras import GateCamera, draw_look
from benchmarks.simulation.grain import Grain
from models.train.synthetic.glyphs import OpenGlyphs
from vision.types import Image

HARDWARE = """
[site]
kind = "hardware"

[display]
port = 0

[[devices]]
name = "cabinet"
kind = "modbus"
host = "127.0.0.1"
port = {port}
timeout_s = 0.5
poll_s = 0.01
inputs = {{ entry_arming = 0, entry_closing = 1, entry_up = 2, entry_down = 3, exit_arming = 4, exit_closing = 5 }}
outputs = {{ entry_open = 0, exit_open = 1, exit_close = 2 }}
"""
LANES = """
[[lanes]]
id = "entry-1"
direction = "entry"
camera = "{camera}"

[lanes.wiring]
arming = "cabinet.entry_arming"
closing = "cabinet.entry_closing"
open = "cabinet.entry_open"
up = "cabinet.entry_up"
down = "cabinet.entry_down"
debounce_s = 0.02

[[lanes]]
id = "exit-1"
direction = "exit"
camera = "folder:exit-pictures"

[lanes.wiring]
arming = "cabinet.exit_arming"
closing = "cabinet.exit_closing"
open = "cabinet.exit_open"
close = "cabinet.exit_close"
inverted = ["closing"]
pulse_s = 0.05
movement_s = 0.2
debounce_s = 0.02
"""
ENTRY_ARMING, ENTRY_CLOSING, ENTRY_UP, ENTRY_DOWN, EXIT_ARMING, EXIT_CLOSING = range(6)
ENTRY_OPEN, EXIT_OPEN, EXIT_CLOSE = range(3)


class Cabinet:
    """A Modbus box on an event loop of its own, with the entry's arm on it."""

    def __init__(self) -> None:
        self.box = ModbusBox()
        self.arm_follows = True
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.on_loop(self.box.start())
        self._arm = asyncio.run_coroutine_threadsafe(self._follow(), self._loop)
        # The exit's closing loop is wired so that a broken wire reads as a vehicle.
        self.feel(EXIT_CLOSING, True)

    def on_loop(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def feel(self, point: int, level: bool) -> None:
        self.box.levels[point] = level

    def end(self) -> None:
        self._arm.cancel()
        self.on_loop(self.box.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _follow(self) -> None:
        while True:
            if self.arm_follows:
                up = self.box.coils[ENTRY_OPEN]
                self.box.levels[ENTRY_UP], self.box.levels[ENTRY_DOWN] = up, not up
            await asyncio.sleep(0.01)


@pytest.fixture
def cabinet() -> Iterator[Cabinet]:
    made = Cabinet()
    yield made
    made.end()


@pytest.fixture
def picture() -> Image:
    """A vehicle with the plate AB 12 CD at the gate, BGR."""
    rng = np.random.default_rng(7)
    camera = GateCamera(OpenGlyphs(), Grain(rng, WIDEST, WIDEST, 4.0), seed=1)
    return camera.burst(rng, draw_look(rng, "eu"), "eu", "AB 12 CD", "clear", 1.0, 2)[0]


@pytest.fixture
def camera(picture: Image) -> Iterator[MjpegCamera]:
    made = MjpegCamera(picture)
    yield made
    made.leave()


@pytest.fixture
def lot(tmp_path: Path, cabinet: Cabinet, camera: MjpegCamera, picture: Image) -> Iterator[LotProcess]:
    (tmp_path / "exit-pictures").mkdir()
    cv2.imwrite(str(tmp_path / "exit-pictures" / "1.jpg"), picture)
    config = tmp_path / "lot.toml"
    simulated = '[site]\nkind = "simulated"\nopening_s = 0.01\ndrive_s = 0.01\n'
    lanes = '[[lanes]]\nid = "entry-1"\ndirection = "entry"\n\n[[lanes]]\nid = "exit-1"\ndirection = "exit"\n'
    text = CONFIG.format(spaces=5)
    assert simulated in text
    assert lanes in text
    text = text.replace(simulated, HARDWARE.format(port=cabinet.box.port))
    config.write_text(text.replace(lanes, LANES.format(camera=camera.address)).replace("passage_s = 0.3", ""))
    process = LotProcess(config, pixels=False)
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


def until(fits: Callable[[], bool], what: str) -> None:
    for _ in range(3000):
        if fits():
            return
        time.sleep(0.01)
    raise AssertionError(f"never: {what}")


def alert_codes(lot: LotProcess) -> set[str]:
    return {alert["code"] for alert in lot.get("/alerts")["alerts"]}


def test_a_vehicle_goes_in_and_out_over_real_hardware(lot: LotProcess, cabinet: Cabinet, camera: MjpegCamera) -> None:
    """Arming input, plate over the network, coil on, closing input, coil off, stay; out again over pulsed coils."""
    box = cabinet.box
    until(lambda: lot.get("/hardware")["cameras"][0]["state"] == "ok", "the camera gives frames")
    hardware = lot.get("/hardware")
    assert [device["fault"] for device in hardware["devices"]] == [None]
    assert hardware["cameras"][0]["size"]
    assert not box.coils[ENTRY_OPEN]

    cabinet.feel(ENTRY_ARMING, True)
    until(lambda: box.coils[ENTRY_OPEN], "the entry opens")
    lot.until("entry-1", "open")
    until(lambda: screen(lot, "entry-1")["code"] == "please_enter", "the screen says to drive in")
    assert screen(lot, "entry-1")["plate"] == "AB12CD"
    cabinet.feel(ENTRY_CLOSING, True)
    lot.until("entry-1", "straddling")
    cabinet.feel(ENTRY_ARMING, False)
    lot.until("entry-1", "passing")
    assert box.coils[ENTRY_OPEN]
    cabinet.feel(ENTRY_CLOSING, False)
    until(lambda: not box.coils[ENTRY_OPEN], "the entry closes")
    lot.until("entry-1", "idle")
    (stay,) = lot.get("/stays")["stays"]
    assert stay["plate"] == "AB12CD"
    assert lot.get("/state")["free_spaces"] == 4

    box.written.clear()
    cabinet.feel(EXIT_ARMING, True)
    lane = lot.until("exit-1", "waiting_for_payment")
    assert lane["stay_id"] == stay["stay_id"]
    until(lambda: screen(lot, "exit-1")["code"] == "please_pay", "the screen asks for money")
    shown = screen(lot, "exit-1")
    assert (shown["due"], str(shown["qr"])[:4]) == ("2.00 EUR", "<svg")
    assert lot.settle(stay["stay_id"], 200, "order-1").json() == {"outcome": "applied"}
    until(lambda: (EXIT_OPEN, False) in box.written, "the exit's opening pulse is over")
    assert (EXIT_OPEN, True) in box.written
    lot.until("exit-1", "open")
    cabinet.feel(EXIT_CLOSING, False)
    lot.until("exit-1", "straddling")
    cabinet.feel(EXIT_ARMING, False)
    lot.until("exit-1", "passing")
    cabinet.feel(EXIT_CLOSING, True)
    until(lambda: (EXIT_CLOSE, True) in box.written, "the exit closes")
    lot.until("exit-1", "idle")
    assert lot.get("/stays")["stays"] == []
    assert lot.get("/state")["free_spaces"] == 5
    assert lot.stop() == 0


def test_what_is_away_is_told_and_comes_back(lot: LotProcess, cabinet: Cabinet, camera: MjpegCamera) -> None:
    """A cabinet and a camera that go away raise alerts; once back these are resolved and a vehicle gets in."""
    box = cabinet.box
    until(lambda: lot.get("/hardware")["cameras"][0]["state"] == "ok", "the camera gives frames")
    camera.leave()
    cabinet.on_loop(box.leave())
    until(lambda: "device_away" in alert_codes(lot), "the loops are not known")
    until(lambda: bool(alert_codes(lot) & {"camera_stalled", "camera_away"}), "the camera is told")
    assert lot.get("/hardware")["devices"][0]["fault"] == "device_away"
    camera.come_back()
    cabinet.on_loop(box.come_back())
    until(lambda: lot.get("/hardware")["cameras"][0]["state"] == "ok", "the camera is back")
    cabinet.feel(ENTRY_ARMING, True)
    until(lambda: box.coils[ENTRY_OPEN], "the entry opens")
    until(lambda: not alert_codes(lot) & {"camera_stalled", "camera_away"}, "the camera's alert is over")
    cabinet.feel(ENTRY_ARMING, False)
    assert lot.stop() == 0


def screen(lot: LotProcess, lane_id: str) -> dict[str, object]:
    """What the screen of a lane shows now, over its own page's stream."""
    address = json.loads((lot.folder / "display.json").read_text())
    url = f"http://{address['host']}:{address['port']}/lanes/{lane_id}/live"
    with httpx2.stream("GET", url, trust_env=False, timeout=30.0) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and line != "data: {}":
                shown: dict[str, object] = json.loads(line.removeprefix("data: "))
                return shown
    raise AssertionError("the screen's stream ended")
