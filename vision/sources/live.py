"""A live camera: always the newest frame, connected again when it drops, and loud when it stays away."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from vision.errors import SourceUnavailable
from vision.picture import Awake, Picture, Sleeper
from vision.types import Frame, Luma


class Capture(Protocol):
    """An open camera."""

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:
        """Its pictures as they come, until they stop; while the sleeper sleeps, fewer."""

    def release(self) -> None:
        """Lets the camera go."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stamped:
    """A picture, when it came, and how many were given before it."""

    picture: Picture
    index: int
    came_at: datetime

    @property
    def luma(self) -> Luma:
        return self.picture.luma

    def frame(self) -> Frame:
        return replace(self.picture.frame(), index=self.index, captured_at=self.came_at)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a camera, in seconds: between two attempts at first and at most, and in all.

    Each pause is twice the one before and drawn between half and all of that, so that the cameras of a lot do not
    come back in step.
    """

    first_pause: float = 0.5
    longest_pause: float = 15.0
    in_all: float = 30.0

    def pause(self, failures: int) -> float:
        """The pause after so many failures in a row, at least one."""
        full = min(self.longest_pause, self.first_pause * 2.0 ** min(failures - 1, 16))
        return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads reconnects, guards nothing


def utc_now() -> datetime:
    """The system's time."""
    return datetime.now(UTC)


class LiveSource:
    """Frames of a camera that runs whether it is looked at or not.

    A thread of its own takes every frame and keeps the newest, so that a slow reader falls behind in frames, never
    in time. `connect` opens the camera, or returns None where it does not answer; it is called again, with growing
    pauses, whenever frames stop. The size may differ after that.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Capture | None],
        patience: Patience | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`name` is how messages call the camera; `now` stamps the frames."""
        self._name = name
        self._connect = connect
        self._patience = patience or Patience()
        self._now = now
        self._stopped = threading.Event()
        self._fresh = threading.Condition()
        self._newest: tuple[Picture, datetime] | None = None

    def frames(self) -> Iterator[Frame]:
        """Newest frames, until `close`. Raises SourceUnavailable when none came for `patience.in_all` seconds."""
        for picture in self.pictures(Awake()):
            yield picture.frame()

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:
        """Newest pictures, until `close`; while the sleeper sleeps, fewer. Raises as `frames`.

        The sleeper is asked from the thread that takes the pictures.
        """
        grabber = threading.Thread(target=self._grab, args=(sleeper,), name=f"camera {self._name}", daemon=True)
        grabber.start()
        index = 0
        try:
            while not self._stopped.is_set():
                newest = self._take()
                if newest is None:
                    if self._stopped.is_set():
                        return
                    raise SourceUnavailable(
                        f"camera {self._name} has given no frame for {self._patience.in_all:g} s; "
                        "check its power, its cable and its address"
                    )
                yield _Stamped(newest[0], index, newest[1])
                index += 1
        finally:
            self.close()
            grabber.join(timeout=1.0)

    def close(self) -> None:
        """Ends `frames`; the camera is let go once its current read returns."""
        self._stopped.set()
        with self._fresh:
            self._fresh.notify_all()

    def _take(self) -> tuple[Picture, datetime] | None:
        with self._fresh:
            self._fresh.wait_for(
                lambda: self._newest is not None or self._stopped.is_set(), timeout=self._patience.in_all
            )
            newest, self._newest = self._newest, None
            return newest

    def _grab(self, sleeper: Sleeper) -> None:
        failures = 0
        while not self._stopped.is_set():
            capture = self._connect()
            if capture is not None:
                if self._pump(capture, sleeper):
                    failures = 0
                capture.release()
            failures += 1
            self._stopped.wait(self._patience.pause(failures))

    def _pump(self, capture: Capture, sleeper: Sleeper) -> bool:
        """Takes pictures until they stop; whether there was one."""
        any_came = False
        for picture in capture.pictures(sleeper):
            any_came = True
            with self._fresh:
                self._newest = (picture, self._now())
                self._fresh.notify_all()
            if self._stopped.is_set():
                break
        return any_came
