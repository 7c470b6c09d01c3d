"""The input that calls for an emergency: a fire panel's contact or a button, debounced."""

import time
from collections.abc import Callable
from typing import Protocol

from lot_server.errors import LotError

UNKNOWN_AFTER_SECONDS = 3.0
"""Real time without a known level before somebody is told: a reconnect is no reason to call a person."""


class Level(Protocol):
    """An input's newest level; `Contact` of any device is one."""

    def on(self) -> bool:
        """Raises DeviceAway, DeviceFault where it is not known."""
        ...


class EmergencyInput:
    """One input. A level that is not known calls for nothing, and is told."""

    def __init__(
        self, name: str, level: Level, debounce_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """It calls once its level has been on for `debounce_s` real seconds."""
        self.name = name
        self._level = level
        self._debounce_s = debounce_s
        self._monotonic = monotonic
        self._on_since: float | None = None
        self._unknown_since: float | None = None
        self._why = ""
        self.calls = False
        """Whether it calls, as of the last look."""

    @property
    def unknown(self) -> str | None:
        """Why its level is not known, once it has not been for a while."""
        since = self._unknown_since
        return self._why if since is not None and self._monotonic() - since >= UNKNOWN_AFTER_SECONDS else None

    def look(self) -> bool:
        """Whether it calls now."""
        now = self._monotonic()
        try:
            on = self._level.on()
        except LotError as error:
            self._unknown_since = now if self._unknown_since is None else self._unknown_since
            self._why = str(error)
            self._on_since, self.calls = None, False
            return False
        self._unknown_since = None
        self._on_since = (now if self._on_since is None else self._on_since) if on else None
        self.calls = self._on_since is not None and now - self._on_since >= self._debounce_s
        return self.calls
