"""The week's vehicles and people: they drive up, wait, pay, are helped, park and leave, all in the week's time."""

import asyncio
import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks.week.clocks import WeekClock
from benchmarks.week.desk import Desk
from benchmarks.week.journal import Account, Crossing, WeekJournal
from benchmarks.week.lane import Lane, Vehicle
from benchmarks.week.line import Line
from benchmarks.week.lot import WeekLot
from benchmarks.week.phone import WeekPhone
from benchmarks.week.plan import Visit, Week
from benchmarks.week.replay import PIXELS, Patterns, WeekReader
from lot_server.domain.coupon import Coupon
from lot_server.domain.lane import LaneState
from lot_server.domain.stay import Direction
from lot_server.ports import MessageCode

GLANCE_S = 4.0
"""How often a driver looks at the display."""
PATIENCE_FULL_S = 150.0
PATIENCE_UNSEEN_S = 40.0
PATIENCE_S = 3 * 3600.0
"""After which a vehicle that nothing lets through is given up, which no week should need."""
WALK_S = 180.0
"""From paying by phone to the exit."""
COMES_BACK_S = 900.0
GO: tuple[MessageCode, ...] = ("please_enter", "take_ticket", "goodbye", "drive_on")
MERCHANT = "bakery"


class World:
    """Lives through a week."""

    def __init__(
        self,
        week: Week,
        pictures: Path,
        patterns: Patterns,
        reader: WeekReader,
        lot: WeekLot,
        lanes: Mapping[str, Lane],
        phone: WeekPhone,
        line: Line,
        journal: WeekJournal,
        clock: WeekClock,
    ) -> None:
        self._week, self._pictures, self._patterns, self._reader = week, pictures, patterns, reader
        self._lot, self._lanes, self._phone, self._line = lot, lanes, phone, line
        self._journal, self._clock = journal, clock
        self.desk = Desk(lot, journal, clock)
        self._let_in: dict[str, tuple[str | None, str | None]] = {}
        self._visits = {each.name: each for each in week.visits}
        self.through = 0
        """Visits that have ended."""
        for lane in lanes.values():
            lane.crossing = partial(self._crossed, lane)
            lane.says_go = partial(self._says_go, lane)

    def opened(self, lane: Lane) -> None:
        """The lot tells a barrier to open: whom it lets in is what the lane says now."""
        seen = self._lot.lane(lane.lane_id).snapshot() if self._lot.is_up else None
        self._let_in[lane.lane_id] = (None, None) if seen is None else (seen.passage_id, seen.stay_id)

    def _says_go(self, lane: Lane) -> bool:
        """Without power the display says nothing, and who was let in drives on."""
        if not self._lot.is_up:
            return self._let_in.get(lane.lane_id) is not None
        seen = self._lot.lane(lane.lane_id).snapshot()
        return seen.held or seen.message in GO

    async def run(self) -> None:
        """Until every vehicle has gone."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as visits:
            for visit in self._week.visits:
                await asyncio.sleep(max(0.0, visit.arrives - loop.time()))
                visits.create_task(self._visit(visit), name=visit.name)

    async def _visit(self, visit: Visit) -> None:
        account = self._journal.account(visit.number)
        account.from_pixels = visit.car is not None
        vehicle = self._vehicle(visit, "entry", visit.role == "backs_out", visit.role == "follows_in")
        drive = asyncio.create_task(self._lanes[visit.entry].drive(vehicle))
        await self._at_entry(visit, vehicle, account)
        await drive
        self._reader.replays.pop(vehicle.source, None)
        if vehicle.crossed:
            await self._park(visit, account)
            await self._leave(visit, account)
        elif account.end is None:
            account.end = "backed_out"
        self.through += 1

    def _vehicle(self, visit: Visit, direction: Direction, backs_out: bool, follows: bool = False) -> Vehicle:
        """The vehicle at a lane, its frames and what will be read on them."""
        kind = "in" if direction == "entry" else "out"
        if visit.car is not None:
            folder = self._pictures / visit.name
            found = sorted(folder.glob(f"{direction}-*.jpg"))
            return Vehicle(visit.name, f"{PIXELS} {visit.name} {kind}", found, backs_out, follows)
        source = f"{visit.name} {kind}"
        number = visit.entry_read if direction == "entry" else visit.exit_read
        read = None
        if visit.has_plate:
            seed = visit.number * 2 + (direction == "exit")
            read = self._patterns.read(visit.kinds, number, visit.plate, seed)
        self._reader.replays[source] = read
        return Vehicle(visit.name, source, (), backs_out, follows)

    def _crossed(self, lane: Lane, vehicle: Vehicle) -> None:
        account = self._journal.account(self._visits[vehicle.name].number)
        passage_id, stay_id = self._let_in.pop(lane.lane_id, (None, None))
        if self._lot.is_up and self._lot.lane(lane.lane_id).snapshot().held:
            # Nobody is let in by name: what the lot makes of it stands in its ledger.
            passage_id = stay_id = None
        crossing = Crossing(self._clock.true_now().timestamp(), lane.lane_id, passage_id, stay_id)
        crossing.with_operator = any(each.startswith(lane.lane_id) for each in account.operator)
        if lane.direction == "entry":
            account.came, account.inside, account.followed = crossing, True, vehicle.follows
        else:
            account.left, account.inside, account.end = crossing, False, "left"

    # In

    async def _at_entry(self, visit: Visit, vehicle: Vehicle, account: Account) -> None:
        lane, waited = self._lanes[visit.entry], 0.0
        while not await _gone(vehicle, GLANCE_S):
            if lane.at_arming is not vehicle or not self._lot.is_up:
                continue
            waited += GLANCE_S
            state = self._lot.lane(visit.entry).snapshot().state
            if state is LaneState.REFUSED and (visit.role == "blocked" or waited > PATIENCE_FULL_S):
                if lane.give_up(vehicle):
                    account.end = "blocked" if visit.role == "blocked" else "turned_away"
            elif state is LaneState.WAITING_FOR_OPERATOR:
                await self.desk.open_entry(visit, "the lane could not decide")
            elif state is LaneState.IDLE and waited > PATIENCE_UNSEEN_S:
                await self.desk.open_entry(visit, "the lane does not see the vehicle")
            elif waited > PATIENCE_S and lane.give_up(vehicle):
                account.end = "gave_up"

    async def _park(self, visit: Visit, account: Account) -> None:
        assert account.came is not None
        if visit.coupon and account.came.stay_id is not None:
            await asyncio.sleep(visit.parks / 2)
            await self._lot.until_up()
            await self._validate(visit, account.came.stay_id)
            await asyncio.sleep(visit.parks / 2)
        else:
            await asyncio.sleep(visit.parks)

    async def _validate(self, visit: Visit, stay_id: str) -> None:
        """A merchant takes over an hour."""
        coupon = Coupon(
            f"coupon-{visit.number}", stay_id, MERCHANT, "minutes", 60, "bought something", self._clock.now()
        )
        await self.desk.attempt(lambda work: self._lot.handlers.apply_coupon(work, coupon), f"coupon {visit.name}")

    # Out

    async def _leave(self, visit: Visit, account: Account) -> None:
        if visit.role == "turns_back":
            await self._at_exit(visit, account, turns_back=True)
            await asyncio.sleep(COMES_BACK_S)
        if visit.pays == "phone" and self._line.is_up and await self._pay_by_phone(visit):
            await asyncio.sleep(WALK_S)
        if account.inside:
            await self._at_exit(visit, account, turns_back=False)

    async def _pay_by_phone(self, visit: Visit) -> bool:
        await self._lot.until_up()
        known_from = await self._lot.ask(lambda work: work.head()[0])
        return await self._phone.pay(visit, known_from, self._line.is_up)

    async def _at_exit(self, visit: Visit, account: Account, turns_back: bool) -> None:
        lane = self._lanes[visit.exit]
        vehicle = self._vehicle(visit, "exit", turns_back)
        drive = asyncio.create_task(lane.drive(vehicle))
        chance = random.Random(visit.number)
        searching_s, waited, paid_for_the_line = chance.uniform(8, 30), 0.0, False
        while not await _gone(vehicle, GLANCE_S):
            if lane.at_arming is not vehicle or not self._lot.is_up:
                continue
            waited += GLANCE_S
            seen = self._lot.lane(visit.exit).snapshot()
            if turns_back and (seen.state is LaneState.WAITING_FOR_PAYMENT or waited > PATIENCE_FULL_S):
                lane.give_up(vehicle)
            elif seen.state is LaneState.WAITING_FOR_PAYMENT and waited > searching_s and not paid_for_the_line:
                if visit.pays == "phone" and self._line.back_soon and await self._phone.pay(visit, 0, False):
                    # Nothing comes down to the lot before the line is there again.
                    paid_for_the_line = True
                else:
                    await self.desk.take_money(visit, seen.due)
            elif seen.state is LaneState.WAITING_FOR_OPERATOR and waited > searching_s:
                await self.desk.help_out(visit, account)
            elif waited > PATIENCE_S and lane.give_up(vehicle):
                account.end = "gave_up"
        await drive
        account.waited_s += waited
        self._reader.replays.pop(vehicle.source, None)


async def _gone(vehicle: Vehicle, seconds: float) -> bool:
    """Whether a vehicle has gone within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await vehicle.through.wait()
    except TimeoutError:
        return False
    return True
