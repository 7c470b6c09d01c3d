"""The jobs of an exit lane: find the stay, price it, let it go once nothing is due, then confirm or abandon."""

from datetime import datetime

from lot_server import alerts
from lot_server.decisions import (
    Admitted,
    Approach,
    Decision,
    HeldOpen,
    OpenLane,
    OperatorNeeded,
    Order,
    PaymentDue,
    Resolve,
    ShowTicket,
    Tailgated,
)
from lot_server.domain.clock import Clock
from lot_server.domain.events import ExitAbandoned, ExitAdmitted, ExitDecision
from lot_server.domain.matching import Ambiguous, Match, Matched, MatchingPolicy
from lot_server.domain.quote import Circumstances, Quote, quote
from lot_server.domain.stay import Stay
from lot_server.errors import UnknownStay
from lot_server.exit_matching import ExitMatching
from lot_server.leftovers import Leftovers
from lot_server.ports import Work
from lot_server.spaces.count import record_entered, record_left


class Exits:
    """What is recorded about vehicles that want out."""

    def __init__(self, clock: Clock, policy: MatchingPolicy, leftovers: Leftovers) -> None:
        self._clock = clock
        self._matching = ExitMatching(policy, leftovers)
        self._leftovers = leftovers

    def decide(self, work: Work, approach: Approach) -> Decision:
        """Whose vehicle it is and whether it may go. Raises UnknownStay, NoTariff, TimeBeforeEntry."""
        now = self._clock.now()
        order = approach.order
        if isinstance(order, Resolve):
            stay = inside(work, order.stay_id)
            self._matching.judge(work, approach, order.stay_id, now)
        elif isinstance(order, ShowTicket):
            stay = inside(work, order.stay_id)
        elif approach.stay_id is not None:
            stay = inside(work, approach.stay_id)
        else:
            outcome = self._matching.match(work, approach, now)
            if isinstance(outcome, Matched):
                stay = self._matching.corrected(work, approach, outcome, now)
            elif isinstance(order, OpenLane):
                return self._open_for_nobody(work, approach, order, now)
            else:
                return self._ask(work, approach, outcome, now)
        stay = self._settle_leftover(work, stay, approach, now)
        if stay.state != "open":
            raise UnknownStay(f"the vehicle of stay {stay.stay_id} is driving in at this moment: choose another stay")
        who, why = (order.operator, order.reason) if order else (alerts.LOT, "the stay was found")
        alerts.resolve(work, now, approach.passage_id, who, why)
        if isinstance(order, Resolve | ShowTicket):
            self._tell_of_other_plate(work, approach, stay, now)
        owed = price(work, stay, now)
        if owed.due.minor > 0 and not isinstance(order, OpenLane):
            return PaymentDue(stay.stay_id, stay.plate, owed)
        return self._admit(work, approach, stay, owed, now)

    def fitting(self, work: Work, approach: Approach) -> str | None:
        """The stay that was found before, or that the read fits for sure, if it is inside; else None."""
        known = work.stay(approach.stay_id) if approach.stay_id is not None else None
        if known is not None and known.state == "open":
            return known.stay_id
        outcome = self._matching.match(work, approach, self._clock.now())
        return outcome.stay.stay_id if isinstance(outcome, Matched) and outcome.stay.state == "open" else None

    def confirm(self, work: Work, stay_id: str, passage_id: str, crossed_at: datetime) -> None:
        """The vehicle is out."""
        record_left(work, inside(work, stay_id), passage_id, crossed_at, self._clock.now())

    def abandon(self, work: Work, stay_id: str, passage_id: str) -> None:
        """The vehicle turned back; its stay goes on."""
        work.record(ExitAbandoned(stay_id, passage_id), self._clock.now())

    def _settle_leftover(self, work: Work, stay: Stay, approach: Approach, now: datetime) -> Stay:
        """The stay, once what a crash left open about it is settled: the vehicle stands here, so it is inside."""
        passage = self._leftovers.among(work).get(stay.stay_id)
        if passage is None:
            return stay
        if passage.direction == "entry":
            record_entered(work, stay.stay_id, passage.passage_id, stay.read_at, now)
        else:
            work.record(ExitAbandoned(stay.stay_id, passage.passage_id), now)
        alerts.resolve(work, now, passage.passage_id, alerts.LOT, f"the vehicle stands at {approach.lane_id}")
        return inside(work, stay.stay_id)

    def is_another(self, approach: Approach, stay: Stay) -> bool:
        """Whether the vehicle at an exit shows another plate than a stay's vehicle did as it came in."""
        return self._matching.is_another(approach, stay, self._clock.now())

    def _tell_of_other_plate(self, work: Work, approach: Approach, stay: Stay, now: datetime) -> None:
        if approach.read is None or not self._matching.is_another(approach, stay, now):
            return
        entered = stay.plate or "another plate"
        text = (
            f"the vehicle of stay {stay.stay_id} came in with {entered} and stands at {approach.lane_id} with "
            f"{approach.read.plate}: compare the photos; correct the plate if one was misread"
        )
        alerts.raise_once(
            *(work, now, "changed_plates", text),
            lane_id=approach.lane_id,
            passage_id=approach.passage_id,
            stay_id=stay.stay_id,
        )

    def _ask(self, work: Work, approach: Approach, outcome: Match | None, now: datetime) -> OperatorNeeded:
        guess = approach.read.plate if approach.read else None
        candidates = outcome.candidates if isinstance(outcome, Ambiguous) else ()
        if isinstance(outcome, Ambiguous):
            code = "ambiguous_exit"
            listed = ", ".join(
                f"{each.stay.plate or each.stay.ticket_id} ({each.probability:.0%}, stay {each.stay.stay_id})"
                for each in candidates
            )
            text = f"the vehicle at {approach.lane_id} may be {listed}: compare the photos and resolve the lane"
        elif outcome is not None:
            code = "unmatched_exit"
            candidates = self._matching.hinted(work, approach)
            text = f"no vehicle inside fits the read {guess or 'without a sure text'}: find its stay, resolve the lane"
            if candidates:
                hinted = ", ".join(f"stay {each.stay.stay_id}" for each in candidates)
                text += f"; another plate was seen beside it that is of {hinted}, as a trailer's would be"
        else:
            code = "unreadable_exit"
            text = f"no plate was read at {approach.lane_id}: ask for the plate or the ticket, resolve the lane"
        alerts.raise_once(work, now, code, text, lane_id=approach.lane_id, passage_id=approach.passage_id)
        self._matching.contradict(work, approach, now)
        return OperatorNeeded(guess, code, candidates)

    def _open_for_nobody(self, work: Work, approach: Approach, order: OpenLane, now: datetime) -> Admitted:
        text = f"operator {order.operator} opened {approach.lane_id} for a vehicle without a known stay: {order.reason}"
        alerts.raise_once(
            work, now, "opened_without_stay", text, lane_id=approach.lane_id, passage_id=approach.passage_id
        )
        alerts.resolve(work, now, approach.passage_id, order.operator, order.reason)
        return Admitted(None, approach.read.plate if approach.read else None)

    def _admit(self, work: Work, approach: Approach, stay: Stay, owed: Quote, now: datetime) -> Admitted:
        read, order = approach.read, approach.order or approach.chosen
        work.record(
            ExitAdmitted(
                stay_id=stay.stay_id,
                passage_id=approach.passage_id,
                lane_id=approach.lane_id,
                read_plate=read.plate if read else None,
                decision=_decision(owed, order),
                evidence=read.evidence if read else None,
                photos=read.photos if read else (),
                gross=owed.gross,
                paid=owed.paid,
                operator=order.operator if order else None,
                reason=order.reason if order else None,
                decided_at=now,
            ),
            now,
        )
        return Admitted(stay.stay_id, stay.plate)


def price(work: Work, stay: Stay, at: datetime) -> Quote:
    """What a stay owes: by its tariff and coupons, less its settlements, by what it parks by."""
    entered_at = stay.entered_at or stay.read_at
    parking_pass = work.pass_by_id(stay.pass_id) if stay.pass_id is not None else None
    facts = Circumstances(
        stay.plate_color,
        stay.ticket_lost,
        tuple(work.coupons(stay.stay_id)),
        stay.vehicle,
        stay.pass_since,
        stay.allowed,
    )
    settlements, refunds = work.settlements(stay.stay_id), work.money.refunds(stay.stay_id)
    tariff = work.tariff(stay.tariff_version)
    return quote(tariff, entered_at, at, settlements, parking_pass, facts, refunds, stay.forgiven_minor)


def inside(work: Work, stay_id: str) -> Stay:
    """The stay with this id, open or intended. Raises UnknownStay."""
    stay = work.stay(stay_id)
    if stay is None or stay.state not in ("open", "intended"):
        raise UnknownStay(f"no vehicle inside has the stay {stay_id}: look it up among the open stays")
    return stay


def _decision(owed: Quote, order: Order | None) -> ExitDecision:
    if isinstance(order, OpenLane):
        if isinstance(order, Tailgated):
            return "follower"
        return "emergency" if isinstance(order, HeldOpen) else "operator"
    if owed.steps[0].kind == "pass":
        return "pass"
    return "paid" if owed.paid.minor > 0 else "free"
