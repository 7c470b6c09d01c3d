"""What lot.toml says of lanes, and that it fits the lot's site."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from lot_server.camera_address import camera_address
from lot_server.domain.stay import Direction
from lot_server.domain.vehicle import VehicleClass
from lot_server.errors import BadConfig
from lot_server.hardware_config import DeviceSection, WiringSection, check_hardware
from lot_server.lane_setup import LaneTiming
from lot_server.printer_config import PrinterSection
from lot_server.watch_config import WatchSection

SiteKind = Literal["simulated", "hardware", "none"]
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LIVE_CAMERAS = ("rtsp", "rtsps", "http", "https", "usb")
_SIMULATED_CAMERAS = ("simulated", "folder", "video")


@dataclass(frozen=True, slots=True)
class LaneSection:
    """One lane. `camera` as in `camera_address`; `wiring` is given where, and only where, the site is of hardware.

    An exit that `shares` an entry is the same lane: it has the entry's barrier and loops, from the other side.
    `watch` is given where the lane has no loops: its camera tells what they would.
    `screen` is the address of the screen at the lane, which may see its display page; without one only this computer.
    `printer` prints an entry's tickets. `vehicle` is the kind of vehicle that alone uses an entry.
    """

    id: str
    direction: Direction
    camera: str = "simulated"
    wiring: WiringSection | None = None
    shares: str | None = None
    screen: str | None = None
    printer: PrinterSection | None = None
    vehicle: VehicleClass | None = None
    watch: WatchSection | None = None


@dataclass(frozen=True, slots=True)
class DisplaySection:
    """Where the display pages of the lanes are served: `host` is this computer's address towards the screens."""

    host: str = "127.0.0.1"
    port: int = 8802


def check_lanes(
    site: SiteKind, lanes: Sequence[LaneSection], devices: Sequence[DeviceSection], timing: LaneTiming
) -> None:
    """Raises BadConfig."""
    if lanes and site == "none":
        raise BadConfig('[[lanes]] need barriers and loops: set [site] kind = "hardware", or give no lanes')
    if devices and site != "hardware":
        raise BadConfig('[[devices]] are hardware: set [site] kind = "hardware", or give no devices')
    check_once("[[lanes]] id", [lane.id for lane in lanes])
    check_once("[[devices]] name", [device.name for device in devices])
    named = {f"[[lanes]] number {number}": lane for number, lane in enumerate(lanes, start=1)}
    for where, lane in named.items():
        _check_lane(where, site, lane)
        if lane.shares is not None:
            _check_shared(where, lane, lanes)
    wirings = {where: lane.wiring for where, lane in named.items() if lane.wiring is not None}
    check_hardware(devices, wirings, timing.barrier.total_seconds())


def _check_shared(where: str, lane: LaneSection, lanes: Sequence[LaneSection]) -> None:
    entry = next((each for each in lanes if each.id == lane.shares), None)
    if lane.direction != "exit" or entry is None or entry.direction != "entry":
        raise BadConfig(f"{where} shares must name an entry, and be said of an exit: the exit has no wiring of its own")
    if entry.watch is not None:
        raise BadConfig(f"{where} shares {lane.shares!r}, which is watched: a lane for both directions needs loops")
    if sum(each.shares == lane.shares for each in lanes) > 1:
        raise BadConfig(f"{where} shares {lane.shares!r}, which another exit shares already")


def check_once(where: str, values: list[str]) -> None:
    """Raises BadConfig for a value that is given twice."""
    for value in values:
        if values.count(value) > 1:
            raise BadConfig(f"{where} {value!r} is given twice")


def _check_lane(where: str, site: SiteKind, lane: LaneSection) -> None:
    if not _ID.fullmatch(lane.id):
        raise BadConfig(f"{where} id must be 1 to 64 letters, digits, '.', '_' or '-'")
    try:
        kind = camera_address(lane.camera).kind
    except BadConfig as error:
        raise BadConfig(f"{where} {error}") from error
    if site == "simulated" and kind not in _SIMULATED_CAMERAS:
        raise BadConfig(f"{where} camera of a simulated site must be simulated, folder:PATH or video:PATH")
    if site == "hardware" and kind == "simulated":
        raise BadConfig(f"{where} camera is simulated, and the site is of hardware: give the camera's address")
    if site != "hardware" and lane.shares is not None:
        raise BadConfig(f'{where} shares the wiring of another lane: set [site] kind = "hardware"')
    if lane.shares is not None and lane.wiring is not None:
        raise BadConfig(f"{where} shares the wiring of {lane.shares!r}: leave out its own")
    if site == "hardware" and lane.wiring is None and lane.shares is None:
        raise BadConfig(f"{where} wiring is missing: say which inputs and outputs are its loops and its barrier")
    if site != "hardware" and lane.wiring is not None:
        raise BadConfig(f'{where} wiring is for hardware: set [site] kind = "hardware"')
    if lane.printer is not None:
        if lane.direction == "exit":
            raise BadConfig(f"{where} printer is for tickets, which entries give: take it out")
        lane.printer.check(where)
    if lane.vehicle is not None and lane.direction == "exit":
        raise BadConfig(f"{where} vehicle is said where it enters: take it out")
    _check_loops(where, kind, lane)
    if lane.screen is not None:
        try:
            ip_address(lane.screen)
        except ValueError as error:
            raise BadConfig(f"{where} screen must be an address like 10.0.0.51, not {lane.screen!r}") from error


def _check_loops(where: str, camera: str, lane: LaneSection) -> None:
    """A lane of hardware has both loops, or is watched."""
    loops = {} if lane.wiring is None else {"arming": lane.wiring.arming, "closing": lane.wiring.closing}
    if lane.watch is None:
        for name, point in loops.items():
            if point is None:
                raise BadConfig(f"{where} wiring {name} is missing: wire the loop, or give the lane a watch")
        return
    lane.watch.check(f"{where} watch")
    if lane.wiring is None:
        raise BadConfig(f'{where} watch is for hardware: set [site] kind = "hardware"')
    for name, point in loops.items():
        if point is not None:
            raise BadConfig(f"{where} wiring {name} and watch are both given: a lane has loops or is watched")
    if camera not in _LIVE_CAMERAS:
        raise BadConfig(f"{where} camera must be a live one, rtsp://, http:// or usb:, for the lane to be watched")
