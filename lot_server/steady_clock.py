"""The lot's clock: the machine's, as long as that runs evenly; else it goes on by the time since the machine started.

So no clock that is set while the lot runs makes a stay negative, and none that starts wrong stands before the last
recorded fact. Whether it is right is another question: `clock_watch` asks it.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from lot_server.domain.clock import Clock
from lot_server.domain.clock_trust import TOLERANCE


def since_boot() -> float:
    """Real seconds since the machine started, sleep included; nobody can set them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """A clock over another one, for any thread. It never goes back but by `set`."""

    def __init__(self, machine: Clock, elapsed: Callable[[], float] = since_boot) -> None:
        self._machine = machine
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._shown, self._at = machine.now(), elapsed()

    @property
    def simulated(self) -> bool:
        return self._machine.simulated

    @property
    def machine(self) -> datetime:
        """What the machine's own clock shows."""
        return self._machine.now()

    def real(self, span: timedelta) -> float:
        return self._machine.real(span)

    def now(self) -> datetime:
        """The machine's time where it runs evenly with the time since start, else that time counted on."""
        with self._lock:
            machine, elapsed = self._machine.now(), self._elapsed()
            even = self._shown + timedelta(seconds=elapsed - self._at)
            # A time service turns a clock slowly: that is followed, but never backwards.
            self._shown = max(machine, self._shown) if abs(machine - even) < TOLERANCE else even
            self._at = elapsed
            return self._shown

    def apart(self) -> timedelta:
        """How far the machine's clock is ahead of this one."""
        shown = self.now()
        return self._machine.now() - shown

    def elapsed(self) -> float:
        """Real seconds since the machine started."""
        return self._elapsed()

    def set(self, instant: datetime) -> None:
        """Show this instant now and go on from there."""
        with self._lock:
            self._shown, self._at = instant, self._elapsed()
