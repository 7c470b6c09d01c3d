"""Refunds, drawers, debts and payments at the desk over the loopback API. Amounts are minor units of `currency`."""

from typing import Literal

from pydantic import Field

from lot_server.domain.clock import to_text
from lot_server.domain.shift import Shift
from lot_server.loopback.schemas import Amount, Message, Order
from lot_server.store.owing import OpenBalance


class DeskPayment(Message):
    """Money taken for a stay away from the lanes; `provider_reference` is the terminal's, or any number for cash."""

    amount_minor: int = Field(gt=0)
    currency: str
    provider: Literal["cash", "terminal"]
    provider_reference: str = Field(min_length=1, max_length=200)
    operator: str = Field(min_length=1, max_length=100)
    tendered_minor: int | None = Field(default=None, ge=0)


class RefundOrder(Order):
    """Give back part of a payment, or all of it; the same `reference` counts once."""

    amount_minor: int = Field(gt=0)
    currency: str
    reference: str = Field(min_length=1, max_length=200)


class RefundAnswer(Message):
    """`asked`: the cloud is asked to, for the money was taken online."""

    outcome: Literal["applied", "already_applied", "asked"]


class BalanceView(Message):
    """A stay that left with something open: owed to the lot, or to be given back."""

    stay_id: str
    plate: str | None
    ticket_id: str | None
    exited_at: str | None
    minor: int

    @classmethod
    def of(cls, found: OpenBalance) -> "BalanceView":
        return cls(
            stay_id=found.stay_id,
            plate=found.plate,
            ticket_id=found.ticket_id,
            exited_at=None if found.exited_at is None else to_text(found.exited_at),
            minor=found.minor,
        )


class Balances(Message):
    currency: str
    stays: tuple[BalanceView, ...]


class ShiftOpening(Message):
    """A drawer for an account, with money in it."""

    account: str = Field(min_length=1, max_length=40)
    amount_minor: int = Field(ge=0)
    currency: str


class ShiftClosing(Message):
    """What was counted in a drawer; a difference needs a note."""

    operator: str = Field(min_length=1, max_length=100)
    amount_minor: int = Field(ge=0)
    currency: str
    note: str | None = Field(default=None, min_length=1, max_length=500)


class ShiftView(Message):
    shift_id: str
    account: str
    opened_at: str
    opening: Amount
    closed_at: str | None
    expected: Amount | None
    counted: Amount | None
    difference: Amount | None
    note: str | None

    @classmethod
    def of(cls, shift: Shift) -> "ShiftView":
        return cls(
            shift_id=shift.shift_id,
            account=shift.account,
            opened_at=to_text(shift.opened_at),
            opening=Amount.of(shift.opening),
            closed_at=None if shift.closed_at is None else to_text(shift.closed_at),
            expected=None if shift.expected is None else Amount.of(shift.expected),
            counted=None if shift.counted is None else Amount.of(shift.counted),
            difference=None if shift.difference is None else Amount.of(shift.difference),
            note=shift.note,
        )


class Shifts(Message):
    shifts: tuple[ShiftView, ...]


class PaymentView(Message):
    """One payment of a stay, and what is left of it to give back."""

    settlement_id: str
    provider: str
    provider_reference: str
    settled_at: str
    amount: Amount
    refundable_minor: int


class Payments(Message):
    payments: tuple[PaymentView, ...]
