"""Power cuts at every step of a lane: after the restart, what is recorded is what the street shows."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hand_lane import MORNING, HandArchive, HandClock, open_lot, sighting
from lane_lot import PATIENT
from street import CountedStore, Street, Vehicle, settle

from lot_server import lane_loop
from lot_server.decisions import Admitted, Approach
from lot_server.domain.lane import Lane, LaneEvent, LaneState, Rule
from lot_server.domain.stay import Direction
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_read import from_sighting
from lot_server.lane_setup import LaneHardware
from lot_server.ports import Work
from lot_server.store.writer import Writer

FIRST, SECOND = "京A12345", "粤Z98765"
MOST_STEPS = 40


class PowerCut(BaseException):
    """The server is gone in this instant."""


class CutLane:
    """A lane whose server loses power before one of its steps, and is started again."""

    def __init__(self, folder: Path, direction: Direction, cut_at: int) -> None:
        self.direction = direction
        self.street = Street()
        self.writer = Writer(folder / "lot.db", "test")
        self.steps: list[Rule] = []
        self.cut = False
        self._cut_at = cut_at
        self._store = CountedStore(self.writer)
        self._clock = HandClock()
        self._loop: LaneLoop | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The server starts, as after a crash if it ran before."""
        handlers = Handlers(self._clock)
        await self.writer.transact(handlers.recover)
        street = self.street
        self._loop = LaneLoop(
            f"{self.direction}-1", self.direction, LaneHardware(street, street, street, street), street,
            HandArchive(), self._store, handlers, self._clock, PATIENT, 3, 0.5, "https://pay.example",
        )  # fmt: skip
        self._task = asyncio.create_task(self._loop.run())
        await self.settled()

    async def settled(self) -> None:
        """All that the lane does by itself is done; a server without power is started again first."""
        assert self._loop is not None
        assert self._task is not None
        settling = asyncio.create_task(settle(self._store, (self._loop, self.street)))
        await asyncio.wait((settling, self._task), return_when=asyncio.FIRST_COMPLETED)
        if not self._task.done():
            settling.result()
            return
        settling.cancel()
        error = self._task.exception()
        assert self.cut, error
        # What the loops felt while there was no power is known to nobody.
        self.street._changes = asyncio.Queue()
        await self.start()

    def follow(self, lane: Lane, event: LaneEvent) -> tuple[Lane, Rule | None]:
        """`step`, unless the power goes just before it."""
        after, rule = _STEP(lane, event)
        if rule is not None:
            if len(self.steps) == self._cut_at and not self.cut:
                self.cut = True
                raise PowerCut
            self.steps.append(rule)
        return after, rule

    async def drive(self, vehicle: Vehicle, metres: float) -> None:
        """It rolls on, or back, as far as it can."""
        move = self.street.forward if metres > 0 else self.street.back
        for _ in range(round(abs(metres) / 0.4)):
            if vehicle not in self.street.vehicles or not move(vehicle):
                return
            await self.settled()

    async def wait(self) -> None:
        """The time that the lane waits for something is over."""
        assert self._loop is not None
        inbox = self._loop._inbox
        if inbox._timer is not None:
            inbox._time_out(inbox._timer_token)
        await self.settled()

    async def end(self) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        self.writer.close()


_STEP = lane_loop.step
Story = Callable[[CutLane], Awaitable[None]]


async def through(lane: CutLane) -> None:
    """One vehicle drives through."""
    await lane.drive(lane.street.arrive(FIRST), 20)


async def backs_out(lane: CutLane) -> None:
    """One comes up to the open barrier, and turns back."""
    vehicle = lane.street.arrive(FIRST)
    await lane.drive(vehicle, 2.5)
    await lane.drive(vehicle, -20)
    await lane.wait()


async def queue(lane: CutLane) -> None:
    """Two come nose to tail and drive through one after the other."""
    first, second = lane.street.arrive(FIRST), lane.street.arrive(SECOND)
    await lane.drive(first, 4)
    for _ in range(12):
        await lane.drive(first, 2)
        await lane.drive(second, 2)


async def rocks(lane: CutLane) -> None:
    """One touches the closing loop, rolls back from it, and then drives through."""
    vehicle = lane.street.arrive(FIRST)
    await lane.drive(vehicle, 4)
    await lane.drive(vehicle, -1.2)
    await lane.drive(vehicle, 20)


STORIES: dict[str, Story] = {"through": through, "backs_out": backs_out, "queue": queue, "rocks": rocks}


@contextmanager
def cut(lane: CutLane, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(lane_loop, "step", lane.follow)
        yield


async def tell(story: Story, lane: CutLane) -> tuple[set[str], set[str], set[str], bool]:
    """The plates that the store says are inside, those it is not sure of, and those that are; and if the lane rests."""
    try:
        await lane.writer.transact(open_lot)
        inside = {FIRST} if lane.direction == "exit" else set[str]()
        for plate in inside:
            await lane.writer.transact(partial(park, plate=plate))
        await lane.start()
        await story(lane)
        for _ in range(3):
            await lane.wait()
        for vehicle in list(lane.street.vehicles):
            await lane.drive(vehicle, 30)
        for _ in range(3):
            await lane.wait()
        stays = await lane.writer.transact(lambda work: (*work.open_stays(), *work.intended_stays()))
        alerts = await lane.writer.transact(lambda work: work.open_alerts())
        doubted = {each.raised.stay_id for each in alerts if each.raised.code == "unfinished_passage"}
        unsure = {stay.plate for stay in stays if stay.stay_id in doubted}
        sure = [stay.plate for stay in stays if stay.stay_id not in doubted]
        assert len(sure) == len(set(sure)), "a vehicle counts twice"
        assert all(stay.state == "open" for stay in stays if stay.stay_id not in doubted)
        at_rest = lane.street.barrier == "closed" and lane._loop is not None
        assert lane._loop is not None
        at_rest = at_rest and lane._loop.snapshot().state is LaneState.IDLE
        truth = inside ^ set(lane.street.passed)
        return set(filter(None, sure)), set(filter(None, unsure)), truth, at_rest
    finally:
        await lane.end()


def park(work: Work, plate: str) -> None:
    """A vehicle came in before."""
    handlers = Handlers(HandClock())
    approach = Approach("before", "entry-1", "entry", from_sighting(sighting(plate), (), MORNING, 0.5))
    decision = handlers.decide(work, approach)
    assert isinstance(decision, Admitted)
    assert decision.stay_id is not None
    handlers.confirm(work, approach, decision.stay_id, MORNING)


@pytest.mark.parametrize(("direction", "name"), [*(("entry", name) for name in STORIES), ("exit", "through")])
def test_after_a_power_cut_the_lane_comes_to_what_the_street_shows(
    tmp_path: Path, direction: Direction, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut before any step of a story: the arm falls on nobody, nobody counts twice, and whoever cannot be known of
    is told to a person."""
    cut_at = 0
    while True:
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        lane = CutLane(folder, direction, cut_at)
        with cut(lane, monkeypatch):
            sure, unsure, truth, at_rest = asyncio.run(tell(STORIES[name], lane))
        assert at_rest, f"cut at {cut_at}"
        assert sure <= truth <= sure | unsure, f"cut at {cut_at}: {sure} inside, {unsure} perhaps, {truth} in truth"
        if not lane.cut:
            break
        cut_at += 1
        assert cut_at < MOST_STEPS
    assert unsure == set()
    assert cut_at >= 6
