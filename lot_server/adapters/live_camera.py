"""A camera that is kept open, whose newest frame is at hand, and that says how it is."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Literal

from lot_server.adapters.device import pause_after
from lot_server.domain.clock import Clock
from vision.errors import SourceUnavailable, VisionError
from vision.ports import FrameSource
from vision.types import Frame

log = logging.getLogger(__name__)
CameraState = Literal["ok", "stalled", "away"]
STALL_SECONDS = 3.0
"""Without a frame for so long a camera that gave some has stalled; a burst waits as long for each frame."""
_RATE_FRAMES = 50
LONGEST_CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera is and since when; `size` (width and height in pixels) and `fps` are those of its last frames.

    `stalled`: it is connected, or was, and its frames have stopped; `away`: its source gave up, for the reason in
    `text`.
    """

    state: CameraState
    since: datetime
    size: tuple[int, int] | None = None
    fps: float | None = None
    text: str = ""


class LiveCamera:
    """Runs a source on a thread of its own from `start` to `end`, opening it again whenever it ends."""

    def __init__(
        self, name: str, open_source: Callable[[], FrameSource], clock: Clock, stall_s: float = STALL_SECONDS
    ) -> None:
        """`name` is what messages call it, without a password; `clock` stamps the frames."""
        self._name = name
        self._open_source = open_source
        self._clock = clock
        self._stall_s = stall_s
        self._lock = threading.Lock()
        self._newest: Frame | None = None
        self._taken = 0
        self._arrivals: deque[float] = deque(maxlen=_RATE_FRAMES)
        self._source: FrameSource | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._why_away: str | None = f"camera {name} gave no frame yet"
        self._health = CameraHealth("away", clock.now(), text=self._why_away or "")

    async def start(self) -> None:
        """Begin to take frames; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"camera {self._name}", daemon=True)
        self._thread.start()

    async def end(self) -> None:
        """Let the camera go."""
        self._ended.set()
        with self._lock:
            source = self._source
        if source is not None:
            await asyncio.to_thread(source.close)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, LONGEST_CLOSE_SECONDS)

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        """`count` frames that all arrive after the call, fewer where the camera stops in between.

        Raises SourceUnavailable where not even one arrives in time.
        """
        with self._lock:
            taken = self._taken
        for place in range(count):
            frame, taken = await self._next(taken)
            if frame is None:
                if place == 0:
                    raise SourceUnavailable(self.health().text or f"camera {self._name} gives no frame")
                return
            yield frame

    async def follow(self) -> AsyncIterator[Frame]:
        """The newest frame, again and again; those that come while one is looked at are passed over.

        Raises SourceUnavailable where none comes for the stall time.
        """
        taken = self._taken
        while True:
            frame, taken = await self._next(taken)
            if frame is None:
                raise SourceUnavailable(self.health().text or f"camera {self._name} gives no frame")
            yield frame

    def health(self) -> CameraHealth:
        """How the camera is now."""
        with self._lock:
            newest, why = self._newest, self._why_away
            arrivals = list(self._arrivals)
        silent = monotonic() - arrivals[-1] if arrivals else 0.0
        if why is not None:
            state: CameraState = "away"
            text = why
        elif silent > self._stall_s:
            state = "stalled"
            text = f"camera {self._name} has stalled: no frame for {self._stall_s:g} s; check its network and its power"
        else:
            state, text = "ok", ""
        since = self._health.since if state == self._health.state else self._clock.now()
        size = None if newest is None else (newest.width, newest.height)
        fps = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) if state == "ok" and len(arrivals) > 1 else None
        self._health = CameraHealth(state, since, size, fps, text)
        return self._health

    async def _next(self, taken: int) -> tuple[Frame | None, int]:
        """The newest frame once there is one after the `taken`th; None after the stall time."""
        try:
            async with asyncio.timeout(self._stall_s):
                while True:
                    self._arrived.clear()
                    with self._lock:
                        if self._taken > taken:
                            return self._newest, self._taken
                    await self._arrived.wait()
        except TimeoutError:
            return None, taken

    def _run(self) -> None:
        failures = 0
        while not self._ended.is_set():
            before = self._taken
            try:
                source = self._open_source()
                with self._lock:
                    self._source = source
                try:
                    for frame in source.frames():
                        self._take(frame)
                        if self._ended.is_set():
                            return
                finally:
                    source.close()
                why = f"camera {self._name} ended its stream: check it"
            except VisionError as error:
                why = str(error)
            except Exception as error:
                log.exception("camera %s failed", self._name)
                why = f"camera {self._name} failed ({type(error).__name__}: {error}): look at the server's log"
            with self._lock:
                self._why_away = why
            failures = 1 if self._taken > before else failures + 1
            if not self._ended.is_set():
                log.error("camera %s is away: %s", self._name, why)
            self._ended.wait(pause_after(failures))

    def _take(self, frame: Frame) -> None:
        stamped = replace(frame, captured_at=self._clock.now())
        with self._lock:
            old = self._newest
            self._newest, self._why_away = stamped, None
            self._taken += 1
            self._arrivals.append(monotonic())
        if old is not None and (old.width, old.height) != (stamped.width, stamped.height):
            log.warning(
                "camera %s now gives %d x %d, before %d x %d",
                *(self._name, stamped.width, stamped.height, old.width, old.height),
            )
        if self._loop is not None and not self._ended.is_set():
            self._loop.call_soon_threadsafe(self._arrived.set)
