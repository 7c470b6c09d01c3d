"""Who comes to the lot in a week, when, for how long, by which lanes and how each pays: a pure function of its seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from benchmarks.matching.patterns import kinds_of
from benchmarks.matching.plates import Plates
from benchmarks.simulation.bursts import drawn_cars
from benchmarks.simulation.scenario import Car
from benchmarks.week.replay import Patterns

TIME_ZONE = "Europe/Berlin"
BEGINS = datetime(2026, 3, 23, tzinfo=ZoneInfo(TIME_ZONE))
"""A Monday; the clocks change in the night to the Sunday of this week, which has 23 hours."""
DAYS = 7
SPACES = 300
VISITS = 9_000
ENTRIES, EXITS = ("in-1", "in-2"), ("out-1", "out-2")
COMMUTERS = 110
"""Holders of a monthly pass."""
BLOCKED = 3
"""Plates that may not enter."""
PIXELS_EVERY = 50
"""One visit in so many is read from pictures."""
TWINS = 0.02
"""Share of vehicles whose plate differs in one character from that of one which came in the three hours before."""

Role = Literal["casual", "commuter", "blocked", "backs_out", "turns_back", "no_plate", "follows_in"]
"""backs_out: at the entry, before the raised barrier; turns_back: at the exit, and comes again later; follows_in: close
behind another vehicle, on its opening."""
Pays = Literal["terminal", "phone", "cash"]
_SHARES: dict[Role, float] = {"backs_out": 0.006, "turns_back": 0.003, "no_plate": 0.004}
FOLLOWING = 0.001
"""Share of vehicles that follow another one in, on its opening."""
_PHONE, _CASH = 0.16, 0.2
_COUPON = 0.06
_SHORT = 0.12
"""Share of visits that end within the free minutes."""
USUAL_MINUTES = 92
"""Half of the casual visitors stay longer than that."""
_TWIN_WITHIN = timedelta(hours=3).total_seconds()
_WEEKDAY = (1, 1, 1, 1, 2, 6, 20, 55, 90, 105, 118, 125, 120, 112, 105, 100, 92, 88, 75, 60, 42, 25, 12, 4)
_SATURDAY = (2, 1, 1, 1, 1, 2, 6, 20, 50, 95, 130, 145, 142, 140, 135, 125, 110, 90, 75, 65, 50, 32, 18, 8)
_SUNDAY = (4, 2, 1, 1, 1, 2, 4, 10, 24, 48, 75, 90, 95, 98, 95, 85, 70, 55, 42, 32, 22, 14, 8, 3)
"""How the day's visitors spread over its hours."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle that wants to park. Times are seconds since the week began.

    `entry_read`, `exit_read` are the numbers of recorded reads, unused where `car` has pictures to be drawn.
    `behind`: the visit that one who follows comes in behind.
    """

    number: int
    plate: str
    kinds: str
    role: Role
    arrives: float
    parks: float
    entry: str
    exit: str
    pays: Pays
    entry_read: int
    exit_read: int
    coupon: bool = False
    car: Car | None = None
    behind: int | None = None

    @property
    def name(self) -> str:
        return f"visit-{self.number:05}"

    @property
    def has_plate(self) -> bool:
        return self.role != "no_plate"

    @property
    def comes_in(self) -> bool:
        """Whether it means to park, if there is room."""
        return self.role not in ("blocked", "backs_out")


@dataclass(frozen=True, slots=True)
class Week:
    """All visits in the order of their arrival; `passes` and `blocked` are plates; it lasts `days`."""

    seed: int
    days: int
    spaces: int
    visits: tuple[Visit, ...]
    passes: tuple[str, ...]
    blocked: tuple[str, ...]


def plan_week(
    patterns: Patterns, seed: int, visits: int = VISITS, days: int = DAYS, pixels_every: int | None = PIXELS_EVERY
) -> Week:
    """The week of a seed, or its first days; `pixels_every` None: nothing is read from pictures."""
    chance = random.Random(seed)
    plates = Plates(chance)
    weight = [patterns.weight(kinds) for kinds in patterns.kinds]

    drawn: set[str] = set()

    def plate() -> str:
        """One that nobody else has."""
        while (found := plates.draw(chance.choices(patterns.kinds, weight)[0])) in drawn:
            pass
        drawn.add(found)
        return found

    passes = tuple(plate() for _ in range(max(1, COMMUTERS * visits // (days * VISITS // DAYS))))
    blocked = tuple(plate() for _ in range(BLOCKED))
    planned: list[Visit] = []
    for day in range(days):
        planned += _commuters(chance, day, passes)
    for number, plate_ in enumerate(blocked):
        planned += [_visit(chance, plate_, "blocked", _hours(number % days, 9.5 + 2.1 * number), 0.0)]
    rest = visits - len(planned)
    sizes = [_day_weight(day) for day in range(days)]
    for day in range(days):
        share = sum(sizes[: day + 1]) * rest // sum(sizes) - sum(sizes[:day]) * rest // sum(sizes)
        planned += [_casual(chance, plate(), day) for _ in range(share)]
    planned = [replace(each, number=number) for number, each in enumerate(sorted(planned, key=lambda v: v.arrives))]
    planned = _followed(chance, _twins(chance, plates, patterns, planned))
    if pixels_every is not None:
        planned = _with_pictures(chance, seed, planned, pixels_every)
    planned = sorted((_with_reads(chance, patterns, each) for each in planned), key=lambda visit: visit.arrives)
    return Week(seed, days, SPACES, tuple(planned), passes, blocked)


def _hours(day: int, hours: float) -> float:
    """Seconds from the week's begin to an hour of a day by the wall clock."""
    wall = BEGINS.replace(tzinfo=None) + timedelta(days=day, hours=hours)
    return (wall.replace(tzinfo=ZoneInfo(TIME_ZONE)) - BEGINS.astimezone(ZoneInfo("UTC"))).total_seconds()


def _profile(day: int) -> Sequence[int]:
    return _SUNDAY if day % 7 == 6 else _SATURDAY if day % 7 == 5 else _WEEKDAY


def _day_weight(day: int) -> int:
    return sum(_profile(day))


def _visit(chance: random.Random, plate: str, role: Role, arrives: float, parks: float) -> Visit:
    pays: Pays = "terminal"
    drawn = chance.random()
    if drawn < _PHONE:
        pays = "phone"
    elif drawn < _PHONE + _CASH:
        pays = "cash"
    # A microsecond of its own keeps any two from happening at once.
    arrives = round(arrives + chance.random(), 6)
    return Visit(0, plate, "", role, arrives, parks, chance.choice(ENTRIES), chance.choice(EXITS), pays, 0, 0)


def _commuters(chance: random.Random, day: int, passes: Sequence[str]) -> list[Visit]:
    if day % 7 > 4:
        return []
    coming = [plate for plate in passes if chance.random() < 0.95]
    return [
        _visit(chance, plate, "commuter", _hours(day, chance.gauss(8.25, 0.6)), 3600 * max(1.0, chance.gauss(8.8, 1.1)))
        for plate in coming
    ]


def _casual(chance: random.Random, plate: str, day: int) -> Visit:
    hour = chance.choices(range(24), _profile(day))[0]
    parks = min(3600 * 20.0, 60 * USUAL_MINUTES * chance.lognormvariate(0.0, 0.75))
    if chance.random() < _SHORT:
        parks = 60 * chance.uniform(2, 12)
    role: Role = "casual"
    drawn = chance.random()
    for other, share in _SHARES.items():
        if drawn < share:
            role = other
            break
        drawn -= share
    visit = _visit(chance, plate, role, _hours(day, hour + chance.random()), max(150.0, parks))
    return replace(visit, coupon=role == "casual" and chance.random() < _COUPON)


def _twins(chance: random.Random, plates: Plates, patterns: Patterns, visits: list[Visit]) -> list[Visit]:
    """Some casual visitors get the plate of one before them but for a character; nobody else has the same plate."""
    taken = {each.plate for each in visits}
    recent: list[Visit] = []
    done: list[Visit] = []
    for visit in visits:
        recent = [each for each in recent if visit.arrives - each.arrives < _TWIN_WITHIN]
        if visit.role == "casual" and recent and chance.random() < TWINS:
            plate = plates.twin(chance.choice(recent).plate, patterns.order)
            if plate not in taken:
                taken.add(plate)
                visit = replace(visit, plate=plate)
        if visit.role in ("casual", "commuter"):
            recent.append(visit)
        done.append(visit)
    return done


def _followed(chance: random.Random, visits: list[Visit]) -> list[Visit]:
    """Some drive in close behind another vehicle, which is let in."""
    plain = [each.number for each in visits if each.role == "casual"]
    chosen = chance.sample(plain, 2 * round(FOLLOWING * len(visits)))
    for leader, follower in zip(chosen[::2], chosen[1::2], strict=True):
        first = visits[leader]
        visits[follower] = replace(
            visits[follower], role="follows_in", behind=leader, entry=first.entry, arrives=first.arrives + 0.5
        )
    return visits


def _with_pictures(chance: random.Random, seed: int, visits: list[Visit], every: int) -> list[Visit]:
    """One plain visit in `every` of all is drawn."""
    plain = [each.number for each in visits if each.role == "casual"]
    chosen = sorted(chance.sample(plain, min(len(plain), len(visits) // every)))
    taken = {each.plate for each in visits}
    cars = [car for car in drawn_cars(2 * len(chosen) + 8, seed) if car.plates[0] not in taken]
    drawn = dict(zip(chosen, cars, strict=False))
    return [
        replace(each, plate=drawn[each.number].plates[0], car=drawn[each.number]) if each.number in drawn else each
        for each in visits
    ]


def _with_reads(chance: random.Random, patterns: Patterns, visit: Visit) -> Visit:
    kinds = kinds_of(visit.plate)
    if kinds not in patterns.kinds:
        return replace(visit, kinds=kinds)
    return replace(visit, kinds=kinds, entry_read=patterns.draw(kinds, chance), exit_read=patterns.draw(kinds, chance))
