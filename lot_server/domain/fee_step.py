"""One step of a fee, in values: what happened and what it added. `fee_words` puts it in sentences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

StepKind = Literal[
    "free",
    "visit",
    "blocks",
    "waived",
    "window_cap",
    "calendar_cap",
    "cap",
    "class",
    "minimum",
    "rounding",
    "coupon_percent",
    "coupon_amount",
    "coupon_full",
    "lost_ticket",
    "pass",
    "pass_from",
    "allowed",
    "paid",
    "grace",
    "grace_over",
    "refunded",
    "forgiven",
    "overpaid",
]


@dataclass(frozen=True, slots=True)
class QuoteStep:
    """One step of a fee: `count` blocks of `unit_minutes` at `unit_price`, on day `day` (from 0), adding `amount`.

    A day is 24 hours from the entry. `name` is the window, class or merchant that the step is about; `starts_at` and
    `ends_at` bound the time it is for (`pass_from` has a start alone), `percent` is what a class or coupon takes off.
    """

    kind: StepKind
    day: int
    count: int
    unit_minutes: int
    unit_price: int
    amount: int
    name: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    percent: int = 0
