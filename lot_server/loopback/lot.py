"""What the loopback API speaks for: the parts of a running lot."""

from collections.abc import Mapping
from dataclasses import dataclass

from lot_server.adapters.display import TextDisplay
from lot_server.clock_watch import ClockWatch
from lot_server.domain.audit import AuditAction
from lot_server.domain.clock import Clock
from lot_server.emergency import Emergency
from lot_server.errors import ClockNotDoubted, UnknownLane
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.photos import PhotoFolder
from lot_server.store.writer import Writer


@dataclass(frozen=True, slots=True)
class RunningLot:
    """One lot's server; lanes and displays by lane id."""

    lot_id: str
    clock: Clock
    writer: Writer
    handlers: Handlers
    photos: PhotoFolder
    lanes: Mapping[str, LaneLoop]
    displays: Mapping[str, TextDisplay]
    emergency: Emergency
    clock_watch: ClockWatch | None = None
    """None where the clock is simulated: nobody doubts that."""

    def watch(self) -> ClockWatch:
        """Raises ClockNotDoubted where the clock is simulated."""
        if self.clock_watch is None:
            raise ClockNotDoubted("the clock is simulated: its configuration alone says what it shows")
        return self.clock_watch

    async def note(self, actor: str, action: AuditAction, subject: str | None, reason: str | None) -> None:
        """Write into the audit trail what somebody is about to do; on disk once this returns."""
        await self.writer.transact(lambda work: work.trail.add(self.clock.now(), actor, action, subject, reason))

    def lane(self, lane_id: str) -> LaneLoop:
        """Raises UnknownLane."""
        if lane_id not in self.lanes:
            raise UnknownLane(f"no lane {lane_id!r} at this lot: it has {', '.join(self.lanes) or 'none'}")
        return self.lanes[lane_id]

    def price_again(self, stay_id: str) -> None:
        """What a stay owes changed: an exit where its vehicle waits for payment looks at it again."""
        for lane in self.lanes.values():
            lane.settlement_arrived(stay_id)
