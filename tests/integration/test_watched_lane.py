"""A lane without loops, from rendered pixels to stays on disk: each vehicle enters once, whatever else is in view."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hand_lane import HandArchive, HandClock, open_lot

from benchmarks.videos.clips import Drive, Recipe, Shot
from benchmarks.videos.render import pictures
from benchmarks.videos.watching import labelled_clips
from lot_server.adapters.empty_lane import EmptyLaneFile
from lot_server.adapters.lane_eye import LaneEye
from lot_server.adapters.vision_child import load_pipeline
from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.adapters.watched_lane import WatchedLane
from lot_server.errors import BarrierFault
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.ports import BarrierState, LaneMessage
from lot_server.store.writer import Writer
from vision.errors import SourceUnavailable
from vision.grammar import Grammar
from vision.lane_traffic import Change, TrafficPace
from vision.lane_watch import LaneLesson, LaneWatch, LaneZones
from vision.pipeline import Pipeline
from vision.sources.video import VideoSource
from vision.types import Frame
from vision.zone import Zone

RATE = 10.0
FAR, GATE, PAST, BEHIND = 14.0, 6.0, -5.0, 6.3
"""Metres before the camera: where vehicles appear, wait at the barrier and have passed; from one front to the next."""
FIRST = ((0.0, FAR), (1.6, GATE), (2.4, GATE), (4.4, PAST))
SECOND = ((0.0, FAR + BEHIND), (1.6, GATE + BEHIND), (2.6, GATE + BEHIND), (4.6, GATE), (5.4, GATE), (7.4, PAST))
PARKED = Drive(2, ((0.0, 11.0),), side=3.2)
"""A car beside the lane, whose plate is in view all the time."""
FOOTAGE = Recipe("nose_to_tail", 58, (Shot(1.0, (PARKED,)), Shot(7.8, (PARKED, Drive(0, FIRST), Drive(1, SECOND)))))
EMPTY = 10
"""Frames of the first shot."""
STANDS = (EMPTY + 20, EMPTY + 50)
"""Frames in which the first and the second vehicle wait at the barrier."""


def box(left: float, top: float, right: float, bottom: float) -> Zone:
    return Zone(((left, top), (right, top), (right, bottom), (left, bottom)))


ZONES = LaneZones(arrival=box(0.10, 0.46, 0.62, 0.72), passing=box(0.05, 0.80, 0.65, 1.0))
BRISK = TrafficPace(clear_s=0.5, leave_s=0.3, unread_s=2.0)
CAME, PASSING, LEFT, PASSED = ("arrival", True), ("passing", True), ("arrival", False), ("passing", False)


@dataclass(frozen=True)
class Footage:
    """The frames, and the plates of the two vehicles and the parked car."""

    frames: list[Frame]
    plates: tuple[str, ...]


@pytest.fixture(scope="module")
def footage() -> Footage:
    """Two vehicles nose to tail, past a parked car."""
    frames: list[Frame] = []
    plates: tuple[str, ...] = ()
    for stage, _, picture in pictures(FOOTAGE, RATE):
        frames.append(Frame(picture, "gate", len(frames)))
        plates = tuple(vehicle.text for vehicle in stage.vehicles)
    return Footage(frames, plates)


def learnt(frames: list[Frame], zones: LaneZones = ZONES, pace: TrafficPace | None = None) -> LaneWatch:
    lesson = LaneLesson(zones)
    for frame in frames:
        lesson.see(frame)
    return LaneWatch(zones, lesson.empty(), pace or TrafficPace())


def test_nose_to_tail_past_a_parked_car_are_two_vehicles(footage: Footage) -> None:
    """Each is told once, in order, with its own plate; the parked car is never told, nor is the plate behind taken for
    the one in front."""
    pipeline, watch = Pipeline.load(precision="int8"), learnt(footage.frames[:EMPTY], ZONES, BRISK)
    told: list[Change] = []
    texts: list[str | None] = []
    asked = False
    seconds = iter(range(10**6))

    def look(frame: Frame) -> None:
        nonlocal asked
        at = next(seconds) / RATE
        changes = watch.notice(frame, at, is_reading=False)
        if watch.wants_read:
            changes += watch.take(frame, pipeline.look(frame), at)
        told.extend(changes)
        if CAME in changes:
            watch.ask()
            asked = True
        if asked and watch.is_settled:
            sighting, asked = watch.sighting(Grammar()), False
            texts.append(None if sighting is None else sighting.text)

    for frame in footage.frames[EMPTY:]:
        look(frame)
    for _ in range(10):
        look(footage.frames[0])
    first, second = ([change for change in told if change[0] == zone] for zone in ("arrival", "passing"))
    assert first == [CAME, LEFT, CAME, LEFT]
    assert second in ([PASSING, PASSED] * 2, [PASSING, PASSED])
    assert told[:2] == [CAME, PASSING]
    assert told[-1] == PASSED
    assert texts == list(footage.plates[:2])


class Road:
    """The camera of the lane: vehicles wait in its film until the barrier lets them go on."""

    def __init__(self, footage: Footage) -> None:
        self.eye: LaneEye | None = None
        self.may_go: list[Callable[[], bool]] = []
        self.dead = False
        self._frames = footage.frames

    async def follow(self) -> AsyncIterator[Frame]:
        for frame in self._film():
            if self.dead:
                raise SourceUnavailable("the camera gives no frame: check its cable")
            yield frame
            # A camera is slower than its reader, or its newest frames alone are read: here each one is looked at.
            while self.eye is not None and self.eye._reading is not None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.001)

    def _film(self) -> Iterator[Frame]:
        waiting = iter(self.may_go)
        for index, frame in enumerate(self._frames):
            if index == EMPTY or index in STANDS:
                may_go = next(waiting)
                while not may_go():
                    yield self._frames[0] if index == EMPTY else frame
            yield frame
        while True:
            yield self._frames[0]


class Arm:
    """A barrier that refuses to do what it must never be told."""

    def __init__(self, lane: WatchedLane) -> None:
        self.told: list[str] = []
        self._lane = lane

    async def open(self) -> None:
        self.told.append("open")

    async def close(self) -> None:
        if await self._lane.fresh():
            raise BarrierFault("something stands under it")
        self.told.append("close")

    async def state(self) -> BarrierState:
        return "open" if self.told[-1:] == ["open"] else "closed"

    async def show(self, message: LaneMessage) -> None:
        """The lane's display."""


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not reached():  # noqa: ASYNC110 - a snapshot tells nobody that it changed
            await asyncio.sleep(0.005)


def test_two_vehicles_nose_to_tail_enter_as_two_stays(footage: Footage, tmp_path: Path) -> None:
    """Through camera, workers, lane and store: one passage a vehicle with its own plate, the arm down in between and
    never told to fall on what is seen; then the camera dies, and the lane says so."""

    async def main() -> None:
        workers = VisionWorkers(partial(load_pipeline, "detector", "reader", "any", "cpu"), 1, 60.0, Grammar())
        await workers.start()
        clock, road, writer = HandClock(), Road(footage), Writer(tmp_path / "lot.db", "test")
        handlers = Handlers(clock, frozenset())
        pace = TrafficPace(clear_s=0.4, leave_s=0.2, unread_s=60.0)
        eye = road.eye = LaneEye("in", road, workers, ZONES, pace, EmptyLaneFile(tmp_path / "in.npz", ZONES))
        lane = WatchedLane("in", eye, Grammar())
        arm = Arm(lane)
        hour = timedelta(hours=1)
        timing = LaneTiming(hour, timedelta(seconds=20), hour, hour, hour, hour)
        loop = LaneLoop(
            *("in", "entry", LaneHardware(lane, lane, arm, arm), lane, HandArchive(), writer, handlers, clock),
            *(timing, 3, 0.5, "https://pay.example/pay?lot=test"),
        )
        ready = asyncio.Event()
        road.may_go = [ready.is_set, lambda: arm.told == ["open"], lambda: arm.told == ["open", "close", "open"]]
        running = None
        try:
            await writer.transact(open_lot)
            await eye.start()
            await eye.learn()
            running = asyncio.create_task(loop.run())
            await until(lambda: loop.snapshot().fault is None and eye.watch is not None)
            ready.set()
            await until(lambda: arm.told == ["open", "close"] * 2 and loop.snapshot().state == "idle")
            kinds = [each.kind for each in await writer.transact(lambda work: list(work.envelopes()))][3:]
            stays = await writer.transact(lambda work: work.open_stays())
            assert kinds == ["entry_admitted", "entry_confirmed"] * 2
            assert [stay.plate for stay in stays] == list(footage.plates[:2])
            assert all(1 <= len(stay.photos) <= 3 for stay in stays)
            road.dead = True
            await until(lambda: loop.snapshot().fault == "lane_unseen")
        finally:
            if running is not None:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            await eye.end()
            await workers.close()
            writer.close()

    asyncio.run(main())


@pytest.mark.data
def test_a_real_toll_lane_is_told_vehicle_by_vehicle(openlot_data: Path) -> None:
    """In real footage, learnt from its own empty stretch, the car at the barrier, the one nose to tail behind it and
    the lorry that comes later are told once each, the latter two by their plates, and the lane is free in between."""
    (clip,) = (each for each in labelled_clips(openlot_data / "videos") if each.file.name == "toll_lane_vn.mp4")
    frames = list(VideoSource(clip.file).frames())
    zones = LaneZones(arrival=box(0.36, 0.46, 0.72, 0.80), passing=box(0.05, 0.85, 0.62, 1.0))
    watch, pipeline = learnt(frames[160:232:8], zones), Pipeline.load(precision="int8")
    told: list[Change] = []
    hashes: list[str | None] = []
    asked = False
    for index, frame in enumerate(frames):
        at = index / 18.1
        changes = watch.notice(frame, at, is_reading=False)
        if watch.wants_read:
            changes += watch.take(frame, pipeline.look(frame), at)
        told.extend(changes)
        if CAME in changes:
            watch.ask()
            asked = True
        if asked and watch.is_settled:
            sighting, asked = watch.sighting(Grammar()), False
            text = None if sighting is None else sighting.text
            hashes.append(None if text is None else clip.truth.hash_of(text))
    assert told == [PASSING, CAME, LEFT, CAME, LEFT, PASSED, CAME]
    assert hashes == [None, clip.truth.vehicles[1].plate_hash, clip.truth.vehicles[3].plate_hash]
