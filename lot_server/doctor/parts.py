"""Cameras, devices and ticket printers asked directly, where no lot server runs that would say how they are.

Nothing is switched. The outputs of GPIO lines would fall if they were taken, so such a device is only looked for.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lot_server.adapters.cameras import camera_at
from lot_server.adapters.escpos_printer import EscPosPrinter
from lot_server.camera_address import camera_address
from lot_server.config import LotConfig
from lot_server.doctor.finding import Finding
from lot_server.errors import LotError, PrinterFault
from lot_server.hardware_config import DeviceSection, GpioSection
from lot_server.hardware_site import device_of, empty_lane_file
from lot_server.lane_config import LaneSection
from lot_server.printer_config import PrinterSection
from vision.errors import VisionError

ANSWER_SECONDS = 12.0
"""Longer than a live camera takes to give up its first attempts."""


def check_parts(config: LotConfig) -> list[Finding]:
    """One finding a device, a camera and a ticket printer, and one a lane that is watched."""
    return [*asyncio.run(_all(config)), *_watches(config)]


async def _all(config: LotConfig) -> list[Finding]:
    asked: Iterable[asyncio.Task[Finding]] = [
        *(asyncio.create_task(_device(section)) for section in config.devices),
        *(asyncio.create_task(_camera(config, lane)) for lane in config.lanes),
        *(asyncio.create_task(_printer(lane.id, lane.printer)) for lane in config.lanes if lane.printer is not None),
    ]
    return [await task for task in asked]


def _watches(config: LotConfig) -> Iterator[Finding]:
    for lane in config.lanes:
        if lane.watch is None:
            continue
        if empty_lane_file(config, lane.id, lane.watch).load() is None:
            remedy = f"with nobody in the lane, run `openlot lot lane-empty {lane.id}`"
            yield Finding(f"watch {lane.id}", "fail", "the lot was never shown the empty lane with these zones", remedy)
        else:
            yield Finding(f"watch {lane.id}", "ok", "the lot knows the empty lane")


async def _device(section: DeviceSection) -> Finding:
    check = f"device {section.name}"
    if isinstance(section, GpioSection):
        return _chip(check, Path(section.chip))
    try:
        device = device_of(section)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                inputs = await device.inputs()
        finally:
            await device.end()
    except TimeoutError:
        return Finding(check, "fail", f"no answer in {ANSWER_SECONDS:g} s", "check its power, cable and address")
    except LotError as error:
        return Finding(check, "fail", f"{error.code}: {error}", "check its power, cable and address in [[devices]]")
    return Finding(check, "ok", f"answers with {len(inputs)} inputs")


def _chip(check: str, chip: Path) -> Finding:
    if not os.access(chip, os.R_OK | os.W_OK):
        return Finding(check, "fail", f"{chip} is not there or may not be used", "put the lot's user into its group")
    return Finding(check, "ok", f"{chip} is there; its lines are left alone")


async def _camera(config: LotConfig, lane: LaneSection) -> Finding:
    check = f"camera {lane.id}"
    address = camera_address(lane.camera)
    if address.kind == "simulated":
        return Finding(check, "ok", "simulated")
    # Connecting may take longer than a camera that runs may be silent.
    camera = camera_at(address, config.folder, config.clock, ANSWER_SECONDS)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await camera.start()
            frames = [frame async for frame in camera.burst(1)]
    except (VisionError, TimeoutError) as error:
        text = str(error) or f"no frame in {ANSWER_SECONDS:g} s"
        return Finding(check, "fail", text, "check its power, network and [[lanes]] camera")
    finally:
        await camera.end()
    if not frames:
        return Finding(check, "fail", "it gives no frame", "check what [[lanes]] camera leads to")
    return Finding(check, "ok", f"gives {frames[0].width} x {frames[0].height} pixels")


async def _printer(lane_id: str, section: PrinterSection) -> Finding:
    check = f"ticket printer {lane_id}"
    try:
        await EscPosPrinter(section).check()
    except PrinterFault as error:
        return Finding(check, "fail", str(error), "check its paper, power, network and [lanes.printer]")
    return Finding(check, "ok", "it can print" if section.status else "it is there; it is not asked how it is")
