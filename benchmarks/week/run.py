"""One week from its plan to its verdict."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.matching.recording import load
from benchmarks.simulation.drivers import Phone
from benchmarks.simulation.journal import Journal
from benchmarks.simulation.records import Taking, read_cloud, read_lot
from benchmarks.simulation.settings import LATITUDE, LONGITUDE, LOT_ID, Files, free_ports
from benchmarks.simulation.site import sandbox_takings
from benchmarks.week.checks import WeekEvidence
from benchmarks.week.clocks import SharedClock, WeekClock
from benchmarks.week.crossings import assign
from benchmarks.week.faults import FaultHand, plan_faults
from benchmarks.week.glance import Glance
from benchmarks.week.journal import Memory, Midnight, WeekJournal
from benchmarks.week.lane import Lane
from benchmarks.week.line import Line
from benchmarks.week.lot import WeekLot
from benchmarks.week.phone import WeekPhone
from benchmarks.week.pictures import draw_pictures
from benchmarks.week.plan import BEGINS, ENTRIES, EXITS, TIME_ZONE, Week
from benchmarks.week.real_time import RealTime
from benchmarks.week.replay import Patterns, WeekReader
from benchmarks.week.service_room import ServiceRoom, running
from benchmarks.week.settings import write_week_settings
from benchmarks.week.vagueness import vagueness
from benchmarks.week.virtual_loop import VirtualLoop, run
from benchmarks.week.world import World
from lot_server.config import load_config
from lot_server.domain.lane import LaneState

SAMPLE_S = 3_600.0
QUIET_S = 2.0
"""How long one waits for a moment without a vehicle on its way, again and again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a week is: its local time, visits that ended, free spaces, facts, and seconds of it a real one."""

    at: str
    ended: int
    free: int
    head: int
    acked: int
    speed: float


@dataclass(frozen=True, slots=True)
class Spent:
    """Real seconds of each part, and of the week's own time."""

    drawing_s: float
    starting_s: float
    week_s: float
    judging_s: float
    simulated_s: float


Tell = Callable[[Progress], None]


def run_week(week: Week, folder: Path, tell: Tell) -> tuple[WeekEvidence, Spent, WeekReader]:
    """Live through a week in a folder, which must be empty. Raises SimulationError where it does not get to its end."""
    began = time.monotonic()
    files = Files(folder)
    with_pictures = draw_pictures(week, files.frames)
    drawn = time.monotonic()
    with RealTime() as real:
        return run(lambda loop: _Run(week, files, real, loop, tell, with_pictures).all(began, drawn))


class _Run:
    def __init__(
        self, week: Week, files: Files, real: RealTime, loop: VirtualLoop, tell: Tell, with_pictures: bool
    ) -> None:
        self._week, self._files, self._real, self._loop, self._tell = week, files, real, loop, tell
        self._with_pictures = with_pictures
        self._ports = free_ports()
        write_week_settings(files, self._ports, week)
        self._clock = WeekClock(loop, BEGINS)
        clock_file = files.folder / "clock"
        shared = SharedClock.start(clock_file, BEGINS)
        loop.show_time_to(lambda: shared.show(self._clock.true_now()))
        self._shared = shared
        self._rooms = ServiceRoom(files, self._ports, clock_file, real)
        self._patterns = Patterns(load())
        self._reader = WeekReader(self._rooms)
        self._lanes = {lane: Lane(lane, "entry", self._clock) for lane in ENTRIES}
        self._lanes |= {lane: Lane(lane, "exit", self._clock) for lane in EXITS}
        self._lot = WeekLot(load_config(files.lot), self._clock, self._lanes, self._reader)
        self._line = Line(self._ports.uplink, self._ports.cloud, real)
        self._journal = WeekJournal()
        self._glance = Glance(files.lot_database)
        self._phone = WeekPhone(f"http://127.0.0.1:{self._ports.cloud}", real, self._glance, self._journal)
        self._faults = plan_faults(week.seed, week.days)

    async def all(self, began: float, drawn: float) -> tuple[WeekEvidence, Spent, WeekReader]:
        async with AsyncExitStack() as parts:
            await parts.enter_async_context(running(self._rooms, self._with_pictures))
            await self._line.restore()
            parts.push_async_callback(self._line.cut)
            await self._lot.start()
            parts.push_async_callback(self._lot.stop)
            await self._rooms.start("sync")
            parts.push_async_callback(self._phone.close)
            started, begins = time.monotonic(), self._loop.time()
            await self._live()
            simulated = self._loop.time() - begins
            await self._phone.until_delivered()
            await self._phone.until_mirrored(self._glance.head())
            lived = time.monotonic()
            takings, free = await self._real.do(self._last_questions())
            deaths = (*self._rooms.deaths(), *self._lot.failed())
        lot = read_lot(self._files.lot_database, self._files.lot_store / "photos")
        cloud = read_cloud(self._files.cloud_database, LOT_ID, free)
        stays = lot.accounts()
        assign(self._journal, stays)
        evidence = WeekEvidence(
            self._week,
            self._faults,
            self._journal,
            lot,
            stays,
            cloud,
            takings,
            simulated / (lived - began),
            sum(lane.hits for lane in self._lanes.values()),
            deaths,
        )
        spent = Spent(drawn - began, started - drawn, lived - started, time.monotonic() - lived, simulated)
        return evidence, spent, self._reader

    async def _live(self) -> None:
        world = World(
            self._week, self._files.frames, self._patterns, self._reader, self._lot, self._lanes, self._phone,
            self._line, self._journal, self._clock,
        )  # fmt: skip
        hand = FaultHand(
            self._lot, self._lanes, self._line, self._phone, self._rooms, self._glance, self._clock, self._journal,
            world.opened, world.desk, self._week.seed,
        )  # fmt: skip
        async with asyncio.TaskGroup() as tasks:
            midnights = tasks.create_task(self._midnights())
            beside = [tasks.create_task(each) for each in (hand.run(self._faults), self._watch(world))]
            await tasks.create_task(world.run())
            await midnights
            for task in beside:
                task.cancel()

    async def _watch(self, world: World) -> None:
        """Tell how far the week is, and how much memory each process takes."""
        before = time.monotonic(), self._loop.time()
        while True:
            await asyncio.sleep(SAMPLE_S)
            self._journal.memory.append(Memory(self._loop.time(), self._rooms.megabytes()))
            now = time.monotonic(), self._loop.time()
            speed = (now[1] - before[1]) / (now[0] - before[0])
            before = now
            local = self._clock.true_now().astimezone(ZoneInfo(TIME_ZONE))
            free = self._week.spaces - self._journal.inside
            ledger = self._glance.head(), self._glance.acked_seq()
            self._tell(Progress(f"{local:%a %H:%M}", world.through, free, *ledger, speed))

    async def _midnights(self) -> None:
        for day in range(1, self._week.days + 1):
            midnight = (BEGINS.replace(tzinfo=None) + timedelta(days=day)).replace(tzinfo=ZoneInfo(TIME_ZONE))
            await asyncio.sleep(max(0.0, midnight.timestamp() - BEGINS.timestamp() - self._loop.time()))
            while not self._is_quiet():  # noqa: ASYNC110 - this is how often somebody looks
                await asyncio.sleep(QUIET_S)
            told, vague = await self._lot.ask(lambda work: (work.free_spaces(), vagueness(work, self._lot.handlers)))
            true = self._week.spaces - self._journal.inside
            self._journal.midnights.append(Midnight(day, told, true, vague))

    def _is_quiet(self) -> bool:
        """Whether no vehicle is on its way through a lane."""
        if not self._lot.is_up or any(lane.busy for lane in self._lanes.values()):
            return False
        return all(lane.snapshot().state is LaneState.IDLE for lane in self._lot.lot.lanes.values())

    async def _last_questions(self) -> tuple[tuple[Taking, ...], int | None]:
        """What the provider took by its own word, and how many spaces drivers are told are free."""
        orders = self._phone.orders
        shared, url = self._files.secret.read_bytes().strip(), f"http://127.0.0.1:{self._ports.sandbox}"
        takings = await sandbox_takings(url, shared, self._shared, orders)
        phone = Phone(f"http://127.0.0.1:{self._ports.cloud}", LOT_ID, Journal())
        try:
            return takings, (await phone.nearby(LATITUDE, LONGITUDE)).get(LOT_ID)
        finally:
            await phone.close()
