"""Vehicles through the lanes, chapter by chapter, one at a lane at a time.

Nothing here goes by the clock alone: the next vehicle rolls in once the lane is idle again, and a chapter ends when
all of its vehicles are through. A slow machine makes a longer day, not another one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from benchmarks.simulation.bursts import Direction, frame_paths
from benchmarks.simulation.drivers import Phone, Terminal
from benchmarks.simulation.errors import LotRefused, ServiceSilent
from benchmarks.simulation.journal import Crossing, End, Journal
from benchmarks.simulation.lot_client import Behaviour, LaneSeen, LotClient, until_lane_is
from benchmarks.simulation.operator import Operator
from benchmarks.simulation.records import LastPassage, last_passage
from benchmarks.simulation.scenario import Chapter, Incident, IncidentKind, Scenario, Vehicle
from benchmarks.simulation.settings import LANES, Files
from benchmarks.simulation.timeline import Timeline
from lot_server.domain.clock import Clock

GIVES_UP_S = 90.0
"""Real seconds after which a vehicle that cannot get through reverses away."""
IMPATIENT_S = 3.0
"""Real seconds a driver who has paid by phone waits at the barrier before anybody does something about it."""
LEAVING_AT_ONCE = 3
"""Vehicles that pay or queue at the exit at one time: who paid long before the exit would owe more there."""
GLANCE_S = 0.05

_SHOWN = {"clear": "", "smudged": ", plate smudged", "covered": ", plate covered in mud", "bare": ", no plate"}
Act = Callable[[IncidentKind], Awaitable[None]]


class Traffic:
    """One day's vehicles. `act` makes an incident happen at the site."""

    def __init__(
        self,
        scenario: Scenario,
        files: Files,
        lot: LotClient,
        phone: Phone,
        journal: Journal,
        timeline: Timeline,
        clock: Clock,
        act: Act,
    ) -> None:
        self._scenario, self._clock = scenario, clock
        self._frames, self._database = files.frames, files.lot_database
        self._lot, self._phone, self._terminal = lot, phone, Terminal(lot, journal)
        self._journal, self._timeline, self._act = journal, timeline, act
        self._stays: dict[str, str] = {}
        self._operator = Operator(lot, self._stays)
        self._lanes = {direction: asyncio.Lock() for direction in LANES}
        self._leaving = asyncio.Semaphore(LEAVING_AT_ONCE)
        self._pending: list[Incident] = []
        self._through = 0

    async def run(self) -> None:
        """The whole day."""
        for number, chapter in enumerate(self._scenario.chapters):
            await self._chapter(number, chapter)

    async def _chapter(self, number: int, chapter: Chapter) -> None:
        plans = []
        for vehicle in self._scenario.vehicles:
            enters, leaves = vehicle.entry_chapter == number, vehicle.exit_chapter == number
            if enters or leaves:
                first = vehicle.arrives_at if enters or vehicle.leaves_at is None else vehicle.leaves_at
                plans.append((first, vehicle.vehicle_id, vehicle, enters, leaves))
        if not plans and not chapter.incidents:
            return
        self._timeline.say("chapter", chapter.name)
        self._pending, self._through = list(chapter.incidents), 0
        await self._incidents(lambda each: each.after is not None and each.after <= 0)
        async with asyncio.TaskGroup() as tasks:
            for _, _, vehicle, enters, leaves in sorted(plans, key=lambda plan: plan[:2]):
                tasks.create_task(self._visit(vehicle, enters, leaves))
        await self._incidents(lambda _: True)

    async def _visit(self, vehicle: Vehicle, enters: bool, leaves: bool) -> None:
        if enters:
            await self._until(vehicle.arrives_at - self._clock.now())
            async with self._lanes["entry"]:
                await self._enter(vehicle)
            await self._one_more()
        if leaves and vehicle.leaves_at is not None and vehicle.vehicle_id in self._stays:
            await self._until(vehicle.leaves_at - self._clock.now())
            async with self._leaving:
                if vehicle.pays == "phone":
                    await self._pay_by_phone(vehicle)
                async with self._lanes["exit"]:
                    await self._leave(vehicle)
            await self._one_more()

    async def _enter(self, vehicle: Vehicle) -> None:
        behaviour: Behaviour = "back_out" if vehicle.role == "backs_out" else "cross"
        number = await self._lot.roll_in(LANES["entry"], frame_paths(self._frames, vehicle, "entry"), behaviour)
        end, _ = await self._pass(vehicle, "entry", number)
        passage = self._note(vehicle, "entry", end, False)
        if end == "crossed" and passage is not None and passage.stay_id is not None:
            self._stays[vehicle.vehicle_id] = passage.stay_id
        read = passage.plate if passage is not None and passage.plate is not None else "a ticket"
        told = {"crossed": f"in as {read}", "backed_out": "backed out", "refused": "turned away, full"}
        self._say_lane("→", vehicle, told.get(end, "GAVE UP"), vehicle.entry_view)

    async def _leave(self, vehicle: Vehicle) -> None:
        number = await self._lot.roll_in(LANES["exit"], frame_paths(self._frames, vehicle, "exit"), "cross")
        end, with_operator = await self._pass(vehicle, "exit", number)
        self._note(vehicle, "exit", end, with_operator)
        how = ", the operator picked the stay" if with_operator else ""
        self._say_lane("←", vehicle, ("out" if end == "crossed" else "GAVE UP") + how, vehicle.exit_view)

    def _note(self, vehicle: Vehicle, direction: Direction, end: End, with_operator: bool) -> LastPassage | None:
        """Note how a vehicle's time at a lane ended. One vehicle at a time: the lane's last passage is this one's."""
        moved = end in ("crossed", "backed_out")
        passage = last_passage(self._database, LANES[direction]) if moved else None
        passage_id = passage.passage_id if passage is not None else None
        self._journal.crossings.append(Crossing(vehicle.vehicle_id, direction, end, passage_id, with_operator))
        return passage

    async def _pass(self, vehicle: Vehicle, direction: Direction, number: str) -> tuple[End, bool]:
        """Stay with a vehicle at a lane until it is gone and the lane is idle again; whether an operator helped."""
        lane_id, helped = LANES[direction], False
        started = asyncio.get_running_loop().time()
        while (where := await self._lot.whereabouts(number, GLANCE_S)) == "waiting":
            lane = await self._lot.lane(lane_id)
            waited = asyncio.get_running_loop().time() - started
            if lane.state == "refused" or waited > GIVES_UP_S:
                await self._lot.reverse_away(lane_id)
                where = "refused" if lane.state == "refused" else "gave_up"
                break
            try:
                if lane.state == "waiting_for_operator":
                    await self._operator.resolve(lane_id, vehicle)
                    helped = True
                elif lane.state == "waiting_for_payment":
                    await self._pay_at_barrier(vehicle, lane, waited)
            except LotRefused as refusal:
                # What was shown a moment ago may be over: money arrived, or the lane read the plate again.
                if refusal.reason != "nothing_waits":
                    raise
        if not await until_lane_is(self._lot, lane_id, "idle", GIVES_UP_S):
            raise ServiceSilent(f"lane {lane_id} does not become idle again after {vehicle.vehicle_id}")
        ends: dict[str, End] = {"crossed": "crossed", "backed_out": "backed_out", "refused": "refused"}
        return ends.get(where, "gave_up"), helped

    async def _pay_by_phone(self, vehicle: Vehicle) -> None:
        fee = await self._phone.fee(vehicle)
        if fee is None:
            self._timeline.say("person", f"   {vehicle.vehicle_id}: the phone knows no {_plates(vehicle)} inside")
        elif fee.due.minor and (paid := await self._phone.pay(vehicle, fee)) is not None:
            self._timeline.say("money", f"   {vehicle.vehicle_id} paid {paid} by phone for {fee.plate}")

    async def _pay_at_barrier(self, vehicle: Vehicle, lane: LaneSeen, waited: float) -> None:
        """The display shows an amount: who has paid by phone waits for it to arrive, all others use the terminal."""
        if any((each.vehicle_id, each.means) == (vehicle.vehicle_id, "phone") for each in self._journal.payments):
            if vehicle.vehicle_id not in self._journal.waited_for_the_line:
                self._journal.waited_for_the_line.append(vehicle.vehicle_id)
                self._timeline.say("person", f"   {vehicle.vehicle_id} has paid and waits for the lot to hear of it")
                await self._incidents(lambda each: each.after is None)
            if waited > IMPATIENT_S:
                await self._incidents(lambda _: True)
            # Who came late owes more by now, and pays that too.
            fee = await self._phone.fee(vehicle, asks=1)
            if fee is not None and fee.due.minor:
                await self._pay_by_phone(vehicle)
            return
        paid = await self._terminal.pay(LANES["exit"], vehicle, lane)
        self._timeline.say("money", f"   {vehicle.vehicle_id} paid {paid} at the barrier")

    async def _one_more(self) -> None:
        self._through += 1
        await self._incidents(lambda each: each.after is not None and each.after <= self._through)
        seen = await self._lot.seen()
        seq, _, acked = seen.ledger
        self._timeline.stand(f"{seen.free_spaces}/{seen.spaces} free   ledger {seq}, cloud has {acked}")

    async def _incidents(self, due: Callable[[Incident], bool]) -> None:
        while self._pending and due(self._pending[0]):
            incident = self._pending.pop(0)
            self._journal.incidents.append(incident.kind)
            self._timeline.say("incident", f"   {incident.kind.replace('_', ' ')}")
            await self._act(incident.kind)

    async def _until(self, span: timedelta) -> None:
        await asyncio.sleep(max(0.0, self._clock.real(span)))

    def _say_lane(self, arrow: str, vehicle: Vehicle, what: str, view: str) -> None:
        role = "" if vehicle.role == "ordinary" else f" ({vehicle.role.replace('_', ' ')})"
        self._timeline.say("lane", f"{arrow} {vehicle.vehicle_id} {_plates(vehicle)}{role}{_SHOWN[view]}: {what}")


def _plates(vehicle: Vehicle) -> str:
    return " or ".join(vehicle.car.plates) or "without a plate"
