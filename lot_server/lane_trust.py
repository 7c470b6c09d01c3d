"""Acts on doubts about a lane's loops: says so, and has the lane served without the loop that is not to be believed.

Without the arming loop the camera is looked through again and again for vehicles; without the closing loop the barrier,
once up, stays up, since nothing says that it is free. `domain.loop_trust` judges, docs/lane.md tells the whole.
"""

import asyncio
import logging
from collections.abc import Callable

from lot_server.domain.lane import LaneAction, LaneEvent, LaneState, Rule
from lot_server.domain.loop_trust import Loop, LoopTrust
from lot_server.lane_calls import Failure, LaneCalls, Outcome
from lot_server.lane_inbox import LaneInbox
from lot_server.lane_journal import LaneJournal

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
"""Real time between two looks at how long loops have been occupied, and by the camera for a vehicle."""

_LOOPS: tuple[Loop, ...] = ("arming", "closing")
_LOST: dict[Loop, LaneEvent] = {"arming": LaneEvent.ARMING_OFF, "closing": LaneEvent.CLOSING_LOST}
_DEGRADED: dict[Loop, str] = {
    "arming": "vehicles are looked for with the camera, or let through by the operator",
    "closing": "the barrier stays up once it is, and vehicles count as they leave the arming loop",
}


class LaneTrust:
    """The doubts about the loops of one lane. `idle` says whether nothing happens there now."""

    def __init__(
        self,
        lane_id: str,
        stuck_after_s: float,
        inbox: LaneInbox,
        journal: LaneJournal,
        calls: LaneCalls,
        idle: Callable[[], bool],
    ) -> None:
        self._lane_id = lane_id
        self._trust = LoopTrust(stuck_after_s)
        self._inbox = inbox
        self._journal = journal
        self._calls = calls
        self._idle = idle
        self._told: set[Loop] = set()

    def feel(self, loop: Loop, occupied: bool) -> None:
        """What a loop says: told to the lane, unless it is not to be believed."""
        self._trust.changed(loop, occupied, _now())
        if self._trust.doubt(loop) is None:
            event = f"{loop}_{'on' if occupied else 'off'}"
            self._inbox.post(LaneEvent(event))
            if loop == "closing" and loop in self._told:
                self._inbox.post(LaneEvent.CLOSING_FOUND)

    @property
    def closing_found(self) -> bool:
        """Whether the closing loop is to be believed."""
        return self._trust.doubt("closing") is None

    def followed(self, rule: Rule, outcome: Outcome) -> None:
        """The lane followed a rule: what that says of its loops."""
        if outcome.read is not None and outcome.read.evidence is not None:
            self._trust.seen(_now())
        if LaneAction.RECORD_CONFIRMED in rule.actions and rule.source is LaneState.PASSING:
            self._trust.crossed()
        if (rule.source, rule.event) == (LaneState.BETWEEN, LaneEvent.TIMED_OUT):
            self._trust.gave_up()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._trust.pass_time(_now())
            for loop in _LOOPS:
                await self._tell(loop)
            if self._trust.doubt("arming") is not None and self._idle():
                await self._look_for_a_vehicle()

    async def _tell(self, loop: Loop) -> None:
        doubt, part = self._trust.doubt(loop), f"{loop} loop"
        if doubt is None:
            if loop in self._told:
                self._told.discard(loop)
                await self._journal.works(part)
            return
        if loop not in self._told:
            self._told.add(loop)
            self._inbox.post(_LOST[loop])
        why = "has been occupied for very long" if doubt == "stuck" else "does not feel the vehicles that drive through"
        text = f"the {loop} loop of {self._lane_id} {why}: look at it. Until it changes, {_DEGRADED[loop]}"
        await self._journal.failed(Failure(part, f"loop_{doubt}:{loop}", text))

    async def _look_for_a_vehicle(self) -> None:
        outcome = await self._calls.glance()
        if outcome.failure is not None:
            await self._journal.failed(outcome.failure)
        elif outcome.event is LaneEvent.VEHICLE_SEEN and self._idle():
            self._inbox.post(outcome.event)


def _now() -> float:
    return asyncio.get_running_loop().time()
