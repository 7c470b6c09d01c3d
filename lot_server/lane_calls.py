"""The slow things a lane does, one at a time: read the vehicle, have it decided, move the barrier.

Each answers with what the lane hears of it; a failure is an answer too, so nothing here raises but a cancellation.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from lot_server.decisions import Admitted, Approach, Decision, NotAdmitted, PaymentDue
from lot_server.domain.clock import Clock
from lot_server.domain.lane import LaneEvent
from lot_server.handlers import Handlers
from lot_server.lane_read import LaneRead, from_sighting
from lot_server.lane_setup import LaneHardware
from lot_server.ports import Camera, PhotoArchive, PlateReader, Transactions
from vision.errors import SourceUnavailable
from vision.types import Frame, Sighting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """What does not work: which part of the lane, the error's stable code, and what it said."""

    part: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: the event to tell the machine and what belongs to it.

    `error` is what the store or a rule raised; the caller of a command gets it.
    """

    event: LaneEvent
    read: LaneRead | None = None
    decision: Decision | None = None
    failure: Failure | None = None
    error: Exception | None = None


def failure_of(part: str, error: Exception) -> Failure:
    """A failure of a part, with the error's code or, where it has none, `PART_failed`; the log has the traceback."""
    log.error("the %s failed: %s", part, error, exc_info=error)
    return Failure(part, str(getattr(error, "code", f"{part}_failed")), f"the {part} failed: {error}")


class LaneCalls:
    """The calls of one lane."""

    def __init__(
        self,
        hardware: LaneHardware,
        reader: PlateReader,
        archive: PhotoArchive,
        store: Transactions,
        handlers: Handlers,
        clock: Clock,
        burst_frames: int,
        least_confidence: float,
    ) -> None:
        self._hardware = hardware
        self._reader = reader
        self._archive = archive
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._burst_frames = burst_frames
        self._least_confidence = least_confidence

    async def read(self) -> Outcome:
        """READ_DONE with the read, or READ_FAILED. A read whose photo could not be kept counts, and is reported."""
        burst = _Burst(self._hardware.camera, self._burst_frames, self._clock)
        try:
            async with aclosing(burst.arriving()) as frames:
                sighting = await self._reader.sight(frames)
            read = from_sighting(sighting, (), burst.taken_at, self._least_confidence)
        except Exception as error:
            return Outcome(LaneEvent.READ_FAILED, failure=failure_of("reader" if burst.arrived else "camera", error))
        try:
            photos = await self._keep(sighting, burst.frames)
        except Exception as error:
            return Outcome(LaneEvent.READ_DONE, read=read, failure=failure_of("archive", error))
        return Outcome(LaneEvent.READ_DONE, read=replace(read, photos=photos))

    async def look_again(self, stay_id: str | None) -> Outcome:
        """SAME_VEHICLE if the one at the lane is that of the stay, else OTHER_VEHICLE; with what failed."""
        outcome = await self.read()
        read = outcome.read
        if stay_id is None or read is None:
            return Outcome(LaneEvent.OTHER_VEHICLE, failure=outcome.failure)
        try:
            same = await self._store.transact(lambda work: self._handlers.followers.is_of(work, stay_id, read))
        except Exception as error:
            return Outcome(LaneEvent.OTHER_VEHICLE, failure=failure_of("store", error))
        return Outcome(LaneEvent.SAME_VEHICLE if same else LaneEvent.OTHER_VEHICLE, failure=outcome.failure)

    async def glance(self) -> Outcome:
        """VEHICLE_SEEN if the camera shows a plate; TIMED_OUT if it does not, with what failed."""
        burst = _Burst(self._hardware.camera, 1, self._clock)
        try:
            async with aclosing(burst.arriving()) as frames:
                sighting = await self._reader.sight(frames)
        except Exception as error:
            failure = failure_of("reader" if burst.arrived else "camera", error)
            return Outcome(LaneEvent.TIMED_OUT, failure=failure)
        return Outcome(LaneEvent.TIMED_OUT if sighting is None else LaneEvent.VEHICLE_SEEN)

    async def barrier_is_down(self) -> bool:
        """Whether the barrier says so; one that does not answer says nothing, and is looked at by the next command."""
        try:
            return await self._hardware.barrier.state() == "closed"
        except Exception as error:
            log.warning("the barrier does not say where it is: %s", error)
            return False

    async def decide(self, approach: Approach) -> Outcome:
        """The decision on disk, or DECISION_FAILED with nothing recorded."""
        try:
            decision = await self._store.transact(lambda work: self._handlers.decide(work, approach))
        except Exception as error:
            return Outcome(LaneEvent.DECISION_FAILED, error=error)
        return Outcome(_event(decision), decision=decision)

    async def open(self) -> Outcome:
        """BARRIER_OPENED or BARRIER_FAILED."""
        try:
            await self._hardware.barrier.open()
        except Exception as error:
            return Outcome(LaneEvent.BARRIER_FAILED, failure=failure_of("barrier", error))
        return Outcome(LaneEvent.BARRIER_OPENED)

    async def close(self) -> Outcome:
        """BARRIER_CLOSED or BARRIER_FAILED."""
        try:
            await self._hardware.barrier.close()
        except Exception as error:
            return Outcome(LaneEvent.BARRIER_FAILED, failure=failure_of("barrier", error))
        return Outcome(LaneEvent.BARRIER_CLOSED)

    async def _keep(self, sighting: Sighting | None, frames: list[Frame]) -> tuple[str, ...]:
        """The very frames that were read, the most telling first, or the first one where none shows a plate."""
        read = [each.frame for each in sighting.evidence] if sighting is not None else []
        # At once: the vehicle waits until they are on disk.
        names = await asyncio.gather(*(asyncio.to_thread(self._archive.keep, frame) for frame in read or frames[:1]))
        return tuple(dict.fromkeys(names))


class _Burst:
    """The frames of one read: handed on as they come, and kept for the archive. `arrived` once the camera gave all."""

    def __init__(self, camera: Camera, count: int, clock: Clock) -> None:
        self.frames: list[Frame] = []
        self.arrived = False
        self.taken_at = clock.now()
        self._camera = camera
        self._count = count
        self._clock = clock

    async def arriving(self) -> AsyncGenerator[Frame]:
        """Raises SourceUnavailable, and what the camera raises."""
        async for frame in self._camera.burst(self._count):
            self.frames.append(frame)
            self.taken_at = self._clock.now()
            yield frame
        if not self.frames:
            raise SourceUnavailable("the camera gave no frame and no reason: look at its adapter")
        self.arrived = True


def _event(decision: Decision) -> LaneEvent:
    if isinstance(decision, Admitted):
        return LaneEvent.ADMITTED
    if isinstance(decision, NotAdmitted):
        return LaneEvent.NOT_ADMITTED
    return LaneEvent.PAYMENT_DUE if isinstance(decision, PaymentDue) else LaneEvent.OPERATOR_NEEDED
