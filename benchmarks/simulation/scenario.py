"""The day that a simulated lot lives through: who comes, what for, when, and what goes wrong meanwhile.

A pure function of its seed and its vehicles. The day is cut into chapters; everything planned for one is over before
the next begins, so that what must happen (a full lot, a dead line) does not depend on how fast the machine is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.simulation.errors import TooFewCars

TIME_ZONE = "Asia/Shanghai"
DAY = datetime(2026, 3, 2, tzinfo=ZoneInfo(TIME_ZONE))
"""A Monday. The simulated clock starts here at OPENS."""
OPENS = timedelta(hours=8)
LEAST_CARS = 8
"""Every role below at least once."""

Role = Literal[
    "ordinary",
    "pass_holder",
    "short_stay",
    "backs_out",
    "smudged_exit",
    "no_plate",
    "unreadable",
    "turned_away",
    "outage",
]
"""no_plate carries none, unreadable is covered in mud; outage pays by phone while the lot's line is dead."""
Pays = Literal["phone", "barrier", "nothing"]
View = Literal["clear", "smudged", "covered", "bare"]
"""What the camera sees of the plate: all of it, one character short, mud alone, or an empty holder."""
IncidentKind = Literal["sync_killed", "sync_restarted", "uplink_cut", "uplink_restored"]


@dataclass(frozen=True, slots=True)
class Car:
    """A car before it has plans. `plates` are its true plates, normalised (several where a photo shows several).

    `printed` and `kind` say how to draw the plate; photos are None where scenes are rendered.
    """

    plates: tuple[str, ...]
    printed: str = ""
    kind: str = "photo"
    entry_photo: Path | None = None
    exit_photo: Path | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car with its plans for the day. `leaves_at` and `exit_chapter` are None for one that never gets in."""

    vehicle_id: str
    car: Car
    role: Role
    pays: Pays
    entry_chapter: int
    exit_chapter: int | None
    arrives_at: datetime
    leaves_at: datetime | None
    entry_view: View
    exit_view: View

    @property
    def has_plate(self) -> bool:
        return self.entry_view != "bare"

    @property
    def comes_in(self) -> bool:
        return self.role not in ("backs_out", "turned_away")


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that goes wrong or right in a chapter.

    It happens once `after` vehicles of the chapter are through (or it is told to hurry, because one waits for it);
    with None once one stands at the barrier waiting for its money to arrive.
    """

    kind: IncidentKind
    after: int | None


@dataclass(frozen=True, slots=True)
class Chapter:
    name: str
    starts: timedelta
    ends: timedelta
    incidents: tuple[Incident, ...] = ()


MORNING, FULL, TURNED_AWAY, NOON, KILLED, DEAD_LINE, LINE_BACK, EVENING = range(8)
CHAPTERS: tuple[Chapter, ...] = (
    Chapter("the morning", timedelta(hours=8), timedelta(hours=9, minutes=45)),
    Chapter("the lot fills up", timedelta(hours=9, minutes=45), timedelta(hours=11)),
    Chapter("full: one is turned away", timedelta(hours=11), timedelta(hours=11, minutes=15)),
    Chapter("noon, some leave", timedelta(hours=11, minutes=15), timedelta(hours=12, minutes=30)),
    Chapter(
        "kill -9 of the sync worker",
        timedelta(hours=12, minutes=30),
        timedelta(hours=14),
        (Incident("sync_killed", 1), Incident("sync_restarted", 4)),
    ),
    Chapter("the uplink is dead", timedelta(hours=14), timedelta(hours=15, minutes=30), (Incident("uplink_cut", 0),)),
    Chapter(
        "paid by phone, no line: waiting at the barrier",
        timedelta(hours=15, minutes=30),
        timedelta(hours=15, minutes=45),
        (Incident("uplink_restored", None),),
    ),
    Chapter("the evening, everybody leaves", timedelta(hours=15, minutes=45), timedelta(hours=18)),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One day. `spaces` are as many as are taken when the lot is meant to be full."""

    seed: int
    spaces: int
    vehicles: tuple[Vehicle, ...]
    chapters: tuple[Chapter, ...] = CHAPTERS

    @property
    def starts_at(self) -> datetime:
        return (DAY + OPENS).astimezone(UTC)


def plan_day(cars: Sequence[Car], seed: int) -> Scenario:
    """A day for these cars, at least LEAST_CARS of them; every car comes once. Raises TooFewCars."""
    if len(cars) < LEAST_CARS:
        raise TooFewCars(f"a day needs at least {LEAST_CARS} cars, not {len(cars)}: ask for more or add photos")
    rng = np.random.default_rng(seed)
    plans = _plans(len(cars))
    vehicles = tuple(
        _vehicle(rng, f"car-{number:03}", car, plan)
        for number, (car, plan) in enumerate(zip(cars, plans, strict=True), 1)
    )
    return Scenario(seed, sum(each.comes_in and _inside_when_full(each) for each in vehicles), vehicles)


def fitting_roles(count: int) -> tuple[Role, ...]:
    """The role of each of `count` cars, in the order in which `plan_day` takes them."""
    return tuple(plan.role for plan in _plans(count))


@dataclass(frozen=True, slots=True)
class _Plan:
    role: Role
    pays: Pays
    entry: int
    exit: int | None
    entry_view: View = "clear"
    exit_view: View = "clear"


_FIXED: tuple[_Plan, ...] = (
    _Plan("pass_holder", "nothing", MORNING, EVENING),
    _Plan("short_stay", "nothing", MORNING, MORNING),
    _Plan("backs_out", "nothing", MORNING, None),
    _Plan("smudged_exit", "phone", MORNING, KILLED, exit_view="smudged"),
    _Plan("no_plate", "barrier", FULL, EVENING, "bare", "bare"),
    _Plan("outage", "phone", MORNING, LINE_BACK),
    _Plan("turned_away", "nothing", TURNED_AWAY, None),
    _Plan("ordinary", "barrier", FULL, KILLED),
)
_MORE: tuple[_Plan, ...] = (
    _Plan("unreadable", "barrier", MORNING, NOON, "covered", "covered"),
    _Plan("smudged_exit", "barrier", MORNING, KILLED, exit_view="smudged"),
    _Plan("pass_holder", "nothing", FULL, KILLED),
    _Plan("short_stay", "nothing", MORNING, MORNING),
    _Plan("smudged_exit", "phone", FULL, EVENING, exit_view="smudged"),
)
"""In days of more than twice LEAST_CARS."""
_ROUNDS: tuple[tuple[int, int], ...] = (
    (MORNING, NOON), (MORNING, KILLED), (FULL, EVENING), (KILLED, EVENING), (MORNING, NOON), (DEAD_LINE, EVENING),
    (FULL, KILLED), (MORNING, DEAD_LINE), (MORNING, EVENING), (KILLED, DEAD_LINE),
)  # fmt: skip
"""Entry and exit chapters that ordinary cars take by turns. What enters after noon never outnumbers what has left."""


def _plans(count: int) -> list[_Plan]:
    plans = list(_FIXED if count <= 2 * LEAST_CARS else _FIXED + _MORE)
    for number in range(count - len(plans)):
        entry, leave = _ROUNDS[number % len(_ROUNDS)]
        # Without a line, money paid by phone would keep its driver at the barrier until the line is back.
        by_phone = number % 3 != 2 and leave != DEAD_LINE
        plans.append(_Plan("ordinary", "phone" if by_phone else "barrier", entry, leave))
    return plans


def _vehicle(rng: np.random.Generator, vehicle_id: str, car: Car, plan: _Plan) -> Vehicle:
    arrives_at = _moment(rng, plan.entry, 0.0, 0.5 if plan.exit == plan.entry else 1.0)
    leaves_at = None if plan.exit is None else _moment(rng, plan.exit, 0.6 if plan.exit == plan.entry else 0.0, 1.0)
    if plan.role == "short_stay":
        leaves_at = arrives_at + timedelta(minutes=10)
    if plan.role == "no_plate":
        car = replace(car, plates=())
    return Vehicle(
        vehicle_id,
        car,
        plan.role,
        plan.pays,
        plan.entry,
        plan.exit,
        arrives_at,
        leaves_at,
        plan.entry_view,
        plan.exit_view,
    )


def _moment(rng: np.random.Generator, chapter: int, earliest: float, latest: float) -> datetime:
    """A whole minute within a chapter, in UTC."""
    starts, ends = CHAPTERS[chapter].starts, CHAPTERS[chapter].ends
    minutes = (ends - starts) / timedelta(minutes=1) * float(rng.uniform(earliest, latest)) * 0.85
    return (DAY + starts + timedelta(minutes=int(minutes))).astimezone(UTC)


def _inside_when_full(vehicle: Vehicle) -> bool:
    return vehicle.entry_chapter <= FULL and (vehicle.exit_chapter is None or vehicle.exit_chapter > FULL)
