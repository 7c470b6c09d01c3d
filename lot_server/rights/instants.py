"""When a right begins and ends, as people write it: a day of the lot's calendar, or an instant with its zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lot_server.domain.clock import from_text
from lot_server.domain.errors import DomainError
from lot_server.errors import BadInstant


def begins(text: str, zone: str) -> datetime:
    """A day begins with its first moment. Raises BadInstant."""
    day = _day(text)
    return _instant(text) if day is None else _midnight(day, zone)


def ends(text: str, zone: str) -> datetime:
    """A day ends with its last moment: `until 2026-12-31` includes that day. Raises BadInstant."""
    day = _day(text)
    return _instant(text) if day is None else _midnight(day + timedelta(days=1), zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-31") else None
    except ValueError:
        return None


def _instant(text: str) -> datetime:
    try:
        return from_text(text)
    except (DomainError, ValueError) as error:
        raise BadInstant(f"{text!r} must be a day like 2026-12-31 or an instant like 2026-12-31T08:00:00Z") from error


def _midnight(day: date, zone: str) -> datetime:
    return from_text(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).isoformat())
