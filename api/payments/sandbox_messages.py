"""What the cloud and the sandbox provider say to each other; JSON of these, stamped with the shared secret."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from lot_server.domain.codec import from_body, to_body
from lot_server.domain.errors import BadBody
from lot_server.domain.money import Money

T = TypeVar("T")
OPEN_PATH = "/v1/orders"
ASK_PATH = "/v1/orders/ask"
REFUND_PATH = "/v1/refunds"


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """Ask for a payment; the same `order_id` gets the same pay page."""

    order_id: str
    amount: Money
    description: str
    expires_at: datetime
    return_url: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class PayPage:
    order_id: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class AskOrder:
    order_id: str


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """Give back part of a payment, or all of it; the same `refund_id` gets the same answer."""

    refund_id: str
    order_id: str
    payment: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What became of a refund: its own `reference` and when, or why it cannot be."""

    refund_id: str
    state: Literal["done", "refused"]
    reference: str | None
    refunded_at: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money the provider took, by its own unique reference."""

    reference: str
    amount: Money
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """How an order stands; `payment` is set once it is paid."""

    order_id: str
    state: Literal["open", "paid", "expired"]
    payment: Payment | None


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """How an order stood when something happened to it; the same `event_id` may come more than once, and late."""

    event_id: str
    order: OrderStatus


def encode(message: object) -> bytes:
    """UTF-8 JSON of a message."""
    return json.dumps(to_body(message), ensure_ascii=False, separators=(",", ":")).encode()


def decode(kind: type[T], content: bytes) -> T:
    """The message in `content`. Raises BadBody."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadBody("the body is not JSON in UTF-8") from error
    return from_body(kind, body)
