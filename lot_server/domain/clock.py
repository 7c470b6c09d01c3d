"""Instants: aware, in UTC, and one text form for them."""

from datetime import UTC, datetime
from typing import Protocol

from lot_server.domain.errors import BadBody, NaiveTime


class Clock(Protocol):
    """Where a service reads the time; never `datetime.now()` in a rule."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


def utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises NaiveTime for a time without a zone."""
    if instant.tzinfo is None:
        raise NaiveTime(f"{instant.isoformat()} has no zone: attach one, for example UTC")
    return instant.astimezone(UTC)


def to_text(instant: datetime) -> str:
    """ISO 8601 in UTC with microseconds and a Z, so that equal instants have equal bytes."""
    return utc(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """The instant of an ISO 8601 text with a zone. Raises BadBody if it is none, NaiveTime without a zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadBody(f"{text!r} is not an ISO 8601 time: write it like 2026-01-31T08:00:00.000000Z") from error
    return utc(instant)
