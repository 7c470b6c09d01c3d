"""The jobs of lanes whose barriers are held open: every vehicle that drove through is counted, as well as it is known.

Nobody was stopped, so nothing is asked of anybody: an entry gets a stay, by its plate or a ticket; an exit ends the
stay that its read fits for sure, owing what it owed; any other exit is listed until a person says whose it was.
"""

import logging
from dataclasses import replace
from datetime import datetime

from lot_server import alerts
from lot_server.decisions import Admitted, Approach
from lot_server.domain.clock import Clock
from lot_server.domain.emergency import HoldSource
from lot_server.domain.errors import DomainError
from lot_server.domain.events import EmergencyBegan, EmergencyEnded, ExitAdmitted, UnmatchedExit
from lot_server.entries import Entries
from lot_server.errors import NoEmergency, NoTariff, UnknownStay
from lot_server.exits import Exits, inside, price
from lot_server.ports import Work
from lot_server.spaces.count import record_left, record_stray

log = logging.getLogger(__name__)
HELD, UNKNOWN_EXIT = "barriers_held", "emergency_exit"
"""The codes of the alerts: while the barriers are held, and for each exit that belongs to no stay yet."""


class HeldPassages:
    """What an emergency records."""

    def __init__(self, clock: Clock, entries: Entries, exits: Exits) -> None:
        self._clock = clock
        self._entries = entries
        self._exits = exits

    def begin(self, work: Work, source: HoldSource, actor: str, reason: str) -> None:
        """The barriers are held open; where that is recorded already, nothing changes."""
        if work.emergency() is not None:
            return
        now = self._clock.now()
        work.record(EmergencyBegan(source, actor, reason), now)
        alerts.raise_once(work, now, HELD, f"all barriers are held open since {actor}: {reason}", lane_id=None)

    def end(self, work: Work, operator: str, reason: str) -> None:
        """The lanes rule their barriers again."""
        now = self._clock.now()
        work.record(EmergencyEnded(operator, reason), now)
        for alert in work.open_alerts():
            if alert.raised.code == HELD:
                alerts.resolve_one(work, now, alert, operator, reason)

    def cross(self, work: Work, approach: Approach, crossed_at: datetime) -> None:
        """A vehicle that nobody had decided about drove through. `approach.order` is the emergency."""
        if approach.direction == "entry":
            admitted = self._entries.decide(work, approach)
            if isinstance(admitted, Admitted) and admitted.stay_id is not None:
                self._entries.confirm(work, admitted.stay_id, approach.passage_id, crossed_at)
            return
        stay_id = self._exits.fitting(work, approach)
        if stay_id is None:
            self._list(work, approach, crossed_at)
            return
        try:
            self._exits.decide(work, replace(approach, stay_id=stay_id))
        except (DomainError, NoTariff):
            # It cannot be priced now; that it left must not be lost for that.
            log.exception("a stay could not be ended as its vehicle drove out")
            self._list(work, approach, crossed_at)
            return
        self._exits.confirm(work, stay_id, approach.passage_id, crossed_at)

    def reconcile(self, work: Work, passage_id: str, stay_id: str, operator: str, reason: str) -> None:
        """A person says whose vehicle drove out then: that stay ended there. Raises NoEmergency, UnknownStay."""
        passage = next((each for each in work.unmatched_exits() if each.passage_id == passage_id), None)
        if passage is None:
            raise NoEmergency(f"no exit without a stay has the passage {passage_id}: look at `openlot lot emergency`")
        stay, now = inside(work, stay_id), self._clock.now()
        if stay.state != "open" or (stay.entered_at or stay.read_at) > passage.decided_at:
            raise UnknownStay(f"stay {stay_id} was not inside when that vehicle drove out: choose another stay")
        owed = price(work, stay, passage.decided_at)
        work.record(
            ExitAdmitted(
                stay_id=stay_id,
                passage_id=passage_id,
                lane_id=passage.lane_id,
                read_plate=passage.plate,
                decision="emergency",
                evidence=work.unmatched_evidence(passage_id),
                photos=passage.photos,
                gross=owed.gross,
                paid=owed.paid,
                operator=operator,
                reason=reason,
                decided_at=passage.decided_at,
            ),
            now,
        )
        record_left(work, stay, passage_id, passage.decided_at, now)
        alerts.resolve(work, now, passage_id, operator, reason)

    def _list(self, work: Work, approach: Approach, crossed_at: datetime) -> None:
        read = approach.read
        plate = read.plate if read else None
        evidence, photos = (read.evidence, read.photos) if read else (None, ())
        now = self._clock.now()
        work.record(
            UnmatchedExit(approach.passage_id, approach.lane_id, plate, evidence, photos, crossed_at), now
        )  # fmt: skip
        text = (
            f"{plate or 'a vehicle without a sure read'} drove out through {approach.lane_id} while its barrier was "
            "held open, and fits no stay for sure: say whose it was with `openlot lot emergency reconcile`"
        )
        record_stray(work, approach, "held_open", crossed_at, now)
        alerts.raise_once(
            work, now, UNKNOWN_EXIT, text, lane_id=approach.lane_id, passage_id=approach.passage_id
        )  # fmt: skip
