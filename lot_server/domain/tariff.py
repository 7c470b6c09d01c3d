"""The price list of a lot, as data. `docs/tariffs.md` says with examples what each field does to a fee."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lot_server.domain.clock import utc
from lot_server.domain.codec import ADDED
from lot_server.domain.errors import BadTariff
from lot_server.domain.plate import PlateColor
from lot_server.domain.vehicle import VehicleClass
from lot_server.domain.weekly import DAY_MINUTES, EVERY_DAY, Weekday, minute_of_day, week_spans

Restart = Literal["24h", "midnight", "never"]
"""Where the rate lines begin anew in a long stay: every 24 hours from its entry, at local midnight, or never."""
WindowEnd = Literal["cut", "finish"]
"""A started block at the edge of a window: cut off there at its whole price, or going on to its own end."""
RoundingMode = Literal["up", "down", "nearest"]


@dataclass(frozen=True, slots=True)
class RateLine:
    """From `start_minute` on, every started block of `block_minutes` costs `price` minor units."""

    start_minute: int
    block_minutes: int
    price: int


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the week with their own rate lines, by the lot's wall clock; one run of them costs at most `cap`.

    `starts` and `ends` are `HH:MM`, up to 24:00; a window that ends at or before its start ends on the next day.
    """

    name: str
    starts: str
    ends: str
    lines: tuple[RateLine, ...]
    days: tuple[Weekday, ...] = EVERY_DAY
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class ClassRate:
    """What vehicles with plates of `colors`, or of the classes `vehicles`, pay instead.

    `free_minutes` replaces the tariff's. Blocks that begin in the first `waived_minutes` cost nothing. `percent_off`
    lowers the fee after caps. Where `lines` are given, they, the windows and the caps stand in the place of all of
    the tariff's.
    """

    name: str
    colors: tuple[PlateColor, ...]
    free_minutes: int | None = None
    waived_minutes: int = 0
    percent_off: int = 0
    lines: tuple[RateLine, ...] = ()
    windows: tuple[Window, ...] = ()
    daily_cap: int | None = None
    calendar_day_cap: int | None = None
    vehicles: tuple[VehicleClass, ...] = field(default=(), metadata=ADDED)


@dataclass(frozen=True, slots=True)
class Rounding:
    """Fees are whole multiples of `unit` minor units; half a unit goes up by `nearest`."""

    unit: int = 1
    mode: RoundingMode = "up"


@dataclass(frozen=True, slots=True)
class Rates:
    """The lines, windows and caps that hold for one vehicle."""

    lines: tuple[RateLine, ...]
    windows: tuple[Window, ...]
    daily_cap: int | None
    calendar_day_cap: int | None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A versioned price list, for stays that begin from `valid_from` on and before `valid_until`.

    A stay of at most `free_minutes` costs nothing; a longer one is charged from its entry: `visit_price` once, and
    every started block of `lines`, or of the window in which the block begins. `daily_cap` limits each 24 hours from
    the entry, `calendar_day_cap` each local day. Once paid, a vehicle may leave for `grace_minutes` more. A quote is
    honoured for `quote_minutes`. `time_zone`, an IANA name, is needed where local time counts.
    Raises BadTariff when it contradicts itself.
    """

    version: int
    currency: str
    valid_from: datetime
    free_minutes: int
    lines: tuple[RateLine, ...]
    daily_cap: int | None
    grace_minutes: int
    quote_minutes: int
    valid_until: datetime | None = field(default=None, metadata=ADDED)
    time_zone: str | None = field(default=None, metadata=ADDED)
    visit_price: int = field(default=0, metadata=ADDED)
    windows: tuple[Window, ...] = field(default=(), metadata=ADDED)
    restart: Restart = field(default="24h", metadata=ADDED)
    window_end: WindowEnd = field(default="cut", metadata=ADDED)
    calendar_day_cap: int | None = field(default=None, metadata=ADDED)
    classes: tuple[ClassRate, ...] = field(default=(), metadata=ADDED)
    minimum: int = field(default=0, metadata=ADDED)
    rounding: Rounding = field(default=Rounding(), metadata=ADDED)
    lost_ticket: int | None = field(default=None, metadata=ADDED)

    def __post_init__(self) -> None:
        utc(self.valid_from)
        if self.valid_until is not None and utc(self.valid_until) <= self.valid_from:
            raise BadTariff("valid_until must be later than valid_from")
        if min(self.free_minutes, self.grace_minutes, self.quote_minutes) < 0:
            raise BadTariff("minutes cannot be negative")
        if min(self.visit_price, self.minimum, self.lost_ticket or 0) < 0:
            raise BadTariff("visit_price, minimum and lost_ticket cannot be negative")
        if self.rounding.unit < 1:
            raise BadTariff("rounding unit must be at least 1 minor unit")
        colors = [color for each in self.classes for color in each.colors]
        if len(colors) != len(set(colors)):
            raise BadTariff("a plate's colour can belong to one class only")
        vehicles = [vehicle for each in self.classes for vehicle in each.vehicles]
        if len(vehicles) != len(set(vehicles)):
            raise BadTariff("a kind of vehicle can belong to one class only")
        self._check_rates(self.rates(None))
        for each in self.classes:
            _check_class(each)
            if each.lines:
                self._check_rates(_own_rates(each))
        self._check_zone()

    def class_of(self, color: PlateColor | None, vehicle: VehicleClass | None = None) -> ClassRate | None:
        """The class of a vehicle, or else of its plate's colour; None for those that pay the plain rates."""
        by_vehicle = next((each for each in self.classes if vehicle is not None and vehicle in each.vehicles), None)
        by_color = next((each for each in self.classes if color is not None and color in each.colors), None)
        return by_vehicle or by_color

    def rates(self, own: ClassRate | None) -> Rates:
        """What holds for a class, None being all others."""
        if own is not None and own.lines:
            return _own_rates(own)
        return Rates(self.lines, self.windows, self.daily_cap, self.calendar_day_cap)

    def holds_at(self, instant: datetime) -> bool:
        """Whether stays that begin at `instant` may be priced by this list."""
        return self.valid_from <= instant and (self.valid_until is None or instant < self.valid_until)

    def _check_rates(self, rates: Rates) -> None:
        _check_lines(rates.lines)
        for window in rates.windows:
            _check_lines(window.lines)
        week_spans([(each.name, each.days, *_minutes(each)) for each in rates.windows])
        caps = [rates.daily_cap, rates.calendar_day_cap, *(each.cap for each in rates.windows)]
        for cap in (each for each in caps if each is not None):
            if cap < 0:
                raise BadTariff("a cap cannot be negative")
            if cap % self.rounding.unit:
                raise BadTariff(f"a cap of {cap} is no multiple of the rounding unit {self.rounding.unit}")
            if self.minimum > cap:
                raise BadTariff(f"the minimum of {self.minimum} is above a cap of {cap}")
        if self.minimum % self.rounding.unit:
            raise BadTariff(f"the minimum is no multiple of the rounding unit {self.rounding.unit}")

    def _check_zone(self) -> None:
        everyone = [self.rates(None), *(self.rates(each) for each in self.classes)]
        local = self.restart == "midnight" or any(
            each.windows or each.calendar_day_cap is not None for each in everyone
        )
        if local and self.time_zone is None:
            raise BadTariff("windows, calendar_day_cap and restart at midnight need time_zone, like Asia/Shanghai")
        if self.time_zone is not None:
            try:
                ZoneInfo(self.time_zone)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise BadTariff(f"time_zone {self.time_zone!r} is no IANA name known here: update tzdata") from error


def _own_rates(own: ClassRate) -> Rates:
    return Rates(own.lines, own.windows, own.daily_cap, own.calendar_day_cap)


def _minutes(window: Window) -> tuple[int, int]:
    return minute_of_day(window.starts), minute_of_day(window.ends)


def _check_class(own: ClassRate) -> None:
    if not own.name or not (own.colors or own.vehicles):
        raise BadTariff("a class needs a name and at least one colour or vehicle")
    if not 0 <= own.percent_off <= 100:
        raise BadTariff(f"percent_off of class {own.name} must be 0 to 100")
    if min(own.waived_minutes, own.free_minutes or 0) < 0:
        raise BadTariff("minutes cannot be negative")
    if not own.lines and (own.windows or own.daily_cap is not None or own.calendar_day_cap is not None):
        raise BadTariff(f"class {own.name} has windows or caps without lines: give all its rates, or none")


def _check_lines(lines: tuple[RateLine, ...]) -> None:
    if not lines or lines[0].start_minute != 0:
        raise BadTariff("the first rate line must start at minute 0")
    if any(line.block_minutes <= 0 or line.price < 0 for line in lines):
        raise BadTariff("a rate line needs a block of at least one minute and a price of at least 0")
    starts = [line.start_minute for line in lines]
    if starts != sorted(set(starts)) or starts[-1] >= DAY_MINUTES:
        raise BadTariff("rate lines must start later and later, all within the first 24 hours")
