"""The jobs about money that changes hands at a lot's desk, and about money given back, wherever it was taken."""

from typing import Literal

from lot_server import alerts
from lot_server.domain.clock import Clock
from lot_server.domain.errors import CurrencyMismatch
from lot_server.domain.events import (
    AlertRaised,
    AlertResolved,
    DebtForgiven,
    RefundApplied,
    RefundAsked,
    ShiftClosed,
    ShiftOpened,
)
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund, RefundAsk
from lot_server.domain.shift import AT_DESK, CASH, AtDesk, Shift
from lot_server.domain.stay import Settlement, Stay
from lot_server.errors import (
    BadPayment,
    NothingOwed,
    RefundConflict,
    RefundExceeds,
    ShiftConflict,
    UnknownSettlement,
    UnknownStay,
)
from lot_server.exits import price
from lot_server.identifiers import new_id
from lot_server.ports import Work

OVERPAID = "overpaid"
"""The code of the alert that somebody is to be given money back."""
RefundOutcome = Literal["applied", "already_applied"]


class Cashier:
    """What is recorded about refunds, debts and cash drawers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def desk(self, work: Work, amount: Money, provider: str, account: str, tendered_minor: int | None) -> AtDesk:
        """How somebody takes money: into the drawer in their hands, if it is cash and they have one.

        Raises BadPayment for less cash handed over than is counted.
        """
        if tendered_minor is not None and tendered_minor < amount.minor:
            raise BadPayment(f"{Money(tendered_minor, amount.currency)} was handed over, {amount} cannot be counted")
        shift = work.money.open_shift(account) if provider in AT_DESK else None
        return AtDesk(account, shift.shift_id if shift else None, tendered_minor if provider == CASH else None)

    def excess(self, work: Work, stay: Stay) -> int:
        """Minor units that were paid too much for a stay: for good once it has left, as it is now before."""
        if stay.state == "closed":
            return max(0, -stay.balance_minor)
        return price(work, stay, self._clock.now()).overpaid.minor if stay.entered_at is not None else 0

    def refundable(self, work: Work, settlement: Settlement) -> int:
        """Minor units of a settlement that were not given back, and that the cloud was not asked to."""
        back = sum(
            each.amount.minor
            for each in work.money.refunds(settlement.stay_id)
            if each.settlement_id == settlement.settlement_id
        )
        return (
            settlement.amount.minor
            - back
            - sum(each.amount.minor for each in work.money.asks(settlement.settlement_id))
        )

    def apply_refund(self, work: Work, refund: Refund, shift_id: str | None = None) -> RefundOutcome:
        """Count money given back, once for ever by provider and reference.

        What it gives back of a stay that left beyond what was paid too much is not asked for again.
        Raises UnknownSettlement, RefundConflict, RefundExceeds, CurrencyMismatch.
        """
        known = work.money.refund_by_reference(refund.provider, refund.provider_reference)
        if known is not None:
            if (known.settlement_id, known.amount) != (refund.settlement_id, refund.amount):
                raise RefundConflict(
                    f"{refund.provider} {refund.provider_reference} gave back {known.amount} of settlement "
                    f"{known.settlement_id} before: ask the provider which is right"
                )
            return "already_applied"
        settlement = self._settlement(work, refund.settlement_id)
        if (settlement.stay_id, settlement.provider) != (refund.stay_id, refund.provider):
            raise RefundConflict("a refund goes back the way the money came: same stay, same provider")
        back = sum(
            each.amount.minor
            for each in work.money.refunds(refund.stay_id)
            if each.settlement_id == refund.settlement_id
        )
        self._require_room(refund.amount, settlement, settlement.amount.minor - back)
        owed_before = self._stay(work, refund.stay_id).balance_minor
        work.record(RefundApplied(refund, shift_id), self._clock.now())
        stay = self._stay(work, refund.stay_id)
        again = stay.balance_minor - max(0, owed_before)
        if stay.state == "closed" and again > 0:
            gone = Money(again, refund.amount.currency)
            work.record(DebtForgiven(stay.stay_id, gone, refund.operator, refund.reason), self._clock.now())
        self.tell_excess(work, stay.stay_id, refund.operator, refund.reason)
        return "applied"

    def give_back(
        self, work: Work, settlement_id: str, amount: Money, reference: str, operator: str, reason: str
    ) -> RefundOutcome:
        """An operator gives money back: at the desk what was taken there, else by asking the cloud.

        `reference` names the refund: a form that comes twice counts once. Raises what `apply_refund` raises.
        """
        now, settlement = self._clock.now(), self._settlement(work, settlement_id)
        if settlement.provider in AT_DESK:
            shift, provider = work.money.open_shift(operator), settlement.provider
            refund = Refund(
                new_id(), settlement_id, settlement.stay_id, amount, provider, reference, operator, reason, now
            )  # fmt: skip
            return self.apply_refund(work, refund, shift.shift_id if shift else None)
        if any(each.refund_id == reference for each in work.money.asks(settlement_id)):
            return "already_applied"
        self._require_room(amount, settlement, self.refundable(work, settlement))
        work.record(RefundAsked(RefundAsk(reference, settlement_id, amount, operator, reason, now)), now)
        return "applied"

    def forgive(self, work: Work, stay_id: str, operator: str, reason: str) -> None:
        """What a stay that left still owes is not asked for any more. Raises UnknownStay, NothingOwed."""
        stay = self._stay(work, stay_id)
        if stay.state != "closed" or stay.balance_minor <= 0:
            raise NothingOwed("this stay owes nothing from before: look at its page")
        currency = work.tariff(stay.tariff_version).currency
        work.record(DebtForgiven(stay_id, Money(stay.balance_minor, currency), operator, reason), self._clock.now())

    def open_shift(self, work: Work, account: str, opening: Money) -> Shift:
        """Give somebody a drawer with money in it. Raises ShiftConflict, BadPayment, CurrencyMismatch."""
        if work.money.open_shift(account) is not None:
            raise ShiftConflict(f"{account} has an open drawer: count and close it first")
        self._require_currency(work, opening)
        shift = Shift(new_id(), account, opening, self._clock.now())
        work.record(ShiftOpened(shift.shift_id, account, opening, shift.opened_at), shift.opened_at)
        return shift

    def close_shift(self, work: Work, shift_id: str, counted: Money, operator: str, note: str | None) -> Shift:
        """Count a drawer: what should be there is worked out from the ledger. Raises ShiftConflict, BadPayment."""
        shift = work.money.shift(shift_id)
        if shift is None or shift.closed_at is not None:
            raise ShiftConflict("this drawer is not open: look at the cash page")
        self._require_currency(work, counted)
        expected = Money(shift.opening.minor + work.money.cash_in(shift_id), shift.opening.currency)
        if expected != counted and not note:
            raise BadPayment(f"the drawer should hold {expected}, not {counted}: count again, or say why in a note")
        now = self._clock.now()
        work.record(ShiftClosed(shift_id, expected, counted, operator, note, now), now)
        closed = work.money.shift(shift_id)
        assert closed is not None
        return closed

    def tell_excess(self, work: Work, stay_id: str, operator: str = alerts.LOT, reason: str = "it is settled") -> None:
        """Raise an alert while a stay that left has paid too much, and resolve it once that was given back."""
        stay, now = self._stay(work, stay_id), self._clock.now()
        told = [each for each in work.open_alerts() if (each.raised.code, each.raised.stay_id) == (OVERPAID, stay_id)]
        over = self.excess(work, stay) if stay.state == "closed" else 0
        if over and not told:
            amount = Money(over, work.tariff(stay.tariff_version).currency)
            text = f"{stay.plate or stay.ticket_id} paid {amount} too much and has left: give it back"
            work.record(AlertRaised(new_id(), OVERPAID, None, stay_id, None, text), now)
        if not over and told:
            work.record(AlertResolved(told[0].raised.alert_id, operator, reason), now)

    def _require_room(self, amount: Money, settlement: Settlement, left_minor: int) -> None:
        if amount.currency != settlement.amount.currency:
            raise CurrencyMismatch(f"the money was taken in {settlement.amount.currency}, not {amount.currency}")
        if amount.minor > left_minor:
            left = Money(max(0, left_minor), amount.currency)
            raise RefundExceeds(f"of this payment {left} is left to give back, not {amount}: look at its refunds")

    def _require_currency(self, work: Work, amount: Money) -> None:
        facts = work.lot()
        if facts is not None and facts.currency != amount.currency:
            raise CurrencyMismatch(f"this lot takes {facts.currency}, not {amount.currency}")
        if amount.minor < 0:
            raise BadPayment("a drawer cannot hold less than nothing: count again")

    def _settlement(self, work: Work, settlement_id: str) -> Settlement:
        settlement = work.money.settlement(settlement_id)
        if settlement is None:
            raise UnknownSettlement(f"this lot has counted no payment {settlement_id}: send its refund to its lot")
        return settlement

    def _stay(self, work: Work, stay_id: str) -> Stay:
        stay = work.stay(stay_id)
        if stay is None:
            raise UnknownStay(f"this lot has no stay {stay_id}")
        return stay
