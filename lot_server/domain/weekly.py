"""Hours of the week by a zone's wall clock, as instants, across changes of summer time.

A wall time that a change of the clock skips stands for the instant of the change; one that comes twice, for its first
time. So edges keep their order, and what lies between two of them is real time.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from lot_server.domain.errors import BadTariff

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EVERY_DAY: tuple[Weekday, ...] = get_args(Weekday)
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_CACHED_EDGES = 8192


def minute_of_day(text: str) -> int:
    """`20:30` as minutes from midnight, up to `24:00`. Raises BadTariff."""
    if not _CLOCK.fullmatch(text):
        raise BadTariff(f"{text!r} is no time of day: write it like 08:00, up to 24:00")
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def length_of(starts: int, ends: int) -> int:
    """Minutes from one minute of the day to another, of the next day where that is not later."""
    return ends - starts if ends > starts else ends - starts + DAY_MINUTES


def week_spans(windows: Sequence[tuple[str, tuple[Weekday, ...], int, int]]) -> None:
    """Check that windows (name, days, first minute, end minute) have days and never overlap. Raises BadTariff."""
    spans: list[tuple[int, int, str]] = []
    for name, days, starts, ends in windows:
        if not days or len(set(days)) != len(days):
            raise BadTariff(f"window {name!r} needs days, each once: leave days out for every day")
        if starts == DAY_MINUTES:
            raise BadTariff(f"window {name!r} cannot start at 24:00: start it at 00:00 of the next day")
        first = [EVERY_DAY.index(day) * DAY_MINUTES + starts for day in days]
        spans += [(start, start + length_of(starts, ends), name) for start in first]
    spans.sort()
    for (_, end, name), (start, _, other) in pairwise(spans):
        if start < end:
            raise BadTariff(f"windows {name!r} and {other!r} overlap: cut one of them")
    if spans and spans[-1][1] > spans[0][0] + WEEK_MINUTES:
        raise BadTariff(f"windows {spans[-1][2]!r} and {spans[0][2]!r} overlap: cut one of them")


def local_date(zone: str, instant: datetime) -> date:
    """The calendar day at an instant."""
    return instant.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=_CACHED_EDGES)
def edge(zone: str, day: date, minute: int) -> datetime:
    """The instant, in UTC, at which the wall clock of `day` first shows `minute` minutes from midnight, or more."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    local = ZoneInfo(zone)
    instant = wall.replace(tzinfo=local).astimezone(UTC)
    if instant.astimezone(local).replace(tzinfo=None) == wall:
        return instant
    # Skipped: before the change the clock is behind the wall time, after it beyond. Find the change between them.
    low, high = wall.replace(tzinfo=local, fold=1).astimezone(UTC), instant
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(local).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high
