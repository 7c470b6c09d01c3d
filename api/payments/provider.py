"""The port to a payment provider: where a driver pays, and who says that they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lot_server.domain.clock import Clock
from lot_server.domain.money import Money


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a provider is asked to collect. `return_url` is where the driver's browser goes afterwards."""

    order_id: str
    amount: Money
    description: str
    expires_at: datetime
    return_url: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class OrderOpened:
    """The order waits to be paid."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """The provider took the money at `paid_at`; `reference` is its own id of the payment."""

    order_id: str
    reference: str
    amount: Money
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """The order can no longer be paid."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Payback:
    """Money to give back of the payment `reference` of an order; the same `refund_id` is the same refund."""

    refund_id: str
    order_id: str
    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PaybackDone:
    """The provider gave the money back at `refunded_at`; `reference` is its own id of the refund."""

    reference: str
    refunded_at: datetime


@dataclass(frozen=True, slots=True)
class PaybackRefused:
    """The provider will never give it back."""

    why: str


Notice = OrderOpened | OrderPaid | OrderExpired
"""What a provider says of an order, by webhook or when asked."""


class PaymentProvider(Protocol):
    """One provider; every call has a time-out and raises ProviderFailed."""

    @property
    def name(self) -> str:
        """Stable, in URLs and settlements."""
        ...

    @property
    def origin(self) -> str:
        """Scheme, host and port of its pay pages."""
        ...

    async def open(self, checkout: Checkout) -> str:
        """The URL where the driver pays; the same for the same `order_id`."""
        ...

    async def ask(self, order_id: str) -> Notice | None:
        """What became of an order; None where the provider never heard of it."""
        ...

    async def pay_back(self, payback: Payback) -> PaybackDone | PaybackRefused:
        """Give money back, once for each `refund_id` however often it is asked."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes, clock: Clock) -> Notice:
        """The notice in a webhook. Raises ForgedWebhook, StaleWebhook or MalformedWebhook."""
        ...

    async def close(self) -> None: ...
