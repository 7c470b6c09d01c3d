"""A stay's time cut where prices may change: into runs of windows, calendar days and days from the entry."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lot_server.domain.tariff import RateLine, Rates, Tariff, Window
from lot_server.domain.weekly import EVERY_DAY, edge, local_date, minute_of_day

DAY = timedelta(hours=24)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `starts` to before `ends` the same lines hold: those of `window`, or the plain ones where that is None."""

    starts: datetime
    ends: datetime
    window: Window | None
    lines: tuple[RateLine, ...]


class Stretches:
    """What holds at each instant of one stay, all instants in UTC."""

    def __init__(self, tariff: Tariff, rates: Rates, entered_at: datetime, at: datetime) -> None:
        self._entered_at = entered_at
        self._restart = tariff.restart
        zone = tariff.time_zone
        days = _days(zone, entered_at, at) if zone is not None else []
        local = rates.calendar_day_cap is not None or tariff.restart == "midnight"
        self._midnights = [edge(zone, day, 0) for day in days] if zone is not None and local else []
        runs = _runs(zone, rates.windows, days) if zone is not None else []
        self._stretches = _gapless(runs, rates.lines)
        self._starts = [each.starts for each in self._stretches]

    def at(self, instant: datetime) -> Stretch:
        """The stretch that holds an instant."""
        return self._stretches[bisect_right(self._starts, instant) - 1]

    def day(self, instant: datetime) -> int:
        """Which 24 hours from the entry, from 0."""
        return (instant - self._entered_at) // DAY

    def day_ends(self, instant: datetime) -> datetime:
        """When these 24 hours end."""
        return self._entered_at + (self.day(instant) + 1) * DAY

    def calendar_day(self, instant: datetime) -> tuple[datetime, datetime]:
        """First instant of the local day, and of the next one. Only where the rates count calendar days."""
        number = bisect_right(self._midnights, instant)
        return self._midnights[number - 1], self._midnights[number]

    def restarts(self, instant: datetime) -> datetime:
        """When, after an instant, the lines begin anew although the window does not change."""
        match self._restart:
            case "24h":
                return self.day_ends(instant)
            case "midnight":
                return self.calendar_day(instant)[1]
            case "never":
                return NEVER


def _days(zone: str, entered_at: datetime, at: datetime) -> list[date]:
    """Every local day that a run may begin on, which the stay can see; one more at each end."""
    first, last = local_date(zone, entered_at), local_date(zone, at)
    return [first + timedelta(days=number) for number in range(-1, (last - first).days + 3)]


def _runs(zone: str, windows: Sequence[Window], days: Sequence[date]) -> list[tuple[datetime, datetime, Window]]:
    found = []
    for window in windows:
        starts, ends = minute_of_day(window.starts), minute_of_day(window.ends)
        for day in days:
            if EVERY_DAY[day.weekday()] in window.days:
                end_day = day if ends > starts else day + timedelta(days=1)
                run = edge(zone, day, starts), edge(zone, end_day, ends), window
                # A change of the clock may skip a whole run.
                if run[0] < run[1]:
                    found.append(run)
    return sorted(found, key=lambda run: run[0])


def _gapless(runs: Sequence[tuple[datetime, datetime, Window]], plain: tuple[RateLine, ...]) -> list[Stretch]:
    stretches: list[Stretch] = []
    end = datetime.min.replace(tzinfo=UTC)
    for starts, ends, window in runs:
        if end < starts:
            stretches.append(Stretch(end, starts, None, plain))
        stretches.append(Stretch(starts, ends, window, window.lines))
        end = ends
    return [*stretches, Stretch(end, NEVER, None, plain)]
