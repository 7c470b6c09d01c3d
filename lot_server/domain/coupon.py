"""What a merchant gives a customer's stay: minutes, an amount, a share of the fee, or all of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lot_server.domain.errors import BadCoupon

CouponKind = Literal["minutes", "amount", "percent", "full"]
VALIDATION = "validation-"
"""How the ids of coupons begin that merchants' own accounts gave."""
CODE = "code-"
"""How the ids of coupons begin that came as codes; the code's hash follows."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """One validation of one stay, unique for ever by `coupon_id`.

    `value` is whole minutes, minor units of the lot's currency, or percent (1 to 99), by `kind`; 0 for `full`.
    Raises BadCoupon for a value that does not fit.
    """

    coupon_id: str
    stay_id: str
    merchant: str
    kind: CouponKind
    value: int
    reason: str
    applied_at: datetime

    def __post_init__(self) -> None:
        if self.kind == "full" and self.value != 0:
            raise BadCoupon("a coupon for the full fee has no value: leave it at 0")
        if self.kind == "percent" and not 1 <= self.value <= 99:
            raise BadCoupon("a coupon of percent is worth 1 to 99: use the kind full for all of it")
        if self.kind in ("minutes", "amount") and self.value < 1:
            raise BadCoupon(f"a coupon of {self.kind} must be worth at least 1")
        if not self.coupon_id or not self.merchant:
            raise BadCoupon("a coupon needs an id and a merchant")
