"""Cameras that play a folder of pictures or a video, a burst of frames at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

from lot_server.domain.clock import Clock
from vision.errors import NoImages, SourceUnavailable, VisionError
from vision.ports import FrameSource
from vision.sources.folder import FolderSource
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

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        """The next `count` frames, fewer where the source ends. Raises SourceUnavailable."""
        async with self._in_use:
            for place in range(count):
                frame = await asyncio.to_thread(self._next if place else self._first)
                if frame is None:
                    return
                yield replace(frame, captured_at=frame.captured_at or self._clock.now())

    async def end(self) -> None:
        """Let go of the file."""
        async with self._in_use:
            self._close()

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
