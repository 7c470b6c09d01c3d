"""A frame in shared memory: written once by the server, looked at in place by a vision worker."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from vision.types import Frame


@dataclass(frozen=True, slots=True)
class SharedFrame:
    """What crosses the pipe in place of pixels: where they are, and what goes with them."""

    segment: str
    shape: tuple[int, ...]
    source: str
    index: int
    captured_at: datetime | None


class FrameWriter:
    """The server's side: one segment, made anew when a frame does not fit into it."""

    def __init__(self) -> None:
        self._segment: SharedMemory | None = None

    def write(self, frame: Frame) -> SharedFrame:
        """Copy the pixels in; what was there before is overwritten."""
        segment = self._of_size(frame.image.nbytes)
        pixels = np.ndarray(frame.image.shape, np.uint8, segment.buf)
        pixels[:] = frame.image
        return SharedFrame(segment.name, frame.image.shape, frame.source, frame.index, frame.captured_at)

    def release(self) -> None:
        """Give the memory back."""
        if self._segment is not None:
            self._segment.close()
            self._segment.unlink()
            self._segment = None

    def _of_size(self, size: int) -> SharedMemory:
        if self._segment is None or self._segment.size < size:
            self.release()
            # The name tells whose memory it is: of this process.
            name = f"openlot-{os.getpid()}-{secrets.token_hex(4)}"
            self._segment = SharedMemory(name, create=True, size=max(size, 1))
        return self._segment


class FrameView:
    """The worker's side: a frame whose pixels lie in the server's segment; it must not outlive the job."""

    def __init__(self) -> None:
        self._segment: SharedMemory | None = None

    def frame(self, shared: SharedFrame) -> Frame:
        """The frame of a job."""
        if self._segment is None or self._segment.name != shared.segment:
            if self._segment is not None:
                self._segment.close()
            self._segment = SharedMemory(shared.segment)
        pixels = np.ndarray(shared.shape, np.uint8, self._segment.buf)
        return Frame(pixels, shared.source, shared.index, shared.captured_at)
