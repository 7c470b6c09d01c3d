"""Money given back: of one settlement, in part or whole, by the way it came."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from lot_server.domain.errors import BadRefund
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back for a settlement, unique for ever by `(provider, provider_reference)`.

    `provider` is the settlement's own: money goes back the way it came. `operator` decided it. Raises BadRefund for
    an amount that gives nothing back, or where nobody says who and why.
    """

    refund_id: str
    settlement_id: str
    stay_id: str
    amount: Money
    provider: str
    provider_reference: str
    operator: str
    reason: str
    refunded_at: datetime

    def __post_init__(self) -> None:
        if self.amount.minor < 1:
            raise BadRefund("a refund gives back at least one minor unit")
        if not self.operator or not self.reason:
            raise BadRefund("a refund says who decided it, and why")


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """An operator at the lot asks the cloud to give back money that was taken online; `refund_id` names the refund."""

    refund_id: str
    settlement_id: str
    amount: Money
    operator: str
    reason: str
    asked_at: datetime


def left_of(settlements: Iterable[Settlement], refunds: Iterable[Refund]) -> list[Settlement]:
    """Each settlement less what was given back of it, in the order they were taken; whole refunds leave none."""
    back: defaultdict[str, int] = defaultdict(int)
    for refund in refunds:
        back[refund.settlement_id] += refund.amount.minor
    ordered = sorted(settlements, key=lambda each: each.settled_at)
    kept = ((each, each.amount.minor - back[each.settlement_id]) for each in ordered)
    return [
        replace(each, amount=Money(minor, each.amount.currency))
        for each, minor in kept
        if minor or not back[each.settlement_id]
    ]
