"""Who may give coupons at a lot, within which terms, and coupons handed out as codes."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.clock import utc
from lot_server.domain.coupon import CouponKind
from lot_server.domain.errors import BadMerchant

CODE_CHARACTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None of them is taken for another."""
CODE_LENGTH = 12
"""59 bits: no code can be guessed from another."""
MOST_CODES = 1000
_GROUP = 4
_NAME = re.compile(r"\S(?:.{0,58}\S)?")


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant's terms, by its name: coupons of `kind`, each worth at most `value`, `per_day` of them a local day.

    `value` is whole minutes, minor units or percent (1 to 99), by `kind`; 0 for `full`. One that is not `active` may
    give none. Raises BadMerchant.
    """

    name: str
    kind: CouponKind
    value: int
    per_day: int
    active: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BadMerchant("a merchant's name has 1 to 60 characters")
        check_worth(self.kind, self.value)
        if self.per_day < 0:
            raise BadMerchant("per_day is the most coupons a day: 0 or more")


@dataclass(frozen=True, slots=True)
class CouponBatch:
    """Codes that a lot handed out for a merchant, each good for one stay until `valid_until`.

    A code is known by `code_hash` alone. Raises BadMerchant.
    """

    batch_id: str
    merchant: str
    kind: CouponKind
    value: int
    valid_until: datetime
    hashes: tuple[str, ...]

    def __post_init__(self) -> None:
        utc(self.valid_until)
        check_worth(self.kind, self.value)
        if not 1 <= len(self.hashes) <= MOST_CODES or len(set(self.hashes)) != len(self.hashes):
            raise BadMerchant(f"a batch has 1 to {MOST_CODES} codes, each another")


def check_worth(kind: CouponKind, value: int) -> None:
    """Raises BadMerchant for a value that no coupon of the kind has."""
    if kind == "full" and value != 0:
        raise BadMerchant("a coupon for the full fee has no value: leave it at 0")
    if kind == "percent" and not 1 <= value <= 99:
        raise BadMerchant("a coupon of percent is worth 1 to 99: use the kind full for all of it")
    if kind in ("minutes", "amount") and value < 1:
        raise BadMerchant(f"a coupon of {kind} must be worth at least 1")


def new_code() -> str:
    """`K7QW-2MXP-9TRA`"""
    drawn = "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, CODE_LENGTH, _GROUP))


def code_hash(code: str) -> str:
    """What the lot keeps of a code, however it is typed: the first 128 bits of its SHA-256, 32 hex digits."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()[:32]
