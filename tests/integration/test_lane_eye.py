"""A lane that is watched in place of loops: what it tells a lane and a barrier, and what it says when it cannot see."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx2
import numpy as np
import pytest
from device_boxes import ModbusBox, box_of
from fastapi import FastAPI
from hand_lane import MORNING, open_lot
from painted_lane import ARRIVAL, PASSING, ZONES, Film, PaintedPlates, band, road, with_vehicle

from lot_server.adapters import lane_eye
from lot_server.adapters.empty_lane import EmptyLaneFile
from lot_server.adapters.lane_eye import LaneEye
from lot_server.adapters.polled_inputs import Contact, PolledInputs
from lot_server.adapters.watched_lane import WatchedLane
from lot_server.adapters.wired_barrier import Drive, WiredBarrier
from lot_server.domain.audit import AuditAction
from lot_server.domain.clock import SystemClock
from lot_server.errors import (
    BarrierFault,
    EmptyLaneUnknown,
    GroundUnmarked,
    LaneOccupied,
    LaneUnseen,
    StoreError,
    VisionTimeout,
)
from lot_server.hardware_site import HardwareSite
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.problems import answer_problems
from lot_server.loopback.watch_routes import watch_routes
from lot_server.ports import LoopChange
from lot_server.store.read_only import audit_entries, reading
from lot_server.store.writer import Writer
from vision.errors import SourceUnavailable
from vision.grammar import Grammar
from vision.lane_traffic import TrafficPace
from vision.lane_watch import LaneZones
from vision.types import Frame, Sighting

PACE = TrafficPace(clear_s=0.1, leave_s=0.05, unread_s=0.1)
CAME, LEFT = LoopChange("arming", True), LoopChange("arming", False)
PASSING_ON, PASSING_OFF = LoopChange("closing", True), LoopChange("closing", False)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that went away is asked again at once."""
    monkeypatch.setattr(lane_eye, "RETRY_SECONDS", 0.02)


class Scene:
    """A watched lane with everything it needs, worked by a test."""

    def __init__(self, folder: Path, zones: LaneZones = ZONES) -> None:
        self.film, self.plates = Film(road()), PaintedPlates()
        self.file = EmptyLaneFile(folder / "empty" / "in.npz", zones)
        self.eye = LaneEye("in", self.film, self.plates, zones, PACE, self.file)
        self.lane = WatchedLane("in", self.eye, Grammar())
        self.changes: list[LoopChange] = []

    async def follow(self) -> None:
        async for change in self.lane.changes():
            self.changes.append(change)

    async def shows(self, *vehicles: tuple[int, int, int, int], until: int) -> None:
        """Show vehicles until so many changes were told."""
        shown = road()
        for sides in vehicles:
            shown = with_vehicle(shown, sides)
        self.film.show(shown)
        async with asyncio.timeout(20):
            while len(self.changes) < until:
                await self.eye.next_look()

    async def sight(self) -> Sighting | None:
        return await self.lane.sight(self.lane.burst(3))


def watched(story: Callable[[Scene], Awaitable[None]], folder: Path, shown: bool = True) -> None:
    """Tell a story of a lane that was shown empty, unless not."""

    async def main() -> None:
        scene = Scene(folder)
        await scene.eye.start()
        following = None
        try:
            if shown:
                await scene.eye.learn()
                await scene.lane.occupied()
                following = asyncio.create_task(scene.follow())
                await asyncio.sleep(0)
            await story(scene)
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            await scene.eye.end()

    asyncio.run(main())


def test_a_vehicle_is_told_as_two_loops_would(tmp_path: Path) -> None:
    """It comes, with its read at hand, is under the barrier, and gone; its read took no burst of its own."""

    async def story(scene: Scene) -> None:
        scene.plates.shows("苏E05EV8", ARRIVAL)
        await scene.shows(ARRIVAL, until=1)
        sighting = await scene.sight()
        assert sighting is not None
        assert sighting.text == "苏E05EV8"
        scene.plates.reads = ()
        await scene.shows(ARRIVAL, PASSING, until=2)
        await scene.shows(PASSING, until=3)
        await scene.shows(until=4)
        assert scene.changes == [CAME, PASSING_ON, LEFT, PASSING_OFF]

    watched(story, tmp_path)


def test_a_smooth_flank_under_the_barrier_is_no_road(tmp_path: Path) -> None:
    """A lorry's flank of the road's own grey hides the line on the ground: the zone stays occupied until that shows."""

    async def story(scene: Scene) -> None:
        await scene.shows(PASSING, until=1)
        scene.film.show(with_vehicle(road(), PASSING, stripes=False))
        for _ in range(30):
            await scene.eye.next_look()
        assert scene.changes == [PASSING_ON]
        await scene.shows(until=2)
        assert scene.changes == [PASSING_ON, PASSING_OFF]

    watched(story, tmp_path)


@pytest.mark.parametrize("light", [0.35, 0.7, 1.5])
def test_light_is_no_vehicle(tmp_path: Path, light: float) -> None:
    """The same lane darker or brighter, all at once, is as empty as before."""

    async def story(scene: Scene) -> None:
        scene.film.show(road(light))
        for _ in range(30):
            await scene.eye.next_look()
        assert scene.changes == []

    watched(story, tmp_path)


def test_a_vehicle_without_a_plate_is_read_as_one(tmp_path: Path) -> None:
    """What stands at the barrier without a plate comes after a while; its read says so after a few more looks."""

    async def story(scene: Scene) -> None:
        await scene.shows(ARRIVAL, until=1)
        before = scene.plates.looks
        assert await scene.sight() is None
        assert scene.plates.looks > before

    watched(story, tmp_path)


def test_frames_that_cannot_be_read_fail_the_read_and_blind_nobody(tmp_path: Path) -> None:
    """The reader's error reaches who asks who is there; that something stands there is told all the same."""

    async def story(scene: Scene) -> None:
        scene.plates.broken = VisionTimeout("no answer")
        await scene.shows(ARRIVAL, until=1)
        with pytest.raises(VisionTimeout):
            await scene.sight()
        await scene.shows(PASSING, until=3)
        assert scene.changes == [CAME, PASSING_ON, LEFT]
        assert await scene.lane.fresh()

    watched(story, tmp_path)


def test_a_camera_that_is_dead_is_never_a_free_lane(tmp_path: Path) -> None:
    """Changes end with LaneUnseen, everything asked raises it, no picture is given; when frames come again, all is
    known again."""

    async def story(scene: Scene) -> None:
        changes = scene.lane.changes()
        change = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        scene.film.leave()
        with pytest.raises(LaneUnseen, match="cable"):
            await asyncio.wait_for(change, 20)
        with pytest.raises(LaneUnseen):
            scene.lane.on()
        with pytest.raises(LaneUnseen):
            await scene.lane.occupied()
        with pytest.raises(LaneUnseen):
            await scene.sight()
        scene.film.show(with_vehicle(road(), PASSING))
        for _ in range(5):
            try:
                assert await scene.lane.occupied() == {"closing"}
                break
            except LaneUnseen:
                continue
        assert await anext(scene.lane.changes()) == PASSING_ON

    watched(story, tmp_path)


def test_a_lane_that_was_never_shown_empty_is_not_known(tmp_path: Path) -> None:
    """Until then nothing is told, and the error says what to do; afterwards it is, after a restart too."""

    async def story(scene: Scene) -> None:
        with pytest.raises(EmptyLaneUnknown, match="openlot lot lane-empty in"):
            await scene.lane.occupied()
        scene.plates.shows("苏E05EV8", PASSING)
        scene.film.show(with_vehicle(road(), PASSING))
        with pytest.raises(LaneOccupied, match="passing zone"):
            await scene.eye.learn()
        scene.film.show(road())
        assert await scene.eye.learn() > 0.03
        assert await scene.lane.occupied() == frozenset()

    async def again(scene: Scene) -> None:
        scene.film.show(with_vehicle(road(), PASSING))
        assert await scene.lane.occupied() == {"closing"}

    watched(story, tmp_path, shown=False)
    watched(again, tmp_path, shown=False)


def test_a_road_that_shows_nothing_is_refused(tmp_path: Path) -> None:
    """Where no mark lies under the barrier a lorry's flank could not be told from the road: nothing is learnt."""

    async def main() -> None:
        scene = Scene(tmp_path, LaneZones(ZONES.arrival, band(0.88, 1.0)))
        await scene.eye.start()
        try:
            with pytest.raises(GroundUnmarked, match="paint a line"):
                await scene.eye.learn()
            with pytest.raises(EmptyLaneUnknown):
                await scene.lane.occupied()
        finally:
            await scene.eye.end()

    asyncio.run(main())


def test_showing_the_empty_lane_again_frees_what_was_stuck(tmp_path: Path) -> None:
    """A line painted anew looks like a vehicle until somebody says that the lane is empty."""

    async def story(scene: Scene) -> None:
        await scene.shows(PASSING, until=1)
        await scene.eye.learn()
        assert await scene.lane.occupied() == frozenset()
        assert scene.changes == [PASSING_ON, PASSING_OFF]

    watched(story, tmp_path)


def test_what_was_kept_is_of_use_with_its_own_zones_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Redrawn zones, a damaged file and a missing one give nothing; a disk that takes none is told."""
    empty = (np.ones((2, 20, 48), np.float32), np.zeros((2, 18, 48), np.float32))
    path = tmp_path / "in.npz"
    assert EmptyLaneFile(path, ZONES).load() is None
    EmptyLaneFile(path, ZONES).save(empty)
    found = EmptyLaneFile(path, ZONES).load()
    assert found is not None
    assert all(np.array_equal(*pair) for pair in zip(found, empty, strict=True))
    assert EmptyLaneFile(path, LaneZones(band(0.2, 0.5), ZONES.passing)).load() is None
    path.write_bytes(path.read_bytes()[:100])
    assert EmptyLaneFile(path, ZONES).load() is None
    assert "again" in caplog.text
    with pytest.raises(StoreError, match="check its disk"):
        EmptyLaneFile(path / "below", ZONES).save(empty)


def on_a_barrier(story: Callable[[Scene, WiredBarrier, ModbusBox], Awaitable[None]], folder: Path) -> None:
    """A barrier on a Modbus box whose arm's switches a test sets, and whose closing loop is the camera."""

    async def told(scene: Scene) -> None:
        async with box_of("modbus", folder) as box:
            assert isinstance(box, ModbusBox)
            inputs = PolledInputs(box.device, 0.005, SystemClock())
            polling = asyncio.create_task(inputs.run())
            drive = Drive(box.device, "open", None, 0.05, 30.0)
            limits = Contact(inputs, "up"), Contact(inputs, "down")
            barrier = WiredBarrier("in", drive, scene.lane, *limits)
            try:
                await box.put("up", True)
                await barrier.open()
                await box.put("up", False)
                await story(scene, barrier, box)
            finally:
                await barrier.end()
                polling.cancel()
                await asyncio.gather(polling, return_exceptions=True)

    watched(told, folder)


def test_no_arm_falls_on_what_the_camera_sees(tmp_path: Path) -> None:
    """While something is under the barrier, and while nothing is known, closing is refused and the output is left."""

    async def story(scene: Scene, barrier: WiredBarrier, box: ModbusBox) -> None:
        await scene.shows(PASSING, until=1)
        with pytest.raises(BarrierFault, match="something stands"):
            await barrier.close()
        scene.film.leave()
        with suppress(LaneUnseen):
            while True:
                await scene.eye.next_look()
        with pytest.raises(BarrierFault, match="is not known"):
            await barrier.close()
        assert box.lit("open")

    on_a_barrier(story, tmp_path)


def test_an_arm_that_falls_is_lifted_from_what_comes_under_it(tmp_path: Path) -> None:
    """A vehicle seen under the falling arm sends it up again, and so does a camera that goes blind."""

    async def story(scene: Scene, barrier: WiredBarrier, box: ModbusBox) -> None:
        async def falls() -> "asyncio.Task[None]":
            closing = asyncio.create_task(barrier.close())
            async with asyncio.timeout(20):
                while box.lit("open"):  # noqa: ASYNC110 - a coil tells nobody that it changed
                    await asyncio.sleep(0.005)
            return closing

        closing = await falls()
        await scene.shows(PASSING, until=1)
        with pytest.raises(BarrierFault, match="a vehicle came under it"):
            await closing
        assert box.lit("open")
        await scene.shows(until=2)
        closing = await falls()
        scene.film.leave()
        with pytest.raises(BarrierFault, match="lifted"):
            await closing
        assert box.lit("open")

    on_a_barrier(story, tmp_path)


def test_no_frame_at_all_fails_the_burst(tmp_path: Path) -> None:
    """Before the camera gave anything there is no photo to keep."""

    async def frames(lane: WatchedLane) -> list[Frame]:
        burst: AsyncIterator[Frame] = lane.burst(3)
        return [frame async for frame in burst]

    with pytest.raises(SourceUnavailable):
        asyncio.run(frames(Scene(tmp_path).lane))


def test_an_operator_shows_the_lot_the_empty_lane(tmp_path: Path) -> None:
    """The order is in the audit trail before it is carried out; a lane with loops takes none."""

    async def story(scene: Scene) -> None:
        writer = Writer(tmp_path / "lot.db", "test")
        try:
            await writer.transact(open_lot)
            lanes = {"in": scene.lane, "out": None}
            lot = SimpleNamespace(lane=lambda lane_id: lanes[lane_id], note=partial(_note, writer))
            site = SimpleNamespace(lanes={lane_id: SimpleNamespace(watched=each) for lane_id, each in lanes.items()})
            app = FastAPI()
            answer_problems(app)
            app.include_router(watch_routes(cast(RunningLot, lot), cast(HardwareSite, site)))
            order = {"operator": "ann", "reason": "first day"}
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://lot") as client:
                done = await client.post("/lanes/in/empty", json=order)
                assert done.status_code == 200, done.text
                assert done.json()["marks"] > 0.03
                refused = await client.post("/lanes/out/empty", json=order)
                assert (refused.status_code, refused.json()["code"]) == (409, "lane_not_watched")
        finally:
            writer.close()
        with reading(tmp_path / "lot.db") as connection:
            (entry,) = audit_entries(connection)
        assert (entry.actor, entry.action, entry.subject) == ("ann", "show_empty_lane", "in")
        assert await scene.lane.occupied() == frozenset()

    watched(story, tmp_path, shown=False)


async def _note(writer: Writer, actor: str, action: AuditAction, subject: str, reason: str) -> None:
    await writer.transact(lambda work: work.trail.add(MORNING, actor, action, subject, reason))
