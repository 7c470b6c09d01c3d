"""The week's time as each side reads it: the lot from its loop, every other process from a few shared bytes."""

import mmap
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.week.virtual_loop import VirtualLoop
from lot_server.steady_clock import SteadyClock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
USUAL_SPEED = 1000.0
"""About how fast the week runs. It turns spans of the week into real time where a network is allowed for, as in the age
that a signed request may have."""


class WeekClock:
    """The lot's clock: `origin` and the loop's time, and `fault`, by which the machine's clock is wrong just now."""

    simulated = True

    def __init__(self, loop: VirtualLoop, origin: datetime) -> None:
        self._loop = loop
        self.origin = origin
        self.fault = timedelta()

    def now(self) -> datetime:
        return self.true_now() + self.fault

    def true_now(self) -> datetime:
        """The instant, whatever the lot's clock shows."""
        return after(self.origin, self._loop.time())

    def real(self, span: timedelta) -> float:
        # The loop's seconds are the week's own.
        return span.total_seconds()

    def elapsed(self) -> float:
        """Seconds that nobody can set."""
        return self._loop.time()


class LotClock:
    """What a lot server makes of its machine's clock, from one start to the next.

    The doubts that `lot_server.clock_watch` records of a real one ask this very machine, and are left out.
    """

    simulated = True

    def __init__(self, machine: WeekClock) -> None:
        self._machine = machine
        self._steady = SteadyClock(machine, machine.elapsed)

    def now(self) -> datetime:
        return self._steady.now()

    def real(self, span: timedelta) -> float:
        return self._machine.real(span)


class SharedClock:
    """A clock for other processes: microseconds since 1970 in the first eight bytes of a file.

    A machine stores eight aligned bytes at once, so nobody reads half of them.
    """

    simulated = True

    def __init__(self, file: Path) -> None:
        """Of a file that `start` made."""
        with file.open("r+b") as opened:
            self._bytes = mmap.mmap(opened.fileno(), 8)
        self._micros = memoryview(self._bytes).cast("q")

    @classmethod
    def start(cls, file: Path, instant: datetime) -> "SharedClock":
        """A new clock that shows `instant`."""
        file.write_bytes(bytes(8))
        clock = cls(file)
        clock.show(instant)
        return clock

    def show(self, instant: datetime) -> None:
        """Set it."""
        self._micros[0] = (instant - _EPOCH) // _MICROSECOND

    def now(self) -> datetime:
        return _EPOCH + self._micros[0] * _MICROSECOND

    def real(self, span: timedelta) -> float:
        return span.total_seconds() / USUAL_SPEED


def after(begins: datetime, seconds: float) -> datetime:
    """The instant so many seconds after another, in UTC: across a change of the clock, real ones."""
    return begins.astimezone(UTC) + timedelta(seconds=seconds)
