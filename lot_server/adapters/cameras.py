"""The cameras that a lane may name: live ones, and a folder of pictures or a video played a burst at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

from lot_server.adapters.live_camera import STALL_SECONDS, CameraHealth, CameraState, LiveCamera
from lot_server.camera_address import CameraAddress
from lot_server.domain.clock import Clock
from lot_server.errors import BadConfig
from vision.errors import NoImages, SourceUnavailable, VisionError
from vision.ports import FrameSource
from vision.sources.folder import FolderSource
from vision.sources.live import Patience
from vision.sources.rtsp import RtspSource, without_credentials
from vision.sources.usb import UsbSource
from vision.sources.video import VideoSource
from vision.types import Frame

log = logging.getLogger(__name__)


class PlayedCamera:
    """Gives the next frames of a source at every burst, and starts over at its end."""

    def __init__(self, open_source: Callable[[], FrameSource], clock: Clock) -> None:
        """`open_source` is called at the first burst and at every new start. `clock` stamps the frames."""
        self._open_source = open_source
        self._clock = clock
        self._source: FrameSource | None = None
        self._frames: Iterator[Frame] = iter(())
        self._in_use = asyncio.Lock()
        self._health = CameraHealth("away", clock.now(), text="not started yet")

    def health(self) -> CameraHealth:
        """How its last burst went."""
        return self._health

    async def start(self) -> None:
        """Look whether it gives a frame at all; the first burst begins at its start again."""
        async with self._in_use:
            try:
                frame = await asyncio.to_thread(self._first)
            except SourceUnavailable as error:
                self._note("away", None, str(error))
            else:
                self._note("ok", frame, "")
            self._frames = iter(())
            self._close()

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        """The next `count` frames, fewer where the source ends. Raises SourceUnavailable."""
        async with self._in_use:
            for place in range(count):
                try:
                    frame = await asyncio.to_thread(self._next if place else self._first)
                except SourceUnavailable as error:
                    self._note("away", None, str(error))
                    raise
                if frame is None:
                    return
                self._note("ok", frame, "")
                yield replace(frame, captured_at=frame.captured_at or self._clock.now())

    async def end(self) -> None:
        """Let go of the file."""
        async with self._in_use:
            self._close()

    def _note(self, state: CameraState, frame: Frame | None, text: str) -> None:
        since = self._health.since if self._health.state == state else self._clock.now()
        size = None if frame is None else (frame.width, frame.height)
        self._health = CameraHealth(state, since, size, text=text)

    def _first(self) -> Frame:
        frame = self._next()
        if frame is None:
            self._close()
            self._source = self._open_source()
            self._frames = self._source.frames()
            frame = self._next()
        if frame is None:
            raise SourceUnavailable("the camera's folder or video gives no frame: check what is in it")
        return frame

    def _next(self) -> Frame | None:
        try:
            return next(self._frames, None)
        except NoImages as error:
            raise SourceUnavailable(str(error)) from error

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None


def folder_camera(folder: Path, clock: Clock) -> PlayedCamera:
    """Plays the pictures of a folder in the order of their names; what cannot be read is logged and passed over."""

    def report(path: Path, error: VisionError) -> None:
        log.error("camera picture %s: %s: %s", path.name, error.code, error)

    def open_folder() -> FrameSource:
        if not folder.is_dir():
            raise SourceUnavailable(f"the camera's folder {folder} is not there: check [[lanes]] camera")
        return FolderSource(folder, report)

    return PlayedCamera(open_folder, clock)


def video_camera(file: Path, clock: Clock) -> PlayedCamera:
    """Plays a video file."""
    return PlayedCamera(lambda: VideoSource(file), clock)


LaneCamera = PlayedCamera | LiveCamera
"""A camera with `start`, `end` and `health` besides `burst`."""
_PATIENCE = Patience(first_pause=0.5, longest_pause=5.0, in_all=10.0)


def camera_at(address: CameraAddress, folder: Path, clock: Clock, stall_s: float = STALL_SECONDS) -> LaneCamera:
    """The camera with an address; relative paths start at `folder`. Raises BadConfig for a simulated one."""
    place = address.place
    match address.kind:
        case "rtsp" | "rtsps" | "http" | "https":
            return LiveCamera(without_credentials(place), lambda: RtspSource(place, _PATIENCE), clock, stall_s)
        case "usb":
            return LiveCamera(f"usb:{place}", lambda: UsbSource(int(place), _PATIENCE), clock, stall_s)
        case "folder":
            return folder_camera(folder / place, clock)
        case "video":
            return video_camera(folder / place, clock)
        case "simulated":
            raise BadConfig("[[lanes]] camera is simulated: only the lanes of a simulated site have such a one")
