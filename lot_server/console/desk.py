"""Money at the desk as forms say it, and all that a stay's page shows of money."""

from dataclasses import dataclass

from lot_server.console.forms import Form
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.domain.shift import AT_DESK, CASH, TERMINAL
from lot_server.domain.stay import Settlement, Stay
from lot_server.errors import BadForm
from lot_server.handlers import Handlers
from lot_server.identifiers import new_id
from lot_server.store.look import Look
from lot_server.store.money_record import TakenAs


@dataclass(frozen=True, slots=True)
class DeskPayment:
    """What a form says was taken; `tendered_minor` is the cash handed over, None for the exact amount."""

    amount: Money
    provider: str
    reference: str
    tendered_minor: int | None

    @property
    def told(self) -> str:
        """For the audit trail."""
        return f"{self.amount}, {self.provider} {self.reference}"


@dataclass(frozen=True, slots=True)
class ShownPayment:
    """A payment with what was given back of it; `refundable_minor` is left, `online` says that the cloud gives it."""

    settlement: Settlement
    taken: TakenAs
    refunds: tuple[Refund, ...]
    asked_minor: int
    refundable_minor: int

    @property
    def online(self) -> bool:
        return self.settlement.provider not in AT_DESK

    @property
    def change_minor(self) -> int:
        tendered = self.taken.tendered_minor
        return 0 if tendered is None else tendered - self.settlement.amount.minor


def desk_payment(form: Form) -> DeskPayment:
    """The payment of a form. Less cash than is due counts as part of it. Raises BadForm."""
    due, currency = form.number("amount_minor"), form.text("currency", 3)
    method = form.choice("method") or CASH
    if method not in AT_DESK:
        raise BadForm(f"method must be one of {', '.join(AT_DESK)}")
    if due <= 0:
        raise BadForm("there is nothing to pay")
    if method == TERMINAL:
        return DeskPayment(Money(due, currency), TERMINAL, form.text("slip"), None)
    tendered = form.minor("tendered") if form.choice("tendered") else None
    counted = due if tendered is None else min(due, tendered)
    if counted <= 0:
        raise BadForm("nothing was handed over")
    return DeskPayment(Money(counted, currency), CASH, form.text("reference"), tendered)


def money_of(look: Look, handlers: Handlers, stay: Stay) -> dict[str, object]:
    """What the page of a stay shows of money; `key` names the one payment or refund that its forms make."""
    money, cashier = look.work.money, handlers.cashier
    taken_as, refunds = money.taken_as(stay.stay_id), money.refunds(stay.stay_id)
    shown = [
        ShownPayment(
            each,
            taken_as[each.settlement_id],
            tuple(back for back in refunds if back.settlement_id == each.settlement_id),
            sum(ask.amount.minor for ask in money.asks(each.settlement_id)),
            cashier.refundable(look.work, each),
        )
        for each in look.work.settlements(stay.stay_id)
    ]
    return {
        "payments": shown,
        "coupons": look.work.coupons(stay.stay_id),
        "excess": cashier.excess(look.work, stay),
        "debts": [
            each
            for each in (look.work.owing.of_plate(stay.plate) if stay.plate else [])
            if each.stay_id != stay.stay_id
        ],
        "key": new_id(),
    }
