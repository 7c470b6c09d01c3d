"""A whole lot server in a process of its own, and the way to it over real HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

CONFIG = """
[lot]
id = "lot-1"
name = "Test lot"
address = "1 Road"
latitude = 52.0
longitude = 4.0
spaces = {spaces}
time_zone = "Europe/Amsterdam"
currency = "EUR"

[store]
folder = "lot"

[loopback]
port = 0

[vision]
burst_frames = 2
timeout_s = 30

[site]
kind = "simulated"
opening_s = 0.01
drive_s = 0.01

[payment]
driver_page_url = "http://127.0.0.1/pay"

[timing]
passage_s = 0.3
refused_s = 0.3

[[lanes]]
id = "entry-1"
direction = "entry"

[[lanes]]
id = "exit-1"
direction = "exit"

[[tariffs]]
version = 1
valid_from = 2026-01-01T00:00:00Z
free_minutes = 0
grace_minutes = 15
quote_minutes = 10
lines = [{{ start_minute = 0, block_minutes = 60, price = 200 }}]

[blocked]
plates = ["ZZ-99-ZZ"]
"""
PIXEL_SERVER = """
import sys

# Workers import this file as well, and need nothing of it.
if __name__ == "__main__":
    import asyncio, logging
    from pathlib import Path
    from pixel_plates import PixelReader
    from lot_server.cli import announce
    from lot_server.config import load_config
    from lot_server.main import serve

    logging.basicConfig(level=logging.INFO)
    asyncio.run(serve(load_config(Path(sys.argv[1])), announce, PixelReader))
"""
SUPPORT = Path(__file__).parent


def support_path() -> str:
    """PYTHONPATH by which a program finds the modules of tests/support, before what is on it already."""
    return os.pathsep.join(filter(None, (str(SUPPORT), os.environ.get("PYTHONPATH"))))


def write_config(folder: Path, spaces: int = 5, more: str = "") -> Path:
    """A lot.toml for a simulated site with one entry and one exit."""
    file = folder / "lot.toml"
    file.write_text(CONFIG.format(spaces=spaces) + more, encoding="utf-8")
    return file


class LotProcess:
    """`openlot lot serve`, or with `pixels` the same server with the reader of `pixel_plates`."""

    def __init__(self, config: Path, pixels: bool = True) -> None:
        self.folder = config.parent / "lot"
        self.config = config
        self._log = config.parent / "server.log"
        if pixels:
            script = config.parent / "pixel_server.py"
            script.write_text(PIXEL_SERVER)
            self._command = [sys.executable, str(script), str(config)]
        else:
            self._command = [sys.executable, "-m", "openlot", "lot", "serve", "--config", str(config)]
        self._environment = os.environ | {"PYTHONPATH": support_path()}
        self._process: subprocess.Popen[str] | None = None
        self._http: httpx2.Client | None = None
        self.ready = ""

    def start(self) -> str:
        """Start it and return the line that says it is ready, which `ready` holds as well."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log()
        address = json.loads((self.folder / "loopback.json").read_text())
        self._http = httpx2.Client(
            base_url=f"http://{address['host']}:{address['port']}/loopback/v1", trust_env=False, timeout=30.0
        )
        self.ready = line.strip()
        return self.ready

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        assert self._process is not None
        if self._http is not None:
            self._http.close()
        self._process.send_signal(number)
        status = self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text()

    def request(self, method: str, path: str, body: object = None, token: str | None = None) -> httpx2.Response:
        assert self._http is not None
        used = (self.folder / "loopback.token").read_text() if token is None else token
        return self._http.request(method, path, json=body, headers={"authorization": f"Bearer {used}"})

    def get(self, path: str) -> dict[str, Any]:
        response = self.request("GET", path)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        response = self.request("POST", path, body)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def lane(self, lane_id: str) -> dict[str, Any]:
        return next(lane for lane in self.get("/state")["lanes"] if lane["lane_id"] == lane_id)

    def until(self, lane_id: str, state: str) -> dict[str, Any]:
        """The lane once it is in a state; fails after very many looks."""
        for _ in range(2000):
            lane = self.lane(lane_id)
            if lane["state"] == state:
                return lane
            time.sleep(0.02)
        raise AssertionError(f"{lane_id} is {lane}, never {state}\n{self.log()}")

    def send(self, lane_id: str, frames: list[Path], behaviour: str = "cross") -> str:
        """A vehicle comes to a lane; its id."""
        body = {"frames": [str(frame) for frame in frames], "behaviour": behaviour}
        return str(self.post(f"/simulated/lanes/{lane_id}/vehicles", body)["vehicle_id"])

    def fate(self, vehicle_id: str) -> str:
        """What became of a vehicle, waiting for it to go."""
        return str(self.get(f"/simulated/vehicles/{vehicle_id}?wait_s=20")["state"])

    def settle(self, stay_id: str, minor: int, reference: str) -> httpx2.Response:
        """A settlement as the sync worker brings it."""
        now = self.get("/state")["now"]
        body = {
            "settlement_id": f"settlement-{reference}",
            "stay_id": stay_id,
            "amount": {"minor": minor, "currency": "EUR"},
            "provider": "sandbox",
            "provider_reference": reference,
            "quoted_at": now,
            "settled_at": now,
        }
        return self.request("POST", "/settlements", body)
