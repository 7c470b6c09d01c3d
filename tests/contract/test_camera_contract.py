"""What every adapter of `Camera` promises to a lane, and what a live one says of itself."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from mjpeg_camera import MjpegCamera
from pixel_plates import write_picture

from lot_server.adapters.cameras import LaneCamera, camera_at
from lot_server.adapters.live_camera import LiveCamera
from lot_server.adapters.simulated import SimulatedLane, SimulatedVehicle
from lot_server.camera_address import camera_address
from lot_server.domain.clock import SystemClock
from lot_server.ports import Camera
from vision.errors import SourceUnavailable
from vision.types import Frame, Image

CLOCK = SystemClock()
CameraKind = Literal["simulated", "folder", "video", "http", "source"]
KINDS: tuple[CameraKind, ...] = ("simulated", "folder", "video", "http", "source")


def scene(shade: int, width: int = 64) -> Image:
    return np.full((48, width, 3), shade, np.uint8)


class HandSource:
    """A source whose frames a test gives one by one."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.error: SourceUnavailable | None = None
        self._given: list[Image] = []
        self._news = threading.Condition()
        self._ended = False

    def give(self, *images: Image) -> None:
        with self._news:
            self._given.extend(images)
            self._news.notify_all()

    def fail(self, why: str) -> None:
        with self._news:
            self.error = SourceUnavailable(why)
            self._news.notify_all()

    def open(self) -> "HandSource":
        self.opened += 1
        return self

    def frames(self) -> Iterator[Frame]:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._given or self.error or self._ended)
                if self.error is not None:
                    error, self.error = self.error, None
                    raise error
                if self._ended:
                    return
                image = self._given.pop(0)
            yield Frame(image, "hand")

    def close(self) -> None:
        self.closed += 1

    def end(self) -> None:
        with self._news:
            self._ended = True
            self._news.notify_all()


@asynccontextmanager
async def live(source: HandSource, stall_s: float = 5.0) -> AsyncIterator[LiveCamera]:
    camera = LiveCamera("hand", source.open, CLOCK, stall_s)
    await camera.start()
    try:
        yield camera
    finally:
        source.end()
        await camera.end()


@asynccontextmanager
async def camera_of(kind: CameraKind, folder: Path) -> AsyncIterator[Camera]:
    """A camera of a kind that works."""
    if kind == "simulated":
        lane = SimulatedLane("lane", CLOCK, 0.0, 0.0)
        pictures = [write_picture(folder / f"{number}.png", None) for number in range(3)]
        lane.arrive(SimulatedVehicle("lane", pictures, "cross"))
        yield lane
        return
    if kind == "source":
        source = HandSource()
        pump = asyncio.create_task(_keep_giving(source))
        async with live(source) as camera:
            yield camera
        pump.cancel()
        return
    address = f"{kind}:{folder}"
    streaming: MjpegCamera | None = None
    if kind == "folder":
        for number in range(3):
            write_picture(folder / f"{number}.png", None)
    elif kind == "video":
        address = f"video:{folder / 'gate.avi'}"
        writer = cv2.VideoWriter(str(folder / "gate.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
        for shade in (40, 120, 200):
            writer.write(scene(shade))
        writer.release()
    else:
        streaming = MjpegCamera(scene(90))
        address = streaming.address
    named = camera_at(camera_address(address), folder, CLOCK, 10.0)
    await named.start()
    yield named
    await named.end()
    if streaming is not None:
        streaming.leave()


async def _keep_giving(source: HandSource) -> None:
    while True:
        source.give(scene(90))
        await asyncio.sleep(0.005)


async def frames_of(camera: Camera, count: int) -> list[Frame]:
    return [frame async for frame in camera.burst(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_burst_gives_frames_with_their_time(kind: CameraKind, tmp_path: Path) -> None:
    """A burst gives at least one frame and at most as many as asked for, each BGR with an aware time."""

    async def main() -> None:
        async with camera_of(kind, tmp_path) as camera:
            for count in (1, 3):
                before = CLOCK.now()
                frames = await frames_of(camera, count)
                assert 1 <= len(frames) <= count
                for frame in frames:
                    assert frame.image.dtype == np.uint8
                    assert frame.image.ndim == 3
                    assert frame.captured_at is not None
                    assert frame.captured_at >= before

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["simulated", "folder", "video", "http", "usb", "source"])
def test_a_camera_that_gives_none_says_why(kind: str, tmp_path: Path) -> None:
    """A dead camera's burst raises SourceUnavailable with a reason, and its health is not ok."""

    async def main() -> None:
        if kind == "simulated":
            lane = SimulatedLane("lane", CLOCK, 0.0, 0.0)
            lane.camera_works = False
            with pytest.raises(SourceUnavailable, match="check its power"):
                await frames_of(lane, 1)
            return
        source = HandSource()
        if kind == "source":
            camera: LaneCamera = LiveCamera("hand", source.open, CLOCK, 0.1)
        else:
            places = {
                "folder": f"folder:{tmp_path / 'nowhere'}",
                "video": f"video:{tmp_path / 'nowhere.avi'}",
                "http": "http://127.0.0.1:9/stream",
                "usb": "usb:97",
            }
            camera = camera_at(camera_address(places[kind]), tmp_path, CLOCK, 0.1)
        await camera.start()
        with pytest.raises(SourceUnavailable) as caught:
            await frames_of(camera, 1)
        assert str(caught.value)
        assert camera.health().state == "away"
        assert camera.health().text
        source.end()
        await camera.end()

    asyncio.run(main())


def test_a_burst_takes_only_frames_that_arrive_after_it(tmp_path: Path) -> None:
    """What a live camera showed before the vehicle came is never read, however newly it arrived."""

    async def main() -> None:
        source = HandSource()
        async with live(source) as camera:
            source.give(scene(10), scene(20))
            await until_state(camera, "ok")
            burst = asyncio.create_task(frames_of(camera, 2))
            await asyncio.sleep(0.05)
            source.give(scene(30))
            while not burst.done():
                await asyncio.sleep(0.01)
                source.give(scene(40))
            shades = [int(frame.image[0, 0, 0]) for frame in await burst]
            assert shades[-1] == 40
            assert set(shades) <= {30, 40}

    asyncio.run(main())


async def until_state(camera: LiveCamera, state: str) -> None:
    for _ in range(1000):
        if camera.health().state == state:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the camera is {camera.health()}, never {state}")


def test_a_stalled_camera_says_so_and_recovers() -> None:
    """Frames that stop make it stalled since then, a burst raises, and the next frame makes it ok again."""

    async def main() -> None:
        source = HandSource()
        async with live(source, 0.1) as camera:
            source.give(scene(10))
            await until_state(camera, "ok")
            await until_state(camera, "stalled")
            since = camera.health().since
            with pytest.raises(SourceUnavailable, match="has stalled"):
                await frames_of(camera, 1)
            assert camera.health().since == since
            source.give(scene(20))
            await until_state(camera, "ok")

    asyncio.run(main())


def test_a_source_that_gives_up_is_opened_again(caplog: pytest.LogCaptureFixture) -> None:
    """Away with the source's own reason, its device let go each time, and ok once a new one gives frames."""

    async def main() -> None:
        source = HandSource()
        async with live(source) as camera:
            source.give(scene(10))
            await until_state(camera, "ok")
            source.fail("the cable is out")
            await until_state(camera, "away")
            assert camera.health().text == "the cable is out"
            source.give(scene(20))
            await until_state(camera, "ok")
            assert source.opened >= 2
            assert source.closed >= 1

    asyncio.run(main())
    assert "the cable is out" in caplog.text


def test_another_resolution_is_taken_over(caplog: pytest.LogCaptureFixture) -> None:
    """A camera that changes its size goes on; health and log say the new one."""

    async def main() -> None:
        source = HandSource()
        async with live(source) as camera:
            source.give(scene(10))
            await until_state(camera, "ok")
            assert camera.health().size == (64, 48)
            source.give(scene(20, width=96))
            for _ in range(500):
                if camera.health().size == (96, 48):
                    break
                await asyncio.sleep(0.01)
            assert camera.health().size == (96, 48)

    asyncio.run(main())
    assert "now gives 96 x 48, before 64 x 48" in caplog.text


def test_a_slow_reader_falls_behind_in_frames_never_in_time() -> None:
    """Of many frames that came in between, a burst's next one is the newest."""

    async def main() -> None:
        source = HandSource()
        async with live(source) as camera:
            burst = camera.burst(2)
            first = asyncio.ensure_future(anext(burst))
            await asyncio.sleep(0.05)
            source.give(scene(1))
            assert int((await first).image[0, 0, 0]) == 1
            source.give(*(scene(shade) for shade in range(2, 102)))
            for _ in range(500):
                if camera.health().fps and not source._given:
                    break
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            assert int((await anext(burst)).image[0, 0, 0]) == 101

    asyncio.run(main())


def test_a_network_camera_comes_back_by_itself(tmp_path: Path) -> None:
    """Over real HTTP: frames, then none while its cable is out, then another vehicle's once it is back."""

    async def main() -> None:
        camera = MjpegCamera(scene(60))
        lane = camera_at(camera_address(camera.address), tmp_path, CLOCK, 1.0)
        assert isinstance(lane, LiveCamera)
        await lane.start()
        await until_state(lane, "ok")
        assert abs(int((await frames_of(lane, 1))[0].image.mean()) - 60) < 4
        camera.leave()
        for _ in range(1000):
            if lane.health().state != "ok":
                break
            await asyncio.sleep(0.01)
        with pytest.raises(SourceUnavailable):
            await frames_of(lane, 1)
        camera.show(scene(180))
        camera.come_back()
        await until_state(lane, "ok")
        assert abs(int((await frames_of(lane, 1))[0].image.mean()) - 180) < 4
        await lane.end()
        camera.leave()

    asyncio.run(main())
