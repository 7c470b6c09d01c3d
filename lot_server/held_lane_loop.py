"""Follows one lane while its barrier is held open: reads who rolls up, records who drove through.

A vehicle may be through before its read is done, so each is read and recorded beside the loops, in order.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from lot_server.decisions import Admitted, Approach, Decision, HeldOpen
from lot_server.domain.held_lane import HeldLane, HeldStep, HeldVehicle, hold_step
from lot_server.domain.lane import Lane, LaneEvent, LaneState
from lot_server.domain.stay import Direction
from lot_server.identifiers import new_id
from lot_server.lane_calls import Failure, LaneCalls, Outcome
from lot_server.lane_journal import LaneJournal
from lot_server.lane_read import LaneRead
from lot_server.leftovers import Leftovers

_PAST_THE_ARMING_LOOP = {LaneState.BETWEEN, LaneState.PASSING}


@dataclass(slots=True)
class _Vehicle:
    """`admitted` where the lane had let it through before the emergency; else `read` is under way."""

    approach: Approach
    admitted: Admitted | None = None
    read: asyncio.Task[Outcome] | None = None


class HeldLaneLoop:
    """One lane's part in an emergency. Everything is called on the event loop that runs the lane."""

    def __init__(
        self, lane_id: str, calls: LaneCalls, journal: LaneJournal, leftovers: Leftovers, read_s: float
    ) -> None:
        """`read_s`: the real seconds that the read of a vehicle which has passed is waited for."""
        self._lane_id = lane_id
        self._calls = calls
        self._journal = journal
        self._leftovers = leftovers
        self._read_s = read_s
        self._order: HeldOpen | None = None
        self._direction: Direction = "entry"
        self._loops = HeldLane()
        self._vehicles: dict[str, _Vehicle] = {}
        self._recording: set[asyncio.Task[None]] = set()
        self._in_turn = asyncio.Lock()

    @property
    def active(self) -> bool:
        """Whether the lane is in its hands."""
        return self._order is not None

    @property
    def on_the_way(self) -> bool:
        """Whether somebody is, or may be, under the barrier."""
        return self._loops.on_the_way

    @property
    def awaits(self) -> bool:
        """Whether a vehicle that left the arming loop has still to come to the closing loop."""
        return self._loops.on_the_way and not self._loops.closing

    def take_over(self, order: HeldOpen, lane: Lane, approach: Approach | None, decision: Decision | None) -> None:
        """The barrier is held from now on; `approach` is the vehicle at the lane, `decision` what was decided of it."""
        self._order, self._direction = order, lane.direction
        self._loops = HeldLane(closing=lane.closing)
        if approach is not None:
            vehicle = _Vehicle(replace(approach, order=order), decision if isinstance(decision, Admitted) else None)
            self._vehicles[approach.passage_id] = vehicle
            if vehicle.admitted is None and approach.read is None:
                self._begin_read(vehicle)
            onward = lane.state in _PAST_THE_ARMING_LOOP or not lane.arming
            here = HeldVehicle(approach.passage_id, onward)
            self._loops = replace(self._loops, arming=lane.arming and not onward, vehicles=(here,))
        if lane.arming and not self._loops.arming:
            self._follow(hold_step(self._loops, LaneEvent.ARMING_ON, new_id()))

    async def hear(self, event: LaneEvent, at: datetime) -> None:
        """A change of the loops, or the end of the time that a vehicle has from one to the other."""
        taken = hold_step(self._loops, event, new_id())
        self._follow(taken)
        for passage_id in taken.gone:
            await self._turn_back(passage_id)
        for passage_id in taken.passed:
            task = asyncio.create_task(self._record(self._vehicles.pop(passage_id), at), name=f"held {self._lane_id}")
            self._recording.add(task)
            task.add_done_callback(self._recording.discard)

    async def give_back(self, lane: Lane) -> Lane:
        """The lane as its loops feel now, idle; who stands before it is read anew."""
        for passage_id in list(self._vehicles):
            await self._turn_back(passage_id)
        self._order = None
        return replace(lane, state=LaneState.IDLE, arming=self._loops.arming, closing=self._loops.closing)

    def cancel(self) -> None:
        """The server ends."""
        reads = [vehicle.read for vehicle in self._vehicles.values()]
        for task in (*reads, *self._recording):
            if task is not None:
                task.cancel()

    def _follow(self, taken: HeldStep) -> None:
        self._loops = taken.lane
        for passage_id in taken.came:
            vehicle = _Vehicle(Approach(passage_id, self._lane_id, self._direction, order=self._order))
            self._vehicles[passage_id] = vehicle
            self._leftovers.begin(passage_id)
            self._begin_read(vehicle)

    def _begin_read(self, vehicle: _Vehicle) -> None:
        vehicle.read = asyncio.create_task(self._calls.read(), name=f"read {self._lane_id}")

    async def _turn_back(self, passage_id: str) -> None:
        vehicle = self._vehicles.pop(passage_id)
        if vehicle.read is not None:
            vehicle.read.cancel()
        if vehicle.admitted is not None and vehicle.admitted.stay_id is not None:
            await self._journal.abandoned(vehicle.approach, vehicle.admitted.stay_id)
        self._leftovers.end(passage_id)

    async def _record(self, vehicle: _Vehicle, at: datetime) -> None:
        async with self._in_turn:
            if vehicle.admitted is None:
                read = await self._read_of(vehicle)
                await self._journal.drove_through(replace(vehicle.approach, read=read), at)
            elif vehicle.admitted.stay_id is not None:
                await self._journal.confirmed(vehicle.approach, vehicle.admitted.stay_id, at)
        self._leftovers.end(vehicle.approach.passage_id)

    async def _read_of(self, vehicle: _Vehicle) -> LaneRead | None:
        if vehicle.read is None:
            return vehicle.approach.read
        await asyncio.wait((vehicle.read,), timeout=self._read_s)
        if not vehicle.read.done():
            vehicle.read.cancel()
            text = "camera and reader took too long: check both"
            await self._journal.failed(Failure("camera", "read_timed_out", text))
            return None
        outcome = vehicle.read.result()
        if outcome.failure is not None:
            await self._journal.failed(outcome.failure)
        return outcome.read
