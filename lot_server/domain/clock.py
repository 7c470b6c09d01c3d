"""Instants: aware, in UTC, one text form for them, and the clocks that services read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from lot_server.domain.errors import BadBody, NaiveTime


class Clock(Protocol):
    """Where a service reads the time; never `datetime.now()` in a rule."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def real(self, span: timedelta) -> float:
        """How many real seconds `span` of this clock takes: what to sleep. Network time-outs stay real."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether this is not the world's time; every page says so."""
        ...


class SystemClock:
    """The machine's clock."""

    simulated = False

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real(self, span: timedelta) -> float:
        return span.total_seconds()


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """Runs `speed` times as fast as the machine's: it shows `origin` when that one shows `started_at`.

    A pure function of the machine's clock, so that processes which share the three values agree, restarts included.
    """

    origin: datetime
    speed: float
    started_at: datetime
    simulated: bool = True

    def now(self) -> datetime:
        return utc(self.origin) + (datetime.now(UTC) - self.started_at) * self.speed

    def real(self, span: timedelta) -> float:
        return span.total_seconds() / self.speed


def utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises NaiveTime for a time without a zone."""
    if instant.tzinfo is None:
        raise NaiveTime(f"{instant.isoformat()} has no zone: attach one, for example UTC")
    return instant.astimezone(UTC)


def to_text(instant: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z, so that equal instants have equal bytes."""
    return utc(instant).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def from_text(text: str) -> datetime:
    """The instant of an ISO 8601 text with a zone. Raises BadBody if it is none, NaiveTime without a zone."""
    try:
        # A zone may push the first or last day of the calendar over its edge.
        return utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise BadBody(f"{text!r} is not an ISO 8601 time: write it like 2026-01-31T08:00:00.000000Z") from error
