"""The lanes' parts, by the kind of site that the configuration names."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from lot_server.adapters.cameras import camera_at
from lot_server.adapters.escpos_printer import EscPosPrinter
from lot_server.adapters.simulated import SimulatedLane, SimulatedSite
from lot_server.camera_address import camera_address
from lot_server.config import LotConfig
from lot_server.emergency_input import EmergencyInput, Level
from lot_server.hardware_site import HardwareSite, LaneParts
from lot_server.lane_config import LaneSection
from lot_server.lane_setup import LaneHardware
from lot_server.ports import Camera, Display, FrameReader, TicketPrinter
from lot_server.shared_lane import share


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of all lanes, by lane id, the site they belong to, and the input that calls for an emergency."""

    lanes: Mapping[str, LaneHardware]
    simulated: SimulatedSite | None = None
    hardware: HardwareSite | None = None
    emergency: EmergencyInput | None = None


async def open_site(
    config: LotConfig, displays: Mapping[str, Display], frames: FrameReader, parts: AsyncExitStack
) -> Site:
    """The site of a configuration, ended by `parts`; `frames` reads for lanes that are watched.

    Raises BadConfig for a login file, ExtraMissing.
    """
    match config.site.kind:
        case "hardware":
            return await _hardware(config, displays, frames, parts)
        case "simulated":
            return _simulated(config, displays, parts)
        case "none":
            return Site({})


async def _hardware(
    config: LotConfig, displays: Mapping[str, Display], frames: FrameReader, parts: AsyncExitStack
) -> Site:
    site = HardwareSite(config, frames)
    parts.push_async_callback(site.end)
    await site.start()
    lanes = {lane.id: _lane(site.lanes[lane.id], displays[lane.id], _printer(lane)) for lane in config.lanes}
    for lane in config.lanes:
        if lane.shares is not None:
            lanes[lane.shares], lanes[lane.id] = share(lanes[lane.shares], lanes[lane.id])
    return Site(lanes, hardware=site, emergency=_emergency(config, site.emergency))


def _lane(parts: LaneParts, display: Display, printer: TicketPrinter | None) -> LaneHardware:
    camera = parts.watched or parts.camera
    return LaneHardware(camera, parts.loops, parts.barrier, display, printer, parts.watched)


def _simulated(config: LotConfig, displays: Mapping[str, Display], parts: AsyncExitStack) -> Site:
    simulated = {
        lane.id: SimulatedLane(lane.id, config.clock, config.site.opening_s, config.site.drive_s)
        for lane in config.lanes
    }
    site = SimulatedSite(simulated)
    parts.push_async_callback(site.end)
    lanes = {
        lane.id: LaneHardware(
            *(_camera(config, lane, simulated[lane.id]), simulated[lane.id], simulated[lane.id]),
            *(displays[lane.id], _printer(lane)),
        )
        for lane in config.lanes
    }
    return Site(lanes, simulated=site, emergency=_emergency(config, site.emergency))


def _emergency(config: LotConfig, contact: Level | None) -> EmergencyInput | None:
    section = config.emergency
    return None if section is None or contact is None else EmergencyInput(section.input, contact, section.debounce_s)


def _printer(lane: LaneSection) -> TicketPrinter | None:
    return None if lane.printer is None else EscPosPrinter(lane.printer)


def _camera(config: LotConfig, lane: LaneSection, simulated: SimulatedLane) -> Camera:
    address = camera_address(lane.camera)
    return simulated if address.kind == "simulated" else camera_at(address, config.folder, config.clock)
