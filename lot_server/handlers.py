"""What happens to a lot's facts: each method is one job on one transaction of the store.

A job reads, decides by `lot_server.domain` and records events; it opens no barrier and sees no picture. What it
recorded is on disk when `Transactions.transact` returns, so a barrier that opens afterwards is always explained.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from lot_server import alerts
from lot_server.cashier import Cashier
from lot_server.decisions import Approach, Decision
from lot_server.domain.clock import Clock
from lot_server.domain.coupon import Coupon
from lot_server.domain.errors import CurrencyMismatch
from lot_server.domain.events import CouponApplied, PlateCorrected, SettlementApplied, TicketLost, VehicleClassed
from lot_server.domain.matching import MatchingPolicy
from lot_server.domain.occupancy import StrayCause
from lot_server.domain.plate import PlateColor, normalise
from lot_server.domain.quote import Quote
from lot_server.domain.stay import Passage, Settlement, Stay
from lot_server.domain.vehicle import VehicleClass
from lot_server.entries import Entries
from lot_server.errors import CouponConflict, SettlementConflict, UnknownStay
from lot_server.exits import Exits, inside, price
from lot_server.followers import Followers
from lot_server.held_passages import HeldPassages
from lot_server.leftovers import Leftovers
from lot_server.ports import Work
from lot_server.rights.terms import settle_terms
from lot_server.spaces.count import record_stray
from lot_server.validations import Validations

SettlementOutcome = Literal["applied", "already_applied"]

_LEFT = ("exit", "confirmed")


class Handlers:
    """The jobs of one lot, shared by its lanes. `blocked` are the configuration's plates that may not enter."""

    def __init__(
        self,
        clock: Clock,
        blocked: frozenset[str] = frozenset(),
        policy: MatchingPolicy | None = None,
        vehicles: Mapping[str, VehicleClass] | None = None,
    ) -> None:
        self._clock = clock
        self.blocked = blocked
        self.leftovers = Leftovers()
        self.cashier = Cashier(clock)
        self.validations = Validations(clock)
        self._entries = Entries(clock, blocked, self.leftovers, vehicles or {})
        self._exits = Exits(clock, policy or MatchingPolicy(), self.leftovers)
        self.held = HeldPassages(clock, self._entries, self._exits)
        self.followers = Followers(clock, self._entries, self._exits)

    def decide(self, work: Work, approach: Approach) -> Decision:
        """What becomes of the vehicle at a lane.

        Raises UnknownStay, NotDescribed, NoTariff, TimeBeforeEntry and what the store raises.
        """
        if approach.direction == "entry":
            return self._entries.decide(work, approach)
        return self._exits.decide(work, approach)

    def confirm(self, work: Work, approach: Approach, stay_id: str, crossed_at: datetime) -> None:
        """The vehicle crossed the closing loop."""
        jobs = self._entries if approach.direction == "entry" else self._exits
        jobs.confirm(work, stay_id, approach.passage_id, crossed_at)
        self.cashier.tell_excess(work, stay_id)

    def abandon(self, work: Work, approach: Approach, stay_id: str) -> None:
        """The vehicle backed out before the closing loop."""
        jobs = self._entries if approach.direction == "entry" else self._exits
        jobs.abandon(work, stay_id, approach.passage_id)

    def report(self, work: Work, approach: Approach, code: str, text: str, photos: tuple[str, ...] = ()) -> None:
        """Tell a person about a vehicle at a lane, once for each passage and code."""
        passage_id, now = approach.passage_id, self._clock.now()
        alerts.raise_once(work, now, code, text, lane_id=approach.lane_id, passage_id=passage_id, photos=photos)

    def count_stray(self, work: Work, approach: Approach, cause: StrayCause, passed_at: datetime) -> None:
        """A vehicle drove through a lane outside any stay; counted once for each passage."""
        record_stray(work, approach, cause, passed_at, self._clock.now())

    def report_fault(self, work: Work, lane_id: str | None, code: str, text: str) -> None:
        """Tell a person that a part of a lane, or of the lot, does not work, once until it works again."""
        alerts.raise_once(work, self._clock.now(), code, text, lane_id=lane_id)

    def fault_over(self, work: Work, lane_id: str | None, code: str) -> None:
        """The part works again."""
        alerts.resolve_faults(work, self._clock.now(), "it works again", lane_id, code)

    def apply_settlement(
        self, work: Work, settlement: Settlement, taken_by: str | None = None, tendered_minor: int | None = None
    ) -> SettlementOutcome:
        """Count money for a stay, once for ever by provider and reference, even if the stay has left by now.

        `taken_by` is the account that took it at the desk, `tendered_minor` the cash handed over.
        Raises UnknownStay, CurrencyMismatch, BadPayment, and SettlementConflict where the reference was used for
        something else.
        """
        known = work.settlement_by_reference(settlement.provider, settlement.provider_reference)
        if known is not None:
            if (known.stay_id, known.amount) != (settlement.stay_id, settlement.amount):
                raise SettlementConflict(
                    f"{settlement.provider} {settlement.provider_reference} was counted as {known.amount} for stay "
                    f"{known.stay_id} before: ask the provider which is right"
                )
            return "already_applied"
        stay = work.stay(settlement.stay_id)
        if stay is None:
            raise UnknownStay(f"this lot has no stay {settlement.stay_id}: refund the payment or send it to its lot")
        currency = work.tariff(stay.tariff_version).currency
        if settlement.amount.currency != currency:
            raise CurrencyMismatch(f"the stay is priced in {currency}, not {settlement.amount.currency}")
        provider, amount = settlement.provider, settlement.amount
        desk = self.cashier.desk(work, amount, provider, taken_by, tendered_minor) if taken_by else None
        work.record(SettlementApplied(settlement, desk), self._clock.now())
        self.cashier.tell_excess(work, settlement.stay_id)
        return "applied"

    def apply_coupon(self, work: Work, coupon: Coupon) -> SettlementOutcome:
        """Count what a merchant gives a stay, once for ever by the coupon's id; whenever that came first counts.

        Raises UnknownStay for a stay that has left, and CouponConflict where the id was used for something else.
        """
        known = work.coupon(coupon.coupon_id)
        if known is not None:
            same = replace(coupon, applied_at=known.applied_at, reason=known.reason) == known
            if not same:
                raise CouponConflict(
                    f"coupon {coupon.coupon_id} was counted for stay {known.stay_id} before, as {known.kind} "
                    f"{known.value} of {known.merchant}: give each validation an id of its own"
                )
            return "already_applied"
        inside(work, coupon.stay_id)
        work.record(CouponApplied(coupon), self._clock.now())
        return "applied"

    def lose_ticket(self, work: Work, stay_id: str, operator: str, reason: str) -> None:
        """The driver of a stay that has not ended cannot show its ticket. Raises UnknownStay."""
        if not inside(work, stay_id).ticket_lost:
            work.record(TicketLost(stay_id, operator, reason), self._clock.now())

    def fee_of(self, work: Work, stay_id: str) -> Quote:
        """What a stay owes now, or owed when it left, with the steps. Raises UnknownStay, NoTariff, TimeBeforeEntry."""
        stay = work.stay(stay_id)
        if stay is None:
            raise UnknownStay(f"this lot has no stay {stay_id}: look it up among the open stays")
        left = [each.decided_at for each in work.passages(stay_id) if (each.direction, each.state) == _LEFT]
        return price(work, stay, max(left, default=stay.exited_at or self._clock.now()))

    def correct_plate(
        self, work: Work, stay_id: str, plate: str, operator: str, reason: str, color: PlateColor | None = None
    ) -> None:
        """An operator changes the plate of a stay that has not ended, or its colour. Raises UnknownStay, BadPlate."""
        before, now = inside(work, stay_id), self._clock.now()
        work.record(PlateCorrected(stay_id, normalise(plate), operator, reason, color), now)
        if normalise(plate) != before.plate:
            settle_terms(work, inside(work, stay_id), now)

    def resume(self, work: Work, lane_id: str) -> Passage | None:
        """The passage that a crash left open at a lane where a vehicle stands under the barrier: the newest is its.

        How it ends is now for the lane to say. None where none was left open.
        """
        passage = self.leftovers.newest_at(work, lane_id)
        if passage is not None:
            reason = f"the vehicle stands under the barrier of {lane_id}"
            alerts.resolve(work, self._clock.now(), passage.passage_id, alerts.LOT, reason)
        return passage

    def class_vehicle(self, work: Work, stay_id: str, vehicle: VehicleClass, operator: str, reason: str) -> None:
        """An operator says what kind of vehicle a stay that has not ended is of. Raises UnknownStay."""
        inside(work, stay_id)
        work.record(VehicleClassed(stay_id, vehicle, operator, reason), self._clock.now())

    def is_another(self, approach: Approach, stay: Stay) -> bool:
        """Whether the vehicle at an exit shows another plate than a stay's vehicle did as it came in."""
        return self._exits.is_another(approach, stay)

    def recover(self, work: Work) -> None:
        """After a restart: whether vehicles admitted just before it drove through is unknown, so a person is told.

        The world settles each where it can: a plate read at an entry again is not inside, one read at an exit is, and
        `entries` and `exits` record it then. Parts that did not work are found out anew.
        """
        alerts.resolve_faults(work, self._clock.now(), "the server was started again")
        for passage in self.leftovers.among(work).values():
            alerts.raise_once(
                work,
                self._clock.now(),
                "unfinished_passage",
                f"the server stopped while {passage.plate or 'a vehicle'} was passing {passage.lane_id}: "
                "check whether it drove through",
                lane_id=passage.lane_id,
                passage_id=passage.passage_id,
                stay_id=passage.stay_id,
            )
