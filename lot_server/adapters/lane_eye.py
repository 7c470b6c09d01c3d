"""Watches a lane that has no loops, on every frame its camera gives, and says what is there or why that is not known.

Zones and motion are looked at here, beside the event loop; plates are read by the vision workers, whose turns the lane
shares with the others. So the passing zone is known even while no worker is free.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from lot_server.adapters.empty_lane import EmptyLaneFile
from lot_server.errors import (
    EmptyLaneUnknown,
    GroundUnmarked,
    LaneOccupied,
    LaneUnseen,
    LotError,
    StoreError,
    VisionFailed,
)
from lot_server.ports import FrameReader, LoopChange, LoopName
from vision.errors import SourceUnavailable, VisionError
from vision.ground import LEAST_MARKS, Floats
from vision.lane_traffic import Change, TrafficPace, ZoneName
from vision.lane_watch import LaneLesson, LaneWatch, LaneZones
from vision.types import Frame

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
"""Real time that whoever asks waits for a look: longer than a camera may be silent before it counts as stalled."""
LESSON_FRAMES = 9
SAVE_SECONDS = 600.0
"""Real time after which what the empty lane looks like by now is kept again."""
_LOOPS: dict[ZoneName, LoopName] = {"arrival": "arming", "passing": "closing"}


class FollowedCamera(Protocol):
    """A camera that is watched."""

    def follow(self) -> AsyncIterator[Frame]:
        """The newest frame, again and again. Raises SourceUnavailable where none comes any more."""
        ...


class LaneEye:
    """One lane's watch; lives on one event loop from `start` to `end`.

    `newest` is the frame at hand, `watch` what is known of the lane once it was shown empty, `unread` why the last
    frame could not be read.
    """

    def __init__(
        self,
        lane_id: str,
        camera: FollowedCamera,
        frames: FrameReader,
        zones: LaneZones,
        pace: TrafficPace,
        file: EmptyLaneFile,
    ) -> None:
        self.newest: Frame | None = None
        self.watch: LaneWatch | None = None
        self.unread: LotError | VisionError | None = None
        self.in_use = asyncio.Lock()
        """Held by whoever uses the watch."""
        self._lane_id = lane_id
        self._camera = camera
        self._frames = frames
        self._zones = zones
        self._pace = pace
        self._file = file
        self._wrong: LotError | None = LaneUnseen(f"{lane_id} was not looked at yet: wait a moment")
        self._lesson: LaneLesson | None = None
        self._running: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._followers: list[asyncio.Queue[LoopChange | LotError]] = []
        self._listeners: list[asyncio.Event] = []
        self._occupied: set[LoopName] = set()
        self._saved_at = 0.0

    async def start(self) -> None:
        """Begin to watch; returns at once."""
        self._running = asyncio.create_task(self._run(), name=f"watch {self._lane_id}")

    async def end(self) -> None:
        """Watch no more."""
        tasks = [task for task in (self._running, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def standing(self) -> frozenset[LoopName]:
        """The loops that would feel something. Raises LaneUnseen, EmptyLaneUnknown."""
        if self._wrong is not None:
            # A fresh error each time: one that is raised again and again grows its traceback for ever.
            raise type(self._wrong)(str(self._wrong))
        return frozenset(self._occupied)

    def ask(self) -> None:
        """Somebody wants to know who waits at the barrier: read on until that is settled."""
        self.unread = None
        if self.watch is not None:
            self.watch.ask()

    async def next_look(self) -> None:
        """Return once another frame was looked at, or read. Raises LaneUnseen where none is."""
        heard = asyncio.Event()
        self.listen(heard)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await heard.wait()
        except TimeoutError:
            raise LaneUnseen(f"the camera of {self._lane_id} gives no frame: check it") from None
        finally:
            self.forget(heard)
        if isinstance(self._wrong, LaneUnseen):
            self.standing()

    def listen(self, heard: asyncio.Event) -> None:
        """Set this event after every look, and when there is none any more, until `forget`."""
        self._listeners.append(heard)

    def forget(self, heard: asyncio.Event) -> None:
        """Set this event no more."""
        self._listeners.remove(heard)

    async def changes(self) -> AsyncIterator[LoopChange]:
        """As `LoopInputs.changes`. Raises LaneUnseen as soon as nothing is seen any more, EmptyLaneUnknown."""
        heard: asyncio.Queue[LoopChange | LotError] = asyncio.Queue()
        standing = self.standing()
        self._followers.append(heard)
        try:
            for loop in sorted(standing):
                yield LoopChange(loop, True)
            while True:
                news = await heard.get()
                if isinstance(news, LotError):
                    raise type(news)(str(news))
                yield news
        finally:
            self._followers.remove(heard)

    async def learn(self) -> float:
        """Take what the camera shows now for the empty lane; which share of the passing zone are marks on the ground.

        Raises LaneOccupied where a plate is read in a zone, GroundUnmarked, LaneUnseen, StoreError, and what reading
        raises.
        """
        await self.next_look()
        frame, reads = await self._frames.look(self._at_hand, self._lane_id)
        for read in reads:
            zone = self._zones.zone_of(read.detection.box, frame.width, frame.height)
            if zone is not None and read.text is not None:
                raise LaneOccupied(f"a plate is read in the {zone} zone of {self._lane_id}: wait until nobody is there")
        lesson = self._lesson = LaneLesson(self._zones)
        try:
            while lesson.frames < LESSON_FRAMES:
                await self.next_look()
        finally:
            self._lesson = None
        empty = lesson.empty()
        marks = LaneWatch(self._zones, empty, self._pace).marks
        if marks < LEAST_MARKS:
            raise GroundUnmarked(
                f"the passing zone of {self._lane_id} shows nothing that a lorry's smooth flank would hide: "
                "paint a line across the lane there, or draw the zone over one"
            )
        await asyncio.to_thread(self._file.save, empty)
        await self._begin(empty)
        return marks

    async def _run(self) -> None:
        kept = await asyncio.to_thread(self._file.load)
        if kept is not None:
            await self._begin(kept)
        while True:
            try:
                async for frame in self._camera.follow():
                    await self._look(frame)
                wrong = LaneUnseen(f"the camera of {self._lane_id} shows no more: check it")
            except SourceUnavailable as error:
                wrong = LaneUnseen(f"{self._lane_id} has no loops, and its camera shows nothing: {error}")
            except Exception as error:
                log.exception("watching %s failed", self._lane_id)
                wrong = LaneUnseen(f"watching {self._lane_id} failed ({error!r}): look at the server's log")
            self._miss(wrong)
            await asyncio.sleep(RETRY_SECONDS)

    async def _begin(self, empty: tuple[Floats, Floats]) -> None:
        async with self.in_use:
            self.watch = LaneWatch(self._zones, empty, self._pace)
            # What was thought to stand there is looked for anew.
            self._tell([(zone, False) for zone, loop in _LOOPS.items() if loop in self._occupied])
            self._saved_at = _now()

    async def _look(self, frame: Frame) -> None:
        self.newest = frame
        async with self.in_use:
            watch = self.watch
            if self._lesson is not None:
                await asyncio.to_thread(self._lesson.see, frame)
            if watch is None:
                self._miss(
                    EmptyLaneUnknown(
                        f"nobody has shown the lot what {self._lane_id} looks like when empty: once nobody is there, "
                        f"run `openlot lot lane-empty {self._lane_id}`"
                    )
                )
                return
            changes = await asyncio.to_thread(watch.notice, frame, _now(), self._reading is not None)
            self._wrong = None
            self._tell(changes)
        self._wake()
        if watch.wants_read and self._reading is None:
            self._reading = asyncio.create_task(self._read(), name=f"read {self._lane_id}")
        if not self._occupied and _now() - self._saved_at >= SAVE_SECONDS:
            self._saved_at = _now()
            await self._keep(watch.empty)

    async def _read(self) -> None:
        """Have the newest frame read."""
        try:
            frame, reads = await self._frames.look(self._at_hand, self._lane_id)
            async with self.in_use:
                self.unread = None
                if self.watch is not None:
                    self._tell(await asyncio.to_thread(self.watch.take, frame, reads, _now()))
            self._wake()
        except (LotError, VisionError) as error:
            await self._fail_to_read(error)
        except Exception as error:
            log.exception("reading at %s failed", self._lane_id)
            await self._fail_to_read(VisionFailed(f"reading failed ({error!r}): look at the server's log"))
        finally:
            self._reading = None

    async def _fail_to_read(self, error: LotError | VisionError) -> None:
        if self.unread is None:
            log.error("the plates at %s cannot be read: %s", self._lane_id, error)
        async with self.in_use:
            self.unread = error
            if self.watch is not None:
                self.watch.lose_sight()
        self._wake()

    async def _keep(self, empty: tuple[Floats, Floats]) -> None:
        try:
            await asyncio.to_thread(self._file.save, empty)
        except StoreError as error:
            # What is in memory goes on being followed, and is kept at the next occasion.
            log.error("%s", error)

    def _at_hand(self) -> Frame:
        if self.newest is None:
            raise LaneUnseen(f"the camera of {self._lane_id} gave no frame yet: check it")
        return self.newest

    def _tell(self, changes: Sequence[Change]) -> None:
        for zone, occupied in changes:
            loop = _LOOPS[zone]
            if occupied:
                self._occupied.add(loop)
            else:
                self._occupied.discard(loop)
            for follower in self._followers:
                follower.put_nowait(LoopChange(loop, occupied))

    def _miss(self, wrong: LotError) -> None:
        if type(wrong) is not type(self._wrong):
            log.error("%s", wrong)
            for follower in self._followers:
                follower.put_nowait(wrong)
        self._wrong = wrong
        self._wake()

    def _wake(self) -> None:
        for heard in self._listeners:
            heard.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
