"""Payment orders as drivers' phones see them. Amounts are minor units of `currency`."""

from datetime import datetime

from pydantic import BaseModel

from api.tables import OrderState, PaymentOrder


class Order(BaseModel):
    """An order: pay it at `pay_url` before `expires_at`; `leave_by` is set while a paid stay may leave.

    `refunded` is what was given back of it.
    """

    order_id: str
    lot_id: str
    state: OrderState
    amount: int
    currency: str
    pay_url: str | None
    expires_at: datetime
    paid_at: datetime | None
    leave_by: datetime | None
    refunded: int


class WebhookAnswer(BaseModel):
    """What became of a webhook; any of these ends the provider's retries."""

    outcome: str


def order_of(order: PaymentOrder, leave_by: datetime | None = None, refunded_minor: int = 0) -> Order:
    """The wire form of an order."""
    return Order(
        order_id=order.order_id,
        lot_id=order.lot_id,
        state=order.state,
        amount=order.amount_minor,
        currency=order.currency,
        pay_url=order.pay_url,
        expires_at=order.expires_at,
        paid_at=order.paid_at,
        leave_by=leave_by,
        refunded=refunded_minor,
    )
