"""One lane as the world has it: a queue, two loops, a barrier, a camera, and what is broken about them.

The lot's `LoopInputs`, `Barrier` and `Camera` of the lane; vehicles drive over it in the loop's time.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from benchmarks.week.clocks import WeekClock
from lot_server.domain.stay import Direction
from lot_server.errors import BarrierFault, DeviceAway
from lot_server.ports import BarrierState, LoopChange, LoopName
from vision.decode_image import load_frame
from vision.errors import SourceUnavailable, UnreadableImage
from vision.types import Frame

OPENING_S, CLOSING_S = 1.8, 2.4
"""A barrier's movements."""
REACTION_S, ROLL_S, CLEAR_S = 1.3, 1.1, 1.4
"""A driver sees the barrier up; rolls onto the closing loop, off the arming loop; is behind the closing loop."""
GAP_S = 1.0
"""Until the next in the queue stands on the arming loop; one who follows does not wait so long."""
FOLLOWING_S = 0.2

Step = Literal["reading", "opening", "passing", "closing"]
"""Where a vehicle's way through a lane can be cut short by a loss of power."""
CameraFault = Literal["dead", "garbage"]
BarrierFaultKind = Literal["will_not_open", "will_not_close"]


@dataclass(eq=False)
class Vehicle:
    """One vehicle at one lane. `source` names its frames; `pictures` are real ones, where it has any."""

    name: str
    source: str
    pictures: Sequence[Path] = ()
    backs_out: bool = False
    follows: bool = False
    gave_up: bool = False
    through: asyncio.Event = field(default_factory=asyncio.Event)
    """It has driven through, or away."""
    crossed: bool = False


class Lane:
    """The lane of an id. `crossing` is told of a vehicle as it rolls onto the closing loop, `step` of each step."""

    def __init__(self, lane_id: str, direction: Direction, clock: WeekClock) -> None:
        self.lane_id, self.direction = lane_id, direction
        self.camera_fault: CameraFault | None = None
        self.barrier_fault: BarrierFaultKind | None = None
        self.loops_away = False
        self._stuck: set[LoopName] = set()
        self._silent: set[LoopName] = set()
        self.hits = 0
        """How often the barrier came down on a vehicle."""
        self.crossing: Callable[[Vehicle], None] = lambda _: None
        self.step: Callable[[Step], None] = lambda _: None
        self.says_go: Callable[[], bool] = lambda: True
        """Whether the display lets the vehicle go."""
        self.at_arming: Vehicle | None = None
        self._clock = clock
        self._under: set[Vehicle] = set()
        self._barrier: BarrierState = "closed"
        self._news = asyncio.Event()
        self._way_is_clear = asyncio.Event()
        self._way_is_clear.set()
        self._movement: asyncio.Task[None] | None = None
        self._felt: frozenset[LoopName] = frozenset()
        self._listeners: list[asyncio.Queue[LoopChange]] = []
        self._place = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a vehicle stands at it, is on its way through, or its barrier is not down."""
        return self.at_arming is not None or bool(self._under) or self._barrier != "closed"

    # Vehicles

    async def drive(self, vehicle: Vehicle) -> None:
        """Queue, roll onto the arming loop, and drive through once the barrier is up; returns when it has gone."""
        async with self._place:
            await asyncio.sleep(FOLLOWING_S if vehicle.follows else GAP_S)
            self.at_arming = vehicle
            self._feel()
            vehicle.follows = vehicle.follows and bool(self._under)
            if not vehicle.follows:
                await self._until_let_in(vehicle)
            if vehicle.gave_up or vehicle.backs_out:
                self._leave_arming()
                vehicle.through.set()
                return
            if vehicle.follows:
                await self._way_is_clear.wait()
            self._under.add(vehicle)
            self._way_is_clear.clear()
            self.crossing(vehicle)
            vehicle.crossed = True
            self._feel()
            self.step("passing")
            await asyncio.sleep(ROLL_S)
            self._leave_arming()
        await asyncio.sleep(CLEAR_S)
        self._under.discard(vehicle)
        if not self._under:
            self._way_is_clear.set()
        self._feel()
        vehicle.through.set()

    def give_up(self, vehicle: Vehicle) -> bool:
        """The vehicle reverses away, if it stands before the barrier."""
        if self.at_arming is not vehicle or vehicle in self._under:
            return False
        vehicle.gave_up = True
        self._news.set()
        return True

    async def _until_let_in(self, vehicle: Vehicle) -> None:
        while not vehicle.gave_up:
            if self._barrier == "open":
                await asyncio.sleep(REACTION_S)
                # What was up may be on its way down again: nobody drives under that, nor against the display.
                if self._barrier == "open" and self.says_go():
                    return
            else:
                self._news.clear()
                await self._news.wait()

    def _leave_arming(self) -> None:
        self.at_arming = None
        self._feel()

    # Loops

    def stick(self, loop: LoopName, stuck: bool) -> None:
        """A loop says that something stands on it, whatever does; or tells the truth again."""
        (self._stuck.add if stuck else self._stuck.discard)(loop)
        self._feel()

    def silence(self, loop: LoopName, silent: bool) -> None:
        """A loop feels nothing, whatever stands on it; or tells the truth again."""
        (self._silent.add if silent else self._silent.discard)(loop)
        self._feel()

    async def occupied(self) -> frozenset[LoopName]:
        self._check_loops()
        return self._felt

    async def changes(self) -> AsyncIterator[LoopChange]:
        self._check_loops()
        heard: asyncio.Queue[LoopChange] = asyncio.Queue()
        for loop in sorted(self._felt):
            heard.put_nowait(LoopChange(loop, True))
        self._listeners.append(heard)
        try:
            while True:
                change = await heard.get()
                self._check_loops()
                yield change
        finally:
            self._listeners.remove(heard)

    def _check_loops(self) -> None:
        if self.loops_away:
            raise DeviceAway(f"the loops of {self.lane_id} do not answer: check the bus")

    def _feel(self) -> None:
        names: set[LoopName] = set(self._stuck)
        if self.at_arming is not None:
            names.add("arming")
        if self._under:
            names.add("closing")
        before, self._felt = self._felt, frozenset(names - self._silent)
        for loop in sorted(before ^ self._felt):
            for heard in self._listeners:
                heard.put_nowait(LoopChange(loop, loop in self._felt))

    # Barrier

    async def open(self) -> None:
        self.step("opening")
        if self.barrier_fault == "will_not_open" and self._barrier != "open":
            raise BarrierFault(f"the barrier of {self.lane_id} does not rise: look at its motor")
        await self._move("opening", "open", OPENING_S)

    async def close(self) -> None:
        self.step("closing")
        if self.barrier_fault == "will_not_close" and self._barrier != "closed":
            raise BarrierFault(f"the barrier of {self.lane_id} does not come down: look at its motor")
        await self._move("closing", "closed", CLOSING_S)

    async def state(self) -> BarrierState:
        return self._barrier

    async def _move(self, on_the_way: BarrierState, there: BarrierState, seconds: float) -> None:
        if self._movement is not None:
            self._movement.cancel()
        movement = self._movement = asyncio.create_task(self._travel(on_the_way, there, seconds))
        await asyncio.wait((movement,))
        if movement.cancelled():
            raise BarrierFault(f"the barrier of {self.lane_id} was told otherwise on its way: nothing to do")

    async def _travel(self, on_the_way: BarrierState, there: BarrierState, seconds: float) -> None:
        if self._barrier == there:
            return
        self._barrier = on_the_way
        await asyncio.sleep(seconds)
        if there == "closed":
            self.hits += bool(self._under)
        self._barrier = there
        self._news.set()

    # Camera

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        self.step("reading")
        if self.camera_fault == "dead":
            raise SourceUnavailable(f"the camera of {self.lane_id} gives no frames: check its power and its cable")
        if self.camera_fault == "garbage":
            raise UnreadableImage(f"the camera of {self.lane_id} sends what is no picture: check its format")
        vehicle = self.at_arming
        for index in range(count):
            if vehicle is not None and vehicle.pictures:
                frame = await asyncio.to_thread(load_frame, vehicle.pictures[index % len(vehicle.pictures)], "", index)
                yield replace(frame, source=vehicle.source, captured_at=self._clock.now())
            else:
                source = f"{self.lane_id} empty" if vehicle is None else vehicle.source
                yield Frame(_PICTURE, source, index, self._clock.now(), _jpeg(f"{source} {self._clock.now()}"))


def _small_picture() -> tuple["np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]", bytes]:
    picture = np.full((60, 96, 3), 96, np.uint8)
    picture[24:36, 30:66] = 200
    _, coded = cv2.imencode(".jpg", picture)
    return picture, coded.tobytes()


_PICTURE, _JPEG = _small_picture()


def _jpeg(says: str) -> bytes:
    """The small picture as a file of its own: a JPEG whose comment says whose it is."""
    comment = says.encode()
    return _JPEG[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + _JPEG[2:]
