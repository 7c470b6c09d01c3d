"""One life of the lot's server: its real store, jobs, lanes and photos, and vehicles that come until it dies."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from benchmarks.kill.errors import ChargedAgain
from benchmarks.kill.gate import Gate
from benchmarks.kill.vehicles import PASS_EVERY, plate_of
from benchmarks.kill.world import MORNING, World
from lot_server.domain.events import LotDescribed, PassGranted, TariffPublished
from lot_server.domain.lane import LaneState
from lot_server.domain.money import Money
from lot_server.domain.stay import Direction, Pass
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.photos import PhotoFolder
from lot_server.ports import Work
from lot_server.store.writer import Writer

T = TypeVar("T")
LOT, SPACES, TERMINAL = "kill", 400, "terminal"
INSIDE = 8
"""Vehicles that stay inside before the first leaves."""

A_WEEK = 7 * 24 * 60
TARIFF = Tariff(1, "EUR", MORNING - timedelta(days=1), 0, (RateLine(0, A_WEEK, 150),), 3000, 20, 0)
"""One price for the day: a vehicle that kills hold up owes no more for it, so who is asked again is charged twice."""
_STEP_SECONDS = 0.0005
_STUCK_SECONDS = 20.0
_LONGEST_WAIT_SECONDS = 0.01
"""How long a driver takes at most to see that the barrier is open."""


@dataclass(frozen=True, slots=True)
class WorldClock:
    """The simulated day's clock, which goes on where it stood as the last server died."""

    world: World
    simulated: bool = True

    def now(self) -> datetime:
        return self.world.time

    def real(self, span: timedelta) -> float:
        return span.total_seconds()


async def live(folder: Path, seed: int, vehicles: int, begun: Callable[[], None]) -> None:
    """Serve until as many vehicles have come and gone, or until killed; `begun` is told once the lanes work.

    Raises what a server raises that cannot go on, and TimeoutError where a vehicle waits for nothing.
    """
    world = World(folder / "world.log")
    clock = WorldClock(world)
    handlers = Handlers(clock)
    writer = Writer(folder / "lot.db", LOT)
    known = await writer.transact(lambda work: work.head()[0])
    if known < world.acked:
        world.tell("lost", world.acked)
    if known == 0:
        await writer.transact(lambda work: _describe(work, vehicles))
    await writer.transact(handlers.recover)
    watched = _Acknowledging(writer, world)
    gates: dict[Direction, Gate] = {"entry": Gate("entry", world), "exit": Gate("exit", world)}
    photos = PhotoFolder(folder / "photos")
    lanes = {
        direction: LaneLoop(
            f"{direction}-1", direction, LaneHardware(gate, gate, gate, gate), gate, photos, watched, handlers, clock,
            LaneTiming(), 1, 0.5, "https://pay.example",
        )
        for direction, gate in gates.items()
    }  # fmt: skip
    running = [asyncio.create_task(lane.run()) for lane in lanes.values()]
    begun()

    async def owed(stay_id: str) -> Money:
        return await writer.transact(lambda work: handlers.fee_of(work, stay_id).due)

    drivers = _Drivers(world, gates, lanes, owed, Random(seed), vehicles)
    try:
        await asyncio.gather(drivers.come(), drivers.leave())
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        writer.close()
        world.close()


class _Acknowledging:
    """The store's transactions; the world is told how far the ledger was once a transaction's answer is there."""

    def __init__(self, writer: Writer, world: World) -> None:
        self._writer = writer
        self._world = world

    async def transact(self, job: Callable[[Work], T]) -> T:
        answer, seq = await self._writer.transact(lambda work: (job(work), work.head()[0]))
        if seq > self._world.acked:
            self._world.tell("acked", seq)
        return answer


class _Drivers:
    """Brings vehicles to the gates and, as the lot lets them, through."""

    def __init__(
        self,
        world: World,
        gates: dict[Direction, Gate],
        lanes: dict[Direction, LaneLoop],
        owed: Callable[[str], Awaitable[Money]],
        random: Random,
        vehicles: int,
    ) -> None:
        self._world, self._gates, self._lanes = world, gates, lanes
        self._owed = owed
        self._random = random
        self._vehicles = vehicles

    async def come(self) -> None:
        """Through the entry, until all have come."""
        if "entry" in self._world.gates:
            await self._through("entry")
        while self._world.arrived < self._vehicles:
            self._world.tell("arrive", "entry", self._world.arrived + 1)
            self._gates["entry"].roll_up()
            await self._through("entry")

    async def leave(self) -> None:
        """Through the exit, until all have gone."""
        if "exit" in self._world.gates:
            await self._through("exit")
        while len(self._world.gone) < self._vehicles:
            inside = self._world.inside
            if len(inside) > INSIDE or (inside and self._world.arrived == self._vehicles):
                chosen = inside[0] if self._random.random() < 0.8 else self._random.choice(inside)
                self._world.tell("arrive", "exit", chosen)
                self._gates["exit"].roll_up()
                await self._through("exit")
            else:
                await asyncio.sleep(_STEP_SECONDS)

    async def _through(self, direction: Direction) -> None:
        gate, lane = self._gates[direction], self._lanes[direction]
        number = self._world.gates[direction]
        async with asyncio.timeout(_STUCK_SECONDS):
            while not (gate.opened.is_set() and lane.snapshot().state is LaneState.OPEN):
                if lane.snapshot().state is LaneState.WAITING_FOR_PAYMENT:
                    await self._pay(lane, number)
                await asyncio.sleep(_STEP_SECONDS)
            await asyncio.sleep(self._random.uniform(0, _LONGEST_WAIT_SECONDS))
            gate.drive_through()
            while lane.snapshot().state is not LaneState.IDLE:  # noqa: ASYNC110 - a snapshot tells nobody
                await asyncio.sleep(_STEP_SECONDS)

    async def _pay(self, lane: LaneLoop, number: int) -> None:
        """The driver pays at the terminal, once; the terminal says so again where no lot ever answered it."""
        seen = lane.snapshot()
        due = seen.due
        if due is None or seen.stay_id is None:
            return
        if number in self._world.counted:
            # The lane may not have heard of the payment yet; the store has.
            if (still := await self._owed(seen.stay_id)).minor > 0:
                raise ChargedAgain(f"vehicle {number} is asked for {still} after its payment was counted")
            return
        if number not in self._world.paid:
            self._world.tell("pay", number, due.minor)
        await lane.take_payment(Money(self._world.paid[number], due.currency), TERMINAL, reference_of(number))
        self._world.tell("counted", number)


def reference_of(number: int) -> str:
    """The terminal's own number of a vehicle's payment."""
    return f"receipt-{number}"


def _describe(work: Work, vehicles: int) -> None:
    work.record(LotDescribed("Kill", "1 Bench Road", 0, 0, SPACES, SPACES, "UTC", "EUR"), MORNING)
    work.record(TariffPublished(TARIFF), MORNING)
    for number in range(PASS_EVERY, vehicles + 1, PASS_EVERY):
        until = MORNING + timedelta(days=400)
        work.record(PassGranted(Pass(f"pass-{number}", plate_of(number), "monthly", MORNING, until)), MORNING)
