"""Lanes on the real store, with vehicles that do as they like: what is counted is what drove through."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hand_lane import HandArchive, HandClock, open_lot
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from lane_lot import PATIENT
from street import CountedStore, Street, Vehicle, settle

from lot_server.domain import loop_trust
from lot_server.domain.lane import LaneState
from lot_server.domain.stay import Direction
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware
from lot_server.store.writer import Writer

PLATES = [f"{province}{'ABCDEFGH'[number]}{number}{number + 1}K{number}{number}" for number, province in
          enumerate("京津沪渝冀豫云辽")]  # fmt: skip
SPACES = 20


class TwoLanes(RuleBasedStateMachine):
    """An entry and an exit of one lot, and the vehicles before them."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.writer = Writer(Path(self.folder.name) / "lot.db", "test")
        self.store = CountedStore(self.writer)
        self.clock = HandClock()
        self.streets: dict[Direction, Street] = {"entry": Street(), "exit": Street()}
        self.lanes: dict[Direction, LaneLoop] = {}
        self.tasks: list[asyncio.Task[None]] = []
        self.inside: list[str] = []
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        await self.writer.transact(lambda work: open_lot(work, SPACES))
        handlers = Handlers(self.clock)
        for direction, street in self.streets.items():
            self.lanes[direction] = LaneLoop(
                f"{direction}-1", direction, LaneHardware(street, street, street, street), street, HandArchive(),
                self.store, handlers, self.clock, PATIENT, 3, 0.5, "https://pay.example",
            )  # fmt: skip
            self.tasks.append(asyncio.create_task(self.lanes[direction].run()))

    def _settle(self) -> None:
        lanes = [(self.lanes[direction], street) for direction, street in self.streets.items()]
        self.loop.run_until_complete(settle(self.store, *lanes))
        for task in self.tasks:
            assert not task.done(), task.exception()
        for street, change in ((self.streets["entry"], self.inside.append), (self.streets["exit"], self.inside.remove)):
            for plate in street.passed:
                change(plate)
            street.passed.clear()

    @precondition(lambda self: len(self.streets["entry"].vehicles) < 3)
    @rule(plate=st.sampled_from(PLATES), length=st.sampled_from([4.0, 4.0, 1.6]))
    def come(self, plate: str, length: float) -> None:
        """A vehicle comes to the entry."""
        elsewhere = [each.plate for street in self.streets.values() for each in street.vehicles]
        if plate not in self.inside and plate not in elsewhere:
            self.streets["entry"].arrive(plate, length)

    @precondition(lambda self: len(self.streets["exit"].vehicles) < 3)
    @rule(choice=st.integers(0, 7))
    def leave(self, choice: int) -> None:
        """A vehicle that is inside comes to the exit."""
        there = [each.plate for each in self.streets["exit"].vehicles]
        ready = [plate for plate in self.inside if plate not in there]
        if ready:
            self.streets["exit"].arrive(ready[choice % len(ready)])

    @rule(direction=st.sampled_from(["entry", "exit"]), steps=st.integers(1, 24), place=st.sampled_from([0, 0, 0, 1]))
    def roll_on(self, direction: Direction, steps: int, place: int) -> None:
        """A vehicle of a queue rolls on as far as it can, while the lane follows."""
        self._roll(direction, steps, place, Street.forward, True)

    @rule(direction=st.sampled_from(["entry", "exit"]), steps=st.integers(1, 40))
    def move_up(self, direction: Direction, steps: int) -> None:
        """A whole queue rolls on, each as close behind the other as it gets."""
        street = self.streets[direction]
        for _ in range(steps):
            for vehicle in list(street.vehicles):
                street.forward(vehicle)
                self._settle()

    @rule(direction=st.sampled_from(["entry", "exit"]), steps=st.integers(1, 12), place=st.sampled_from([0, 1]))
    def rush(self, direction: Direction, steps: int, place: int) -> None:
        """A vehicle drives before the lane has followed."""
        self._roll(direction, steps, place, Street.forward, False)

    @rule(direction=st.sampled_from(["entry", "exit"]), steps=st.integers(1, 12), place=st.sampled_from([0, 1]))
    def roll_back(self, direction: Direction, steps: int, place: int) -> None:
        """A vehicle rolls back."""
        self._roll(direction, steps, place, Street.back, True)

    @rule(direction=st.sampled_from(["entry", "exit"]))
    def wait(self, direction: Direction) -> None:
        """The time that a lane waits for something is over."""
        inbox = self.lanes[direction]._inbox
        if inbox._timer is not None:
            inbox._time_out(inbox._timer_token)
        self._settle()

    def _roll(self, direction: Direction, steps: int, place: int, move: Any, follow: bool) -> None:
        street = self.streets[direction]
        if place < len(street.vehicles):
            vehicle: Vehicle = street.vehicles[place]
            for _ in range(steps):
                if vehicle not in street.vehicles or not move(street, vehicle):
                    break
                if follow:
                    self._settle()
        self._settle()

    def teardown(self) -> None:
        """Everybody drives on or away; then the stays are the vehicles that are inside, each once."""
        try:
            for direction, street in self.streets.items():
                self._clear(direction, street)
            stays = self.loop.run_until_complete(self.writer.transact(lambda work: work.open_stays()))
            intended = self.loop.run_until_complete(self.writer.transact(lambda work: work.intended_stays()))
            free = self.loop.run_until_complete(self.writer.transact(lambda work: work.free_spaces()))
            assert sorted(stay.plate or "?" for stay in stays) == sorted(self.inside)
            assert (intended, free) == ([], SPACES - len(self.inside))
            for direction, lane in self.lanes.items():
                assert (lane.snapshot().state, self.streets[direction].barrier) == (LaneState.IDLE, "closed")
        finally:
            for task in self.tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(self.tasks))
            self.writer.close()
            self.loop.close()
            self.folder.cleanup()

    def _clear(self, direction: Direction, street: Street) -> None:
        for vehicle in list(street.vehicles):
            while vehicle in street.vehicles and street.forward(vehicle):
                self._settle()
        for vehicle in reversed(list(street.vehicles)):
            while vehicle in street.vehicles and street.back(vehicle):
                self._settle()
        assert street.vehicles == []
        for _ in range(4):
            inbox = self.lanes[direction]._inbox
            if inbox._timer is not None:
                inbox._time_out(inbox._timer_token)
            self._settle()


def test_what_is_counted_is_what_drove_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queues, tailgaters and drivers who change their mind: the arm falls on nobody, and each vehicle counts once."""
    # Drivers here change their mind more often than any lane would believe.
    monkeypatch.setattr(loop_trust, "GIVEN_UP", 1000)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    how = settings(max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(TwoLanes, settings=how)
