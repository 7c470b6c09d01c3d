"""What goes wrong in the week: a plan as data, and the hand that carries it out."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal

from benchmarks.week.clocks import WeekClock
from benchmarks.week.desk import NAME, Desk
from benchmarks.week.disk import fill, make_room
from benchmarks.week.glance import Glance
from benchmarks.week.journal import WeekJournal
from benchmarks.week.lane import Lane, Step
from benchmarks.week.line import Line
from benchmarks.week.lot import WeekLot
from benchmarks.week.phone import WeekPhone
from benchmarks.week.plan import ENTRIES, EXITS
from benchmarks.week.service_room import ServiceRoom

Kind = Literal[
    "power_cut",
    "camera_dead",
    "camera_garbage",
    "barrier_will_not_open",
    "barrier_will_not_close",
    "arming_loop_stuck_on",
    "arming_loop_silent",
    "loops_away",
    "uplink_cut",
    "sync_killed",
    "cloud_killed",
    "vision_worker_killed",
    "disk_full",
    "clock_back",
    "emergency",
]
DAY_S, HOUR_S, MINUTE_S = 86_400.0, 3_600.0, 60.0
STEPS: tuple[Step, ...] = ("reading", "opening", "passing", "closing")
BOOT_S = (40.0, 110.0)
"""How long a machine needs from losing its power to serving again."""
LOOKS_THROUGH_S = 10 * MINUTE_S
"""After an emergency, until somebody has gone through the exits that nobody was asked at."""
SOON_S = 6 * MINUTE_S
"""Before a line comes back, so that somebody who has paid by phone waits for it at the barrier."""
CLOCK_BACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when, in seconds of the week, how long, and where. A power cut waits for its step at a lane."""

    kind: Kind
    at: float
    lasts: float
    lane: str = ""
    step: Step | None = None


_USUAL: tuple[tuple[Kind, int, tuple[float, float]], ...] = (
    ("power_cut", 8, (0, 0)),
    ("camera_dead", 3, (5 * MINUTE_S, 15 * MINUTE_S)),
    ("camera_garbage", 2, (5 * MINUTE_S, 10 * MINUTE_S)),
    ("barrier_will_not_open", 3, (2 * MINUTE_S, 4 * MINUTE_S)),
    ("barrier_will_not_close", 3, (2 * MINUTE_S, 4 * MINUTE_S)),
    ("arming_loop_stuck_on", 2, (3 * MINUTE_S, 8 * MINUTE_S)),
    ("arming_loop_silent", 1, (10 * MINUTE_S, 20 * MINUTE_S)),
    ("loops_away", 2, (1 * MINUTE_S, 3 * MINUTE_S)),
    ("uplink_cut", 2, (1 * HOUR_S, 4 * HOUR_S)),
    ("sync_killed", 3, (10 * MINUTE_S, 40 * MINUTE_S)),
    ("cloud_killed", 1, (10 * MINUTE_S, 20 * MINUTE_S)),
    ("vision_worker_killed", 1, (0, 0)),
    ("disk_full", 2, (4 * MINUTE_S, 6 * MINUTE_S)),
    ("emergency", 1, (2 * MINUTE_S, 4 * MINUTE_S)),
)
"""How often a week has each kind, and the shortest and longest that it lasts."""
_WHERE: Mapping[Kind, tuple[str, ...]] = {"barrier_will_not_close": EXITS, "arming_loop_silent": ENTRIES}
NIGHT_CLOCK_AT = 3.2 * HOUR_S


def plan_faults(seed: int, days: int) -> tuple[Fault, ...]:
    """The faults of a seed, in order; a shorter week has each kind once, and none lasts long."""
    chance = random.Random(f"faults {seed}")
    found = []
    for kind, often, (shortest, longest) in _USUAL:
        for number in range(often if days > 1 else 1):
            # By day, when there is somebody to whom it happens.
            at = chance.randrange(days) * DAY_S + chance.uniform(7.5, 20.0) * HOUR_S
            lanes = _WHERE.get(kind, ENTRIES + EXITS)
            lasts = chance.uniform(shortest, longest)
            found.append(Fault(kind, at, lasts, chance.choice(lanes), STEPS[number % len(STEPS)]))
    if days > 1:
        found.append(Fault("clock_back", min(2, days - 1) * DAY_S + NIGHT_CLOCK_AT, 20 * MINUTE_S))
    return tuple(sorted(found, key=lambda each: each.at))


class FaultHand:
    """Makes faults happen, and ends them. `opened` is told of a barrier that the lot opens."""

    def __init__(
        self,
        lot: WeekLot,
        lanes: Mapping[str, Lane],
        line: Line,
        phone: WeekPhone,
        rooms: ServiceRoom,
        glance: Glance,
        clock: WeekClock,
        journal: WeekJournal,
        opened: Callable[[Lane], None],
        desk: Desk,
        seed: int,
    ) -> None:
        self._lot, self._lanes, self._line, self._phone = lot, lanes, line, phone
        self._rooms, self._glance, self._clock, self._journal = rooms, glance, clock, journal
        self._opened, self._desk = opened, desk
        self._chance = random.Random(f"power {seed}")
        self._armed: list[Step] = []
        self._cutting = False
        self._under_way = asyncio.TaskGroup()
        for lane in lanes.values():
            lane.step = partial(self._stepped, lane)

    async def run(self, faults: tuple[Fault, ...]) -> None:
        """All of them, each at its time; runs until it is cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._under_way:
            for fault in faults:
                await asyncio.sleep(max(0.0, fault.at - loop.time()))
                self._under_way.create_task(self._happen(fault))
            await asyncio.Event().wait()

    def _stepped(self, lane: Lane, step: Step) -> None:
        if step == "opening":
            self._opened(lane)
        if self._armed and self._armed[0] == step and self._lot.is_up and not self._cutting:
            self._armed.pop(0)
            self._cutting = True
            self._under_way.create_task(self._power_cut())

    async def _happen(self, fault: Fault) -> None:
        lane = self._lanes.get(fault.lane)
        self._journal.faults[fault.kind] += fault.kind != "power_cut"
        match fault.kind:
            case "power_cut":
                assert fault.step is not None
                self._armed.append(fault.step)
            case "uplink_cut":
                await self._uplink_cut(fault.lasts)
            case "sync_killed":
                await self._killed("sync", fault.lasts)
            case "cloud_killed":
                await self._killed("cloud", fault.lasts)
            case "vision_worker_killed":
                await self._rooms.kill_vision_worker()
            case "disk_full":
                await self._disk_full(fault.lasts)
            case "emergency":
                await self._emergency(fault.lasts)
            case "clock_back":
                self._clock.fault = -CLOCK_BACK
                await asyncio.sleep(fault.lasts)
                self._clock.fault = timedelta()
            case _:
                assert lane is not None
                await self._at_lane(fault, lane)

    async def _at_lane(self, fault: Fault, lane: Lane) -> None:
        _break(fault.kind, lane, True)
        await asyncio.sleep(fault.lasts)
        _break(fault.kind, lane, False)

    async def _power_cut(self) -> None:
        self._journal.faults["power_cut"] += 1
        await self._lot.cut_off()
        await asyncio.sleep(self._chance.uniform(*BOOT_S))
        await self._lot.start()
        self._cutting = False

    async def _uplink_cut(self, lasts: float) -> None:
        await self._line.cut()
        await asyncio.sleep(max(0.0, lasts - SOON_S))
        self._line.back_soon = True
        await asyncio.sleep(min(lasts, SOON_S))
        await self._line.restore()
        await self._catch_up()

    async def _catch_up(self) -> None:
        """The time stands still until both sides have again all that the other has."""
        await self._lot.until_up()
        if self._line.is_up:
            await self._phone.until_delivered()
            await self._phone.until_mirrored(self._glance.head())

    async def _killed(self, name: str, lasts: float) -> None:
        self._line.hindrances.add(name)
        await self._rooms.kill(name)
        await asyncio.sleep(lasts)
        await self._rooms.start(name)
        self._line.hindrances.discard(name)
        await self._catch_up()

    async def _emergency(self, lasts: float) -> None:
        """An operator holds all barriers open until it is over, through a loss of power, too."""
        await self._lot.until_up()
        await self._lot.lot.emergency.hold("operator", NAME, "smoke in the stairwell")
        await asyncio.sleep(lasts)
        await self._lot.until_up()
        await self._lot.lot.emergency.release(NAME, "the fire brigade has left")
        await asyncio.sleep(LOOKS_THROUGH_S)
        await self._lot.until_up()
        await self._desk.reconcile()

    async def _disk_full(self, lasts: float) -> None:
        await self._lot.until_up()
        self._line.hindrances.add("disk")
        await self._lot.ask(fill)
        await asyncio.sleep(lasts)
        await self._lot.until_up()
        await self._lot.ask(make_room)
        # The lot tries a store that took nothing again by real time, however far the week has come.
        while self._lot.lot.writer.outage is not None:
            await asyncio.to_thread(time.sleep, 0.5)
            await self._lot.lot.writer.checkpoint()
        self._line.hindrances.discard("disk")
        await self._catch_up()


def _break(kind: Kind, lane: Lane, broken: bool) -> None:
    """Break a part of a lane, or mend it."""
    match kind:
        case "camera_dead" | "camera_garbage":
            lane.camera_fault = None if not broken else "dead" if kind == "camera_dead" else "garbage"
        case "barrier_will_not_open":
            lane.barrier_fault = "will_not_open" if broken else None
        case "barrier_will_not_close":
            lane.barrier_fault = "will_not_close" if broken else None
        case "loops_away":
            lane.loops_away = broken
        case "arming_loop_silent":
            lane.silence("arming", broken)
        case _:
            lane.stick("arming", broken)
