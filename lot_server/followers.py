"""The job that counts a vehicle which drove through a lane on nobody's account, behind another one or by itself."""

from dataclasses import replace
from datetime import datetime

from lot_server import alerts
from lot_server.decisions import Admitted, Approach, Tailgated
from lot_server.domain.clock import Clock
from lot_server.domain.matching import Matched, Matcher, MatchingPolicy
from lot_server.entries import Entries
from lot_server.exits import Exits, price
from lot_server.lane_read import LaneRead
from lot_server.ports import Work
from lot_server.spaces.count import record_stray

_ONE_OR_ANOTHER = MatchingPolicy(unknown=0.5, most_doubt=0.05)
"""Before a lane is read again, the vehicle there is as likely another one as the one before."""
_HOW = {
    "tailgating": "drove through {lane} behind another vehicle, before the barrier was down",
    "unread_passage": "drove through {lane} unread, while the barrier was up",
}


class Followers:
    """A follower that comes in gets a stay, whoever it is; one that leaves ends the stay that its read surely fits."""

    def __init__(self, clock: Clock, entries: Entries, exits: Exits) -> None:
        self._clock = clock
        self._entries = entries
        self._exits = exits
        self._matcher = Matcher(_ONE_OR_ANOTHER)

    def is_of(self, work: Work, stay_id: str, read: LaneRead) -> bool:
        """Whether a read at a lane, taken just after its stay was decided on, is of the stay's vehicle."""
        stay = work.stay(stay_id)
        if stay is None or read.evidence is None:
            return False
        return isinstance(self._matcher.match(read.evidence, [stay], self._clock.now()), Matched)

    def count(self, work: Work, approach: Approach, before: str | None, code: str, crossed_at: datetime) -> None:
        """It crossed the closing loop. `before`: the stay of the vehicle that it may have been all the same, rocking to
        and fro or long and high; then nothing is recorded. Raises as a decision."""
        if before is not None and approach.read is not None and self.is_of(work, before, approach.read):
            return
        how = _HOW[code].format(lane=approach.lane_id)
        ordered = replace(approach, order=Tailgated(alerts.LOT, how))
        stay_id, text = (self._enter if approach.direction == "entry" else self._leave)(work, ordered, crossed_at)
        alerts.raise_once(
            work,
            self._clock.now(),
            code,
            f"{self._name(approach)} {how}: {text}",
            lane_id=approach.lane_id,
            passage_id=approach.passage_id,
            stay_id=stay_id,
            photos=approach.read.photos if approach.read else (),
        )

    def _enter(self, work: Work, approach: Approach, crossed_at: datetime) -> tuple[str | None, str]:
        decision = self._entries.decide(work, approach)
        if not isinstance(decision, Admitted) or decision.stay_id is None:
            raise TypeError(f"an entry that nobody decides about was decided as {decision}")
        self._entries.confirm(work, decision.stay_id, approach.passage_id, crossed_at)
        if decision.ticket_id is None:
            return decision.stay_id, "it has a stay now"
        return decision.stay_id, f"its stay has the ticket {decision.ticket_id}, which the driver does not have"

    def _leave(self, work: Work, approach: Approach, crossed_at: datetime) -> tuple[str | None, str]:
        stay_id = self._exits.fitting(work, approach)
        stay = None if stay_id is None else work.stay(stay_id)
        if stay is None:
            record_stray(work, approach, "unread", crossed_at, self._clock.now())
            return None, "no stay fits its read for sure, so one of those that are open has no vehicle any more"
        owed = price(work, stay, self._clock.now()).due
        self._exits.decide(work, replace(approach, stay_id=stay.stay_id))
        self._exits.confirm(work, stay.stay_id, approach.passage_id, crossed_at)
        return stay.stay_id, f"its stay has ended, with {owed} unpaid"

    def _name(self, approach: Approach) -> str:
        return (approach.read.plate if approach.read else None) or "a vehicle"
