"""Coupons, lost tickets and fees over the loopback API. Amounts are minor units of `currency`."""

from pydantic import Field

from lot_server.domain.clock import to_text
from lot_server.domain.coupon import CouponKind
from lot_server.domain.fee_step import QuoteStep, StepKind
from lot_server.domain.fee_words import FEE_LANGUAGES, between, explain
from lot_server.domain.money import Money
from lot_server.domain.quote import Quote
from lot_server.loopback.schemas import Message, Order


class CouponOrder(Order):
    """What a merchant gives a stay; `value` as in `Coupon`."""

    coupon_id: str = Field(min_length=1, max_length=100)
    merchant: str = Field(min_length=1, max_length=100)
    kind: CouponKind
    value: int = Field(default=0, ge=0)


class FeeStepView(Message):
    """One step of a fee: its values as in `QuoteStep`, when it ran by the lot's clock, and its sentences."""

    kind: StepKind
    day: int
    count: int
    unit_minutes: int
    unit_price: int
    amount: int
    name: str | None
    percent: int
    between: str | None
    words: dict[str, str]

    @classmethod
    def of(cls, step: QuoteStep, currency: str, zone: str, several_days: bool) -> "FeeStepView":
        def amount(minor: int) -> str:
            return str(Money(minor, currency))

        return cls(
            kind=step.kind,
            day=step.day,
            count=step.count,
            unit_minutes=step.unit_minutes,
            unit_price=step.unit_price,
            amount=step.amount,
            name=step.name,
            percent=step.percent,
            between=between(step, zone),
            words={language: explain(step, language, zone, amount, several_days) for language in FEE_LANGUAGES},
        )


class FeeView(Message):
    """What a stay owes, or owed when it left: the steps add up to `due`; `overpaid` is to be given back."""

    stay_id: str
    entered_at: str
    at: str
    tariff_version: int
    currency: str
    gross: int
    paid: int
    due: int
    overpaid: int
    leave_by: str | None
    steps: tuple[FeeStepView, ...]

    @classmethod
    def of(cls, stay_id: str, quote: Quote, zone: str) -> "FeeView":
        currency = quote.due.currency
        several = any(step.day for step in quote.steps)
        return cls(
            stay_id=stay_id,
            entered_at=to_text(quote.entered_at),
            at=to_text(quote.at),
            tariff_version=quote.tariff_version,
            currency=currency,
            gross=quote.gross.minor,
            paid=quote.paid.minor,
            due=quote.due.minor,
            overpaid=quote.overpaid.minor,
            leave_by=None if quote.leave_by is None else to_text(quote.leave_by),
            steps=tuple(FeeStepView.of(step, currency, zone, several) for step in quote.steps),
        )
