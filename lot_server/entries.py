"""The jobs of an entry lane: admit or refuse, then confirm or abandon."""

from collections.abc import Mapping
from datetime import datetime

from lot_server import alerts
from lot_server.decisions import Admitted, Approach, HeldOpen, NotAdmitted, OpenLane, Tailgated
from lot_server.domain import access
from lot_server.domain.clock import Clock
from lot_server.domain.events import EntryAbandoned, EntryAdmitted, EntryDecision, EntryRefused
from lot_server.domain.plate import PlateColor
from lot_server.domain.vehicle import VehicleClass
from lot_server.errors import NotDescribed
from lot_server.identifiers import new_id, new_ticket_id
from lot_server.lane_read import LaneRead
from lot_server.leftovers import Leftovers
from lot_server.ports import Work
from lot_server.rights.terms import Terms, hand_on, terms_for
from lot_server.spaces.count import orphan_reappeared, record_entered, record_left


class Entries:
    """What is recorded about vehicles that want in. `blocked` plates may not enter, beside the block list's; `vehicles`
    is the kind of vehicle that alone uses a lane, by its id.
    """

    def __init__(
        self, clock: Clock, blocked: frozenset[str], leftovers: Leftovers, vehicles: Mapping[str, VehicleClass]
    ) -> None:
        self._clock = clock
        self._blocked = blocked
        self._leftovers = leftovers
        self._vehicles = vehicles

    def decide(self, work: Work, approach: Approach) -> Admitted | NotAdmitted:
        """Admit or refuse by `access.decide_entry`. Raises NotDescribed, NoTariff."""
        now = self._clock.now()
        plate = approach.read.plate if approach.read else None
        terms = terms_for(work, plate, approach.lane_id, now)
        lot = work.lot()
        if lot is None:
            raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
        outcome = access.decide_entry(
            readable=plate is not None,
            has_pass=terms.parking_pass is not None,
            blocked=plate is not None and self._is_blocked(work, plate, now),
            already_inside=plate is not None and self._already_inside(work, plate, now),
            full=work.counting.occupancy().full,
            opened_by_operator=isinstance(approach.order, OpenLane),
            allowed=terms.listed is not None,
            when_full=terms.listed is not None and terms.listed.when_full,
            members_only=lot.members_only,
        )
        if isinstance(outcome, access.Refusal):
            self._refuse(work, approach, outcome, now)
            return NotAdmitted(plate, outcome.reason)
        return self._admit(work, approach, outcome, terms, now)

    def confirm(self, work: Work, stay_id: str, passage_id: str, crossed_at: datetime) -> None:
        """The vehicle is inside."""
        record_entered(work, stay_id, passage_id, crossed_at, self._clock.now())

    def abandon(self, work: Work, stay_id: str, passage_id: str) -> None:
        """The vehicle backed out."""
        stay, now = work.stay(stay_id), self._clock.now()
        work.record(EntryAbandoned(stay_id, passage_id), now)
        if stay is not None:
            hand_on(work, stay.pass_id, now)

    def _refuse(self, work: Work, approach: Approach, refusal: access.Refusal, now: datetime) -> None:
        if approach.refused == refusal.reason:
            return
        read = approach.read
        plate, photos = (read.plate, read.photos) if read else (None, ())
        # A passage id of its own: the vehicle may still be admitted on this approach when a space becomes free.
        work.record(EntryRefused(new_id(), approach.lane_id, plate, refusal.reason, photos), now)

    def _admit(
        self, work: Work, approach: Approach, admission: access.Admission, terms: Terms, now: datetime
    ) -> Admitted:
        read = approach.read
        by_plate = read if admission.by_plate else None
        terms = terms if admission.by_plate else Terms()
        stay_id = new_id()
        event = EntryAdmitted(
            stay_id=stay_id,
            passage_id=approach.passage_id,
            lane_id=approach.lane_id,
            plate=by_plate.plate if by_plate else None,
            printed=by_plate.printed if by_plate else None,
            ticket_id=None if by_plate else new_ticket_id(),
            decision=_decision(approach, admission),
            evidence=read.evidence if read else None,
            photos=read.photos if read else (),
            pass_id=terms.parking_pass.pass_id if terms.parking_pass else None,
            tariff_version=work.tariff_at(now).version,
            read_at=read.read_at if read else now,
            plate_color=by_plate.color if by_plate else None,
            other_plates=read.other_plates if read else (),
            vehicle=self._vehicles.get(approach.lane_id),
            waits_for=terms.waits_for.pass_id if terms.waits_for else None,
            allowed=terms.allowed,
        )
        work.record(event, now)
        if approach.order is not None and not isinstance(approach.order, HeldOpen | Tailgated):
            who, why = approach.order.operator, approach.order.reason
            self._alert(work, event, "opened_by_operator", f"operator {who} let a vehicle in: {why}", now)
            alerts.resolve(work, now, approach.passage_id, who, why)
        if admission.alert is not None and read is not None:
            self._tell_of_twin(work, event, read, now)
        return Admitted(stay_id, event.plate, event.ticket_id)

    def _alert(self, work: Work, event: EntryAdmitted, code: str, text: str, now: datetime) -> None:
        alerts.raise_once(
            work, now, code, text, lane_id=event.lane_id, passage_id=event.passage_id, stay_id=event.stay_id
        )

    def _tell_of_twin(self, work: Work, event: EntryAdmitted, read: LaneRead, now: datetime) -> None:
        """A plate that is inside already: a missed exit, a misread or a copy; in another colour, another vehicle."""
        plate = read.plate or ""
        twins = work.stays_with_plate(plate)
        listed = ", ".join(f"stay {stay.stay_id} ({stay.plate_color or 'no'} plate)" for stay in twins)
        if twins and all(_differ(read.color, stay.plate_color) for stay in twins):
            code = "twin_plate"
            text = f"{plate} on a {read.color} plate enters by ticket {event.ticket_id}; inside: {listed}"
        else:
            orphan_reappeared(work, plate, now)
            code = "already_inside"
            text = f"{plate} enters by ticket {event.ticket_id}, but is inside already: {listed}"
        self._alert(work, event, code, f"{text}; compare both stays' photos", now)

    def _already_inside(self, work: Work, plate: str, now: datetime) -> bool:
        """Whether a stay has this plate, once what a crash left open about it is settled: the vehicle is out here."""
        inside = False
        leftovers = self._leftovers.among(work)
        for stay in work.stays_with_plate(plate):
            passage = leftovers.get(stay.stay_id)
            if passage is None:
                inside = True
                continue
            if passage.direction == "entry":
                self.abandon(work, stay.stay_id, passage.passage_id)
            else:
                record_left(work, stay, passage.passage_id, passage.decided_at, now)
            alerts.resolve(work, now, passage.passage_id, alerts.LOT, "the vehicle stands at an entry again")
        return inside

    def _is_blocked(self, work: Work, plate: str, now: datetime) -> bool:
        return plate in self._blocked or work.rights.listed("block", plate, now) is not None


def _decision(approach: Approach, admission: access.Admission) -> EntryDecision:
    if isinstance(approach.order, HeldOpen):
        return "emergency"
    return "follower" if isinstance(approach.order, Tailgated) else admission.decision


def _differ(color: PlateColor | None, other: PlateColor | None) -> bool:
    """Whether two plates were surely of different colours."""
    return None not in (color, other) and "other" not in (color, other) and color != other
