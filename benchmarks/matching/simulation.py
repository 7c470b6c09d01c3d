"""Visits to a lot, each read at its entry and its exit by failures that were recorded, and how each rival fares.

Every rival judges each exit with the same vehicles inside: whatever it chooses, the vehicle's own stay ends. A vehicle
may have a twin inside, and may have come in without a stay, behind another one or while the server was down.
"""

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.matching.errors import BadReads
from benchmarks.matching.patterns import Order, ReadPattern, Replayed, replay
from benchmarks.matching.plates import Plates
from benchmarks.matching.rivals import Rival, sure_text
from lot_server.domain.stay import Stay

FEWEST_PATTERNS = 20
"""Kinds of plates with fewer recorded reads are left out: entry and exit would be read by the same failures."""
_BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Traffic:
    """`visits` in all, about `inside` at a time, for `mean_stay` on average. `twins`: share of vehicles that arrive
    while a twin is inside; `unknown`: share that come in without a stay."""

    visits: int = 100_000
    inside: int = 300
    mean_stay: timedelta = timedelta(hours=3)
    twins: float = 0.01
    unknown: float = 0.005


@dataclass(frozen=True, slots=True)
class Exit:
    """How one visit ended. `entry` and `exit` are the patterns it was read by; `choices` what each rival chose: True
    the right stay, False another one's, None a person; `doubts` what each stated."""

    entry: int
    exit: int
    has_stay: bool
    has_twin: bool
    choices: tuple[bool | None, ...]
    doubts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Vehicle:
    plate: str
    entry: int
    exit: int
    stay: Stay | None
    has_twin: bool


class Simulation:
    """Visits under `traffic`, the same for the same seed."""

    def __init__(self, patterns: Sequence[ReadPattern], order: Order, traffic: Traffic, seed: int) -> None:
        """Raises BadReads where no kind of plate has enough patterns."""
        self._patterns, self._order, self._traffic = patterns, order, traffic
        self._chance = random.Random(seed)
        self._plates = Plates(self._chance)
        by_kinds: dict[str, list[int]] = {}
        for number, pattern in enumerate(patterns):
            by_kinds.setdefault(pattern.kinds, []).append(number)
        self._pools = {kinds: pool for kinds, pool in by_kinds.items() if len(pool) >= FEWEST_PATTERNS}
        if not self._pools:
            raise BadReads(f"no kind of plate has {FEWEST_PATTERNS} recorded reads: record more photos")
        self._kinds = list(self._pools)
        self._shares = [len(self._pools[kinds]) for kinds in self._kinds]

    @property
    def used(self) -> list[ReadPattern]:
        """The patterns that reads are drawn from."""
        return [self._patterns[number] for pool in self._pools.values() for number in pool]

    def run(self, rivals: Mapping[str, Rival]) -> list[Exit]:
        """Every visit's end, in the order of their exits."""
        exits: list[Exit] = []
        inside: dict[int, _Vehicle] = {}
        leaving: list[tuple[datetime, int]] = []
        now = _BEGIN
        pause = self._traffic.mean_stay / self._traffic.inside
        for number in range(self._traffic.visits):
            now += pause * self._chance.expovariate(1.0)
            while leaving and leaving[0][0] <= now:
                at, gone = heapq.heappop(leaving)
                exits.append(self._leave(inside, gone, at, rivals))
            inside[number] = self._arrive(inside, number, now)
            stay_for = self._traffic.mean_stay * self._chance.expovariate(1.0) + timedelta(minutes=2)
            heapq.heappush(leaving, (now + stay_for, number))
        while leaving:
            at, gone = heapq.heappop(leaving)
            exits.append(self._leave(inside, gone, at, rivals))
        return exits

    def _arrive(self, inside: dict[int, _Vehicle], number: int, at: datetime) -> _Vehicle:
        chance = self._chance
        is_twin = bool(inside) and chance.random() < self._traffic.twins
        if is_twin:
            other = chance.choice(list(inside))
            plate = self._plates.twin(inside[other].plate, self._order)
            kinds = self._patterns[inside[other].entry].kinds
        else:
            kinds = chance.choices(self._kinds, self._shares)[0]
            plate = self._plates.draw(kinds)
        entry, leave = chance.choice(self._pools[kinds]), chance.choice(self._pools[kinds])
        stay = None
        if chance.random() >= self._traffic.unknown:
            stay = self._stay(number, replay(self._patterns[entry], plate, self._order, chance), inside, at)
        return _Vehicle(plate, entry, leave, stay, is_twin)

    def _stay(self, number: int, read: Replayed, inside: dict[int, _Vehicle], at: datetime) -> Stay:
        text = sure_text(read)
        if any(other.stay is not None and other.stay.plate == text for other in inside.values()):
            text = None  # such a vehicle gets a ticket
        return Stay(
            stay_id=str(number),
            state="open",
            plate=text,
            printed=None,
            ticket_id=None,
            entry_lane_id="in-1",
            read_at=at,
            entered_at=at,
            exited_at=None,
            evidence=read.evidence,
            photos=(),
            pass_id=None,
            tariff_version=1,
        )

    def _leave(self, inside: dict[int, _Vehicle], number: int, at: datetime, rivals: Mapping[str, Rival]) -> Exit:
        vehicle = inside[number]
        read = replay(self._patterns[vehicle.exit], vehicle.plate, self._order, self._chance)
        stays = [other.stay for other in inside.values() if other.stay is not None]
        own = None if vehicle.stay is None else vehicle.stay.stay_id
        chosen = [rival(read, stays, at) for rival in rivals.values()]
        del inside[number]
        return Exit(
            vehicle.entry,
            vehicle.exit,
            vehicle.stay is not None,
            vehicle.has_twin,
            tuple(None if stay_id is None else stay_id == own for stay_id, _ in chosen),
            tuple(doubt for _, doubt in chosen),
        )
