"""What each coupon took off a fee."""

from dataclasses import replace
from datetime import datetime

from lot_server.domain.coupon import Coupon
from lot_server.domain.quote import Circumstances, fee
from lot_server.domain.tariff import Tariff


def coupon_worth(tariff: Tariff, entered_at: datetime, at: datetime, facts: Circumstances) -> list[tuple[Coupon, int]]:
    """Each coupon in the order it was given, with the minor units by which it lowered the fee of those before it.

    They add up to what all of them took off together. Raises TimeBeforeEntry, NaiveTime.
    """
    ordered = sorted(facts.coupons, key=lambda each: (each.applied_at, each.coupon_id))
    fees = [
        fee(tariff, entered_at, at, replace(facts, coupons=tuple(ordered[:count])))[0]
        for count in range(len(ordered) + 1)
    ]
    return [(coupon, fees[index] - fees[index + 1]) for index, coupon in enumerate(ordered)]
