"""The adapters at a lane: simulated loops and barriers, cameras that play files, and a display that speaks."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from pixel_plates import write_picture

from lot_server.adapters.cameras import PlayedCamera, folder_camera, video_camera
from lot_server.adapters.display import TextDisplay
from lot_server.adapters.simulated import Behaviour, SimulatedLane, SimulatedSite
from lot_server.domain.clock import SimulatedClock, SystemClock
from lot_server.domain.money import Money
from lot_server.errors import BadConfig, BarrierFault, LaneOccupied, NothingWaits, UnknownLane, UnknownVehicle
from lot_server.ports import Camera, LaneMessage, LoopChange
from vision.errors import SourceUnavailable
from vision.types import Frame

CLOCK = SystemClock()


def run(scenario: Callable[[SimulatedLane, SimulatedSite], Awaitable[None]], opening_s: float = 0.0) -> None:
    """Run a scenario at a site with one lane."""

    async def main() -> None:
        lane = SimulatedLane("entry-1", CLOCK, opening_s, 0.0)
        site = SimulatedSite({"entry-1": lane})
        try:
            await scenario(lane, site)
        finally:
            await site.end()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("behaviour", "fate", "felt"),
    [
        ("cross", "crossed", [("arming", True), ("closing", True), ("arming", False), ("closing", False)]),
        ("back_out", "backed_out", [("arming", True), ("arming", False)]),
    ],
)
def test_a_vehicle_drives_once_the_barrier_is_up(behaviour: Behaviour, fate: str, felt: list[tuple[str, bool]]) -> None:
    """The loops feel a crossing vehicle in order, and only the arming loop feels one that backs out."""

    async def scenario(lane: SimulatedLane, site: SimulatedSite) -> None:
        listening = asyncio.create_task(_first(lane, len(felt)))
        await asyncio.sleep(0)
        vehicle = site.send("entry-1", [], behaviour)
        assert await vehicle.wait(0.0) == "waiting"
        await lane.open()
        assert await vehicle.wait(30.0) == fate
        assert [(change.loop, change.occupied) for change in await listening] == felt
        assert await lane.occupied() == frozenset()

    run(scenario)


async def _first(lane: SimulatedLane, count: int) -> list[LoopChange]:
    changes = lane.changes()
    return [await anext(changes) for _ in range(count)]


def test_whoever_listens_late_hears_what_is_occupied() -> None:
    """`changes` begins with the loops that are occupied already."""

    async def scenario(lane: SimulatedLane, site: SimulatedSite) -> None:
        site.send("entry-1", [], "cross")
        assert await anext(lane.changes()) == LoopChange("arming", True)

    run(scenario)


def test_a_barrier_command_stands_when_its_caller_gives_up() -> None:
    """A cancelled `open` still opens the barrier; a command that another one replaces fails as a BarrierFault."""

    async def scenario(lane: SimulatedLane, _: SimulatedSite) -> None:
        opening = asyncio.create_task(lane.open())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await lane.state() == "opening"
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        assert await lane.state() == "opening"
        assert lane._movement is not None
        await lane._movement
        assert await lane.state() == "open"
        closing = asyncio.create_task(lane.close())
        await asyncio.sleep(0)
        await lane.open()
        with pytest.raises(BarrierFault):
            await closing
        assert await lane.state() == "open"

    run(scenario, opening_s=0.02)


def test_a_lane_holds_one_vehicle_at_a_time() -> None:
    """A second vehicle raises LaneOccupied, leaving with none there NothingWaits, and unknown names are typed."""

    async def scenario(lane: SimulatedLane, site: SimulatedSite) -> None:
        vehicle = site.send("entry-1", [], "cross")
        with pytest.raises(LaneOccupied):
            site.send("entry-1", [], "cross")
        lane.leave()
        assert await vehicle.wait(0.0) == "refused"
        with pytest.raises(NothingWaits):
            lane.leave()
        with pytest.raises(UnknownLane):
            site.send("nowhere", [], "cross")
        with pytest.raises(UnknownVehicle):
            site.vehicle("nobody")

    run(scenario)


def test_a_simulated_camera_shows_the_vehicle_or_the_empty_lane(tmp_path: Path) -> None:
    """A burst holds the vehicle's own pictures, an empty lane without one, and a dead camera raises."""
    pictures = [write_picture(tmp_path / f"{shade}.png", None, shade) for shade in (10, 20, 30)]

    async def scenario(lane: SimulatedLane, site: SimulatedSite) -> None:
        (empty,) = await frames_of(lane, 3)
        assert empty.image.ndim == 3
        site.send("entry-1", pictures, "cross")
        frames = await frames_of(lane, 2)
        assert [int(frame.image[0, 0, 0]) for frame in frames] == [10, 20]
        assert len(await frames_of(lane, 9)) == 3
        assert all(frame.captured_at is not None for frame in frames)
        lane.camera_works = False
        with pytest.raises(SourceUnavailable, match="cable"):
            await frames_of(lane, 1)

    run(scenario)


def test_a_vehicle_without_pictures_is_a_camera_without_frames() -> None:
    """A burst of a vehicle that came without pictures raises instead of giving none."""

    async def scenario(lane: SimulatedLane, site: SimulatedSite) -> None:
        site.send("entry-1", [], "cross")
        with pytest.raises(SourceUnavailable):
            await frames_of(lane, 1)

    run(scenario)


async def frames_of(camera: Camera, count: int) -> list[Frame]:
    return [frame async for frame in camera.burst(count)]


def shades(camera: PlayedCamera, *counts: int) -> list[list[int]]:
    """The brightness of the frames of one burst after another."""

    async def bursts() -> list[list[int]]:
        taken = [[int(frame.image.mean().round()) for frame in await frames_of(camera, count)] for count in counts]
        await camera.end()
        return taken

    return asyncio.run(bursts())


def test_a_folder_plays_on_from_burst_to_burst(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Bursts go through the pictures in order and start over; one that cannot be read is logged and passed over."""
    for shade in (10, 20, 30):
        write_picture(tmp_path / f"{shade}.png", None, shade)
    (tmp_path / "25.png").write_bytes(b"no picture")
    assert shades(folder_camera(tmp_path, CLOCK), 2, 2, 2) == [[10, 20], [30], [10, 20]]
    assert "unreadable_image" in caplog.text


def test_frames_carry_the_time_of_the_lots_clock(tmp_path: Path) -> None:
    """A played frame is stamped by the configured clock, be it simulated."""
    write_picture(tmp_path / "a.png", None)
    origin = datetime(2020, 1, 1, tzinfo=UTC)
    clock = SimulatedClock(origin, 1.0, datetime.now(UTC))
    (frame,) = asyncio.run(frames_of(folder_camera(tmp_path, clock), 1))
    assert frame.captured_at is not None
    assert frame.captured_at.year == 2020


def test_a_video_plays_and_starts_over(tmp_path: Path) -> None:
    """A video file gives its frames burst by burst."""
    file = tmp_path / "gate.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for shade in (40, 120, 200):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    first, rest, again = shades(video_camera(file, CLOCK), 2, 2, 1)
    assert [round(shade, -1) for shade in (*first, *rest, *again)] == [40, 120, 200, 40]


@pytest.mark.parametrize("kind", ["missing-folder", "empty-folder", "missing-video", "no-video"])
def test_a_dead_camera_raises(tmp_path: Path, kind: str) -> None:
    """A folder or video that is missing, empty or no video raises SourceUnavailable at every burst."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.avi").write_text("no video")
    camera = {
        "missing-folder": folder_camera(tmp_path / "nowhere", CLOCK),
        "empty-folder": folder_camera(tmp_path / "empty", CLOCK),
        "missing-video": video_camera(tmp_path / "nowhere.avi", CLOCK),
        "no-video": video_camera(tmp_path / "text.avi", CLOCK),
    }[kind]

    async def twice() -> None:
        for _ in range(2):
            with pytest.raises(SourceUnavailable):
                await frames_of(camera, 1)

    asyncio.run(twice())


def test_a_display_speaks_the_lots_languages() -> None:
    """One line a language, then plate, amount and the QR code's text; an unknown language is refused."""
    display = TextDisplay(["en", "zh"])
    message = LaneMessage("please_pay", "AB12CD", Money(450, "EUR"), "https://park.example/pay?lot=lot-1")
    asyncio.run(display.show(message))
    assert display.lines == ("Please pay", "请缴费", "AB12CD", "4.50 EUR", "https://park.example/pay?lot=lot-1")
    asyncio.run(display.show(LaneMessage("welcome")))
    assert display.lines == ("Welcome", "欢迎光临")
    with pytest.raises(BadConfig, match="displays speak"):
        TextDisplay(["xx"])
