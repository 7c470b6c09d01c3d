"""Boxes of inputs and outputs that a test works by hand, one for each kind of device, each behind its real protocol."""

import asyncio
import http.server
import json
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import parse_qs, urlsplit

import aiomqtt
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simutils import SimUtils

from lot_server.adapters.device import Device
from lot_server.adapters.gpio import GpioDevice
from lot_server.adapters.http_relay import HttpRelay, StatusRequest, SwitchRequest
from lot_server.adapters.modbus import ModbusDevice
from lot_server.adapters.mqtt import MqttDevice, MqttTopics

Kind = Literal["modbus", "http", "gpio", "mqtt"]
KINDS: tuple[Kind, ...] = ("modbus", "http", "gpio", "mqtt")
INPUTS = {"arming": 3, "closing": 5, "up": 6, "down": 7}
OUTPUTS = {"open": 2, "close": 4}
TIMEOUT_S = 1.0


class Box(Protocol):
    """What a test does to a box; points go by the names above."""

    device: Device

    async def put(self, name: str, level: bool) -> None:
        """Set an input."""
        ...

    def lit(self, name: str) -> bool:
        """Whether an output is on at the box itself."""
        ...

    async def leave(self) -> None:
        """Be away: no power, or no network."""
        ...

    async def come_back(self) -> None:
        """Be there again."""
        ...

    async def talk_nonsense(self) -> None:
        """Answer, but not what was asked for."""
        ...


@asynccontextmanager
async def box_of(kind: Kind, folder: Path) -> AsyncIterator[Box]:
    """A box that answers, and its adapter; all ended afterwards."""
    async with AsyncExitStack() as parts:
        box: ModbusBox | HttpBox | GpioBox | MqttBox
        match kind:
            case "modbus":
                box = ModbusBox()
            case "http":
                box = HttpBox()
            case "gpio":
                box = GpioBox()
            case "mqtt":
                box = MqttBox(folder)
        await box.start()
        parts.push_async_callback(box.stop)
        parts.push_async_callback(box.device.end)
        yield box


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class ModbusBox:
    """pymodbus's own server; coils may be watched as they are written, in `written`."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.levels = [False] * 16
        self.coils = [False] * 16
        self.written: list[tuple[int, bool]] = []
        self.delay_s = 0.0
        self.refusal: ExcCodes | None = None
        self.garble: bytes | None = None
        self.deaf_coils = False
        self.device: Device = ModbusDevice("box", "127.0.0.1", self.port, 1, TIMEOUT_S, INPUTS, OUTPUTS)
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        words = [SimData(0, values=0, datatype=DataType.REGISTERS)]
        device = SimDevice(1, simdata=(bits, list(bits), words, list(words)), action=self._act)
        self._server = ModbusTcpServer(device, address=("127.0.0.1", self.port), trace_packet=self._packet)
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None
            await asyncio.sleep(0)

    async def put(self, name: str, level: bool) -> None:
        self.levels[INPUTS[name]] = level

    def lit(self, name: str) -> bool:
        return self.coils[OUTPUTS[name]]

    async def leave(self) -> None:
        await self.stop()

    async def come_back(self) -> None:
        await self.start()

    async def talk_nonsense(self) -> None:
        self.refusal = ExcCodes.ILLEGAL_ADDRESS

    async def _act(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        await asyncio.sleep(self.delay_s)
        if self.refusal is not None:
            return self.refusal
        if function == 2:
            registers[:] = SimUtils.bitsToRegisters(self.levels)
        if values is not None:
            if self.deaf_coils:
                values[0] = self.coils[address]
            self.coils[address] = bool(values[0])
            self.written.append((address, bool(values[0])))
        if function == 1:
            registers[:] = SimUtils.bitsToRegisters(self.coils)
        return None

    def _packet(self, sending: bool, packet: bytes) -> bytes:
        return self.garble if sending and self.garble is not None else packet


class HttpBox:
    """A web server in a thread, with relays and inputs."""

    def __init__(self) -> None:
        self.port = free_port()
        self.levels = dict.fromkeys(INPUTS.values(), False)
        self.relays = dict.fromkeys(OUTPUTS.values(), False)
        self.nonsense = self.deaf = False
        self.hang = threading.Event()
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.device: Device = HttpRelay(
            "box",
            f"http://127.0.0.1:{self.port}",
            TIMEOUT_S,
            SwitchRequest("/relay/{point}?turn={state}", on="on", off="off"),
            StatusRequest("/input/{point}", "input.state"),
            StatusRequest("/relay/{point}", "ison"),
            None,
            {name: str(point) for name, point in INPUTS.items()},
            {name: str(point) for name, point in OUTPUTS.items()},
        )
        self._server: http.server.ThreadingHTTPServer | None = None

    async def start(self) -> None:
        box = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: two would wait for each other.
            wbufsize = 65536

            def do_GET(self) -> None:
                box.asked.append(self.path)
                box.headers.append({name.lower(): value for name, value in self.headers.items()})
                if box.hang.is_set():
                    time.sleep(3 * TIMEOUT_S)
                content = json.dumps({"hello": 1} if box.nonsense else box.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        http.server.ThreadingHTTPServer.daemon_threads = True
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path: str) -> object:
        parts = urlsplit(path)
        _, kind, point = parts.path.split("/")
        if kind == "input":
            return {"input": {"state": self.levels[int(point)]}}
        turn = parse_qs(parts.query).get("turn")
        if turn is not None and not self.deaf:
            self.relays[int(point)] = turn == ["on"]
        return {"ison": self.relays[int(point)]}

    async def stop(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.shutdown)
            self._server.server_close()
            self._server = None

    async def put(self, name: str, level: bool) -> None:
        self.levels[INPUTS[name]] = level

    def lit(self, name: str) -> bool:
        return self.relays[OUTPUTS[name]]

    async def leave(self) -> None:
        # Connections that are kept alive would be answered by their threads for ever.
        self.hang.set()
        await self.stop()

    async def come_back(self) -> None:
        self.hang.clear()
        await self.start()

    async def talk_nonsense(self) -> None:
        self.nonsense = True


class GpioBox:
    """Lines that a test drives in place of a kernel's."""

    def __init__(self) -> None:
        self.levels: dict[int, bool] = dict.fromkeys((*INPUTS.values(), *OUTPUTS.values()), False)
        self.there = True
        self.stuck = False
        self.requests: list[dict[int, bool]] = []
        self.held = False
        self.device: Device = GpioDevice("box", self._request, TIMEOUT_S, INPUTS, OUTPUTS)

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def put(self, name: str, level: bool) -> None:
        self.levels[INPUTS[name]] = level

    def lit(self, name: str) -> bool:
        return self.levels[OUTPUTS[name]]

    async def leave(self) -> None:
        self.there = False

    async def come_back(self) -> None:
        self.there = True

    async def talk_nonsense(self) -> None:
        self.stuck = True

    def level(self, offset: int) -> bool:
        self._must_be_there()
        if self.stuck:
            raise OSError(5, "Input/output error")
        return self.levels[offset]

    def drive(self, offset: int, on: bool) -> None:
        self._must_be_there()
        self.levels[offset] = on

    def release(self) -> None:
        self.held = False

    def _request(self, driven: Mapping[int, bool]) -> "GpioBox":
        self._must_be_there()
        self.requests.append(dict(driven))
        self.held = True
        return self

    def _must_be_there(self) -> None:
        if not self.there:
            raise OSError(19, "No such device")


class MqttBox:
    """A real broker (mosquitto) and a box that follows commands and tells levels as retained messages."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.relays = dict.fromkeys(OUTPUTS, False)
        self.deaf = False
        self.commands: list[tuple[str, str, bool]] = []
        self._folder = folder
        self._levels = dict.fromkeys(INPUTS, False)
        self._broker: asyncio.subprocess.Process | None = None
        self._follower: asyncio.Task[None] | None = None
        self._client: aiomqtt.Client | None = None
        self._ready = asyncio.Event()
        self.device: Device = MqttDevice(
            "box",
            "127.0.0.1",
            self.port,
            False,
            None,
            TIMEOUT_S,
            MqttTopics(
                inputs={name: f"box/in/{name}" for name in INPUTS},
                outputs={name: f"box/out/{name}/set" for name in OUTPUTS},
                states={name: f"box/out/{name}" for name in OUTPUTS},
                availability="box/status",
                available="online",
                on="ON",
                off="OFF",
            ),
        )

    async def start(self) -> None:
        settings = self._folder / "mosquitto.conf"
        settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._broker = await asyncio.create_subprocess_exec(program, "-c", str(settings), stdout=log, stderr=log)
        self._ready.clear()
        self._follower = asyncio.create_task(self._follow())
        await asyncio.wait_for(self._ready.wait(), 20)

    async def stop(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        if self._broker is not None:
            self._broker.terminate()
            await self._broker.wait()
            self._broker = None

    async def put(self, name: str, level: bool) -> None:
        self._levels[name] = level
        await self._tell(f"box/in/{name}", "ON" if level else "OFF")

    def lit(self, name: str) -> bool:
        return self.relays[name]

    async def leave(self) -> None:
        await self.stop()

    async def come_back(self) -> None:
        await self.start()

    async def talk_nonsense(self) -> None:
        for name in INPUTS:
            await self._tell(f"box/in/{name}", "perhaps")
        for name in OUTPUTS:
            await self._tell(f"box/out/{name}", "perhaps")
        self.deaf = True

    async def lose_power(self) -> None:
        """The broker tells the box's last will; the broker itself stays."""
        await self._tell("box/status", "offline")

    async def _tell(self, topic: str, payload: str) -> None:
        assert self._client is not None
        await self._client.publish(topic, payload, qos=1, retain=True)

    async def _follow(self) -> None:
        while True:
            with suppress(aiomqtt.MqttError):
                async with aiomqtt.Client("127.0.0.1", self.port) as self._client:
                    for name, on in self.relays.items():
                        await self._client.subscribe(f"box/out/{name}/set", qos=1)
                        await self._tell(f"box/out/{name}", "ON" if on else "OFF")
                    for name, level in self._levels.items():
                        await self.put(name, level)
                    await self._tell("box/status", "online")
                    self._ready.set()
                    async for message in self._client.messages:
                        name, payload = str(message.topic).split("/")[2], bytes(message.payload).decode()
                        self.commands.append((name, payload, message.retain))
                        if not self.deaf:
                            self.relays[name] = payload == "ON"
                            await self._tell(f"box/out/{name}", payload)
            await asyncio.sleep(0.05)


class Arm:
    """A barrier's arm: follows its outputs, held or pulsed, and presses its limit switches; may be `stuck`."""

    def __init__(self, box: Box, held: bool = True) -> None:
        self.up = False
        self.stuck = False
        self._box = box
        self._held = held

    @asynccontextmanager
    async def moving(self) -> AsyncIterator["Arm"]:
        await self._press()
        task = asyncio.create_task(self._follow())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(0.005)
            wanted = (
                self._box.lit("open")
                if self._held
                else self._box.lit("open") or (self.up and not self._box.lit("close"))
            )
            if wanted != self.up and not self.stuck:
                self.up = wanted
                await self._press()

    async def _press(self) -> None:
        # An arm leaves one switch before it comes to the other.
        await self._box.put("down" if self.up else "up", False)
        await self._box.put("up" if self.up else "down", True)
