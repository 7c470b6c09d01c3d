"""What merchants' coupons took off the fees of a day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.coupon_worth import coupon_worth
from lot_server.domain.quote import Circumstances
from lot_server.store.look import Look


@dataclass(frozen=True, slots=True)
class MerchantFigures:
    """One merchant's coupons on stays that left: how many, and by how many minor units they lowered the fees."""

    merchant: str
    count: int
    minor: int


def by_merchant(look: Look, start: datetime, end: datetime) -> tuple[MerchantFigures, ...]:
    """The figures of the stays that left between two instants, by merchant. A pass makes coupons worth nothing."""
    counts: defaultdict[str, int] = defaultdict(int)
    worths: defaultdict[str, int] = defaultdict(int)
    for stay_id, priced_at in look.day_money.couponed(start, end):
        stay, coupons = look.work.stay(stay_id), look.work.coupons(stay_id)
        if stay is None or stay.entered_at is None:
            continue
        passed = stay.pass_id is not None
        facts = Circumstances(stay.plate_color, stay.ticket_lost, tuple(coupons), stay.vehicle)
        tariff = look.work.tariff(stay.tariff_version)
        for coupon, minor in coupon_worth(tariff, stay.entered_at, priced_at, facts):
            counts[coupon.merchant] += 1
            worths[coupon.merchant] += 0 if passed else minor
    return tuple(MerchantFigures(name, counts[name], worths[name]) for name in sorted(counts))
