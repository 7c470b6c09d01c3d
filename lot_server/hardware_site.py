"""The hardware of a lot: its devices and cameras, made from the configuration, and each lane's parts of them."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lot_server.adapters.cameras import LaneCamera, camera_at
from lot_server.adapters.device import Device
from lot_server.adapters.empty_lane import EmptyLaneFile
from lot_server.adapters.gpio import GpioDevice, kernel_lines
from lot_server.adapters.http_relay import HttpRelay, login, secret_in
from lot_server.adapters.lane_eye import LaneEye
from lot_server.adapters.live_camera import LiveCamera
from lot_server.adapters.modbus import ModbusDevice
from lot_server.adapters.mqtt import MqttDevice, MqttLogin, MqttTopics
from lot_server.adapters.polled_inputs import Contact, DeviceHealth, PolledInputs
from lot_server.adapters.watched_lane import WatchedLane
from lot_server.adapters.wired_barrier import ClosingInput, Drive, WiredBarrier
from lot_server.adapters.wired_loops import WiredLoops
from lot_server.camera_address import camera_address
from lot_server.config import LotConfig
from lot_server.hardware_config import Contact as WiredContact
from lot_server.hardware_config import (
    DeviceSection,
    EmergencySection,
    GpioSection,
    HttpSection,
    ModbusSection,
    MqttSection,
    WiringSection,
)
from lot_server.lane_config import LaneSection
from lot_server.ports import FrameReader
from lot_server.watch_config import WatchSection
from vision.grammar import Grammar


@dataclass(frozen=True, slots=True)
class LaneParts:
    """What one lane is wired to; `devices` are those it needs besides its loops', whose faults the loops tell.

    Where the lane has no loops, `watched` stands for them.
    """

    camera: LaneCamera
    loops: WiredLoops | WatchedLane
    barrier: WiredBarrier
    devices: frozenset[str]
    watched: WatchedLane | None = None


class HardwareSite:
    """All devices and lanes of a lot. Nothing is connected before `start`; `end` leaves outputs as they are."""

    def __init__(self, config: LotConfig, frames: FrameReader) -> None:
        """`frames` reads for lanes that are watched. Raises BadConfig for a login file that cannot be read,
        ExtraMissing."""
        self._inputs = {
            section.name: PolledInputs(device_of(section), section.poll_s, config.clock) for section in config.devices
        }
        self.lanes: Mapping[str, LaneParts] = {
            lane.id: lane_parts(config, lane, self._inputs, frames) for lane in config.lanes
        }
        self.emergency = None if config.emergency is None else self._emergency(config.emergency)
        """The contact that calls for an emergency."""
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to poll devices and to take frames; what is away is tried again and again."""
        self._tasks = [
            asyncio.create_task(inputs.run(), name=f"device {name}") for name, inputs in self._inputs.items()
        ]
        for parts in self.lanes.values():
            await parts.camera.start()
            if parts.watched is not None:
                await parts.watched.eye.start()

    async def end(self) -> None:
        """Let everything go."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(parts.watched.eye.end() for parts in self.lanes.values() if parts.watched is not None))
        await asyncio.gather(
            *(parts.barrier.end() for parts in self.lanes.values()),
            *(parts.camera.end() for parts in self.lanes.values()),
        )
        await asyncio.gather(*(inputs.device.end() for inputs in self._inputs.values()))

    def _emergency(self, section: EmergencySection) -> Contact:
        device, _, name = section.input.partition(".")
        return Contact(self._inputs[device], name, section.inverted)

    def device_health(self) -> Mapping[str, DeviceHealth]:
        """How each device is, by its name."""
        return {name: inputs.health for name, inputs in self._inputs.items()}


def device_of(section: DeviceSection) -> Device:
    """The adapter of a device, not connected yet. Raises BadConfig for its login file, ExtraMissing."""
    match section:
        case ModbusSection():
            return ModbusDevice(
                *(section.name, section.host, section.port, section.unit, section.timeout_s),
                *(section.inputs, section.outputs),
            )
        case HttpSection():
            return HttpRelay(
                *(section.name, section.base_url, section.timeout_s, section.switch, section.input_status),
                *(section.output_status, login(section.auth, section.auth_file), section.inputs, section.outputs),
            )
        case GpioSection():
            lines = kernel_lines(
                *(section.chip, tuple(section.inputs.values()), tuple(section.outputs.values())),
                *(section.bias, section.outputs_active_low),
            )
            return GpioDevice(section.name, lines, section.timeout_s, section.inputs, section.outputs)
        case MqttSection():
            topics = MqttTopics(
                *(section.inputs, section.outputs, section.states),
                *(section.availability, section.available, section.on, section.off),
            )
            return MqttDevice(
                section.name, section.host, section.port, section.tls, _mqtt_login(section), section.timeout_s, topics
            )


def lane_parts(
    config: LotConfig, lane: LaneSection, inputs: Mapping[str, PolledInputs], frames: FrameReader
) -> LaneParts:
    """The parts of a lane of a checked configuration, on these devices."""
    wiring = wiring_of(config, lane)

    def contact(kind: str, point: str | None) -> Contact | None:
        if point is None:
            return None
        device, _, name = point.partition(".")
        return Contact(inputs[device], name, kind in wiring.inverted)

    camera = camera_at(camera_address(lane.camera), config.folder, config.clock)
    arming, closing = contact("arming", wiring.arming), contact("closing", wiring.closing)
    loops: WiredLoops | WatchedLane
    under_the_arm: ClosingInput
    if arming is not None and closing is not None:
        loops = WiredLoops(arming, closing, wiring.debounce_s)
        under_the_arm = closing
    else:
        loops = under_the_arm = _watched(config, lane, camera, frames)
    device, _, open_output = wiring.open.partition(".")
    drive = Drive(
        *(inputs[device].device, open_output, None if wiring.close is None else wiring.close.partition(".")[2]),
        *(wiring.pulse_s, wiring.movement_s),
    )
    barrier = WiredBarrier(lane.id, drive, under_the_arm, contact("up", wiring.up), contact("down", wiring.down))
    watched = loops if isinstance(loops, WatchedLane) else None
    return LaneParts(camera, loops, barrier, frozenset(_devices(wiring)), watched)


def _watched(config: LotConfig, lane: LaneSection, camera: LaneCamera, frames: FrameReader) -> WatchedLane:
    if lane.watch is None or not isinstance(camera, LiveCamera):
        raise ValueError(f"lane {lane.id} of a checked configuration has neither loops nor a live camera that watches")
    file = empty_lane_file(config, lane.id, lane.watch)
    eye = LaneEye(lane.id, camera, frames, lane.watch.zones, lane.watch.pace, file)
    return WatchedLane(lane.id, eye, Grammar(config.vision.region))


def empty_lane_file(config: LotConfig, lane_id: str, watch: WatchSection) -> EmptyLaneFile:
    """Where it is kept what a watched lane looks like when empty."""
    return EmptyLaneFile(config.store.folder / "empty-lanes" / f"{lane_id}.npz", watch.zones)


def wiring_of(config: LotConfig, lane: LaneSection) -> WiringSection:
    """The wiring of a lane; for an exit that shares an entry the entry's, its loops the other way round."""
    wiring = next((each.wiring for each in config.lanes if each.id == (lane.shares or lane.id)), None)
    if wiring is None:
        raise ValueError(f"lane {lane.id} of a checked configuration has no wiring")
    if lane.shares is None:
        return wiring
    swapped: dict[WiredContact, WiredContact] = {"arming": "closing", "closing": "arming"}
    inverted = tuple(swapped.get(kind, kind) for kind in wiring.inverted)
    return replace(wiring, arming=wiring.closing, closing=wiring.arming, inverted=inverted)


def _devices(wiring: WiringSection) -> Iterator[str]:
    loops = {point.partition(".")[0] for point in (wiring.arming, wiring.closing) if point is not None}
    for point in (wiring.open, wiring.up, wiring.down):
        if point is not None and point.partition(".")[0] not in loops:
            yield point.partition(".")[0]


def _mqtt_login(section: MqttSection) -> MqttLogin | None:
    if section.auth_file is None:
        return None
    user, _, password = secret_in(section.auth_file).partition(":")
    return MqttLogin(user, password)
