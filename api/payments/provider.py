"""The port to a payment provider: where a driver pays, and who says that they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from lot_server.domain.clock import Clock
from lot_server.domain.money import Money

NoticeKind = Literal["order_opened", "order_paid", "order_expired"]


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
class Notice:
    """What a provider says of an order, by webhook or when asked; only `order_paid` has the last three fields.

    `reference` is the provider's own id of the payment, `paid_at` when it took the money.
    """

    kind: NoticeKind
    order_id: str
    reference: str | None
    amount: Money | None
    paid_at: datetime | None


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
        """What became of an order; None while it is neither paid nor expired."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes, clock: Clock) -> Notice:
        """The notice in a webhook. Raises ForgedWebhook, StaleWebhook or MalformedWebhook."""
        ...

    async def close(self) -> None: ...
