"""Frames in shared memory: written once by the server, looked at in place by a vision worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from vision.types import Frame


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where a frame's pixels begin in the segment, in bytes, and what goes with them."""

    offset: int
    shape: tuple[int, ...]
    source: str
    index: int
    captured_at: datetime | None


@dataclass(frozen=True, slots=True)
class SharedFrames:
    """What crosses the pipe in place of pixels."""

    segment: str
    places: tuple[FramePlace, ...]


class FrameWriter:
    """The server's side: one segment, made anew when a burst does not fit into it."""

    def __init__(self) -> None:
        self._segment: SharedMemory | None = None

    def write(self, frames: Sequence[Frame]) -> SharedFrames:
        """Copy the pixels in; what was there before is overwritten."""
        segment = self._of_size(sum(frame.image.nbytes for frame in frames))
        places = []
        offset = 0
        for frame in frames:
            pixels = np.ndarray(frame.image.shape, np.uint8, segment.buf, offset)
            pixels[:] = frame.image
            places.append(FramePlace(offset, frame.image.shape, frame.source, frame.index, frame.captured_at))
            offset += frame.image.nbytes
        return SharedFrames(segment.name, tuple(places))

    def release(self) -> None:
        """Give the memory back."""
        if self._segment is not None:
            self._segment.close()
            self._segment.unlink()
            self._segment = None

    def _of_size(self, size: int) -> SharedMemory:
        if self._segment is None or self._segment.size < size:
            self.release()
            self._segment = SharedMemory(create=True, size=max(size, 1))
        return self._segment


class FrameView:
    """The worker's side: frames whose pixels lie in the server's segment; they must not outlive the job."""

    def __init__(self) -> None:
        self._segment: SharedMemory | None = None

    def frames(self, shared: SharedFrames) -> list[Frame]:
        """The frames of a job, in their order."""
        if self._segment is None or self._segment.name != shared.segment:
            if self._segment is not None:
                self._segment.close()
            self._segment = SharedMemory(shared.segment)
        buffer = self._segment.buf
        return [
            Frame(np.ndarray(place.shape, np.uint8, buffer, place.offset), place.source, place.index, place.captured_at)
            for place in shared.places
        ]
