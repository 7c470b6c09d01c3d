"""Who may use a lot's operator console, and what a sign-in is worth."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from lot_server.domain.errors import BadAccount

Rank = Literal["viewer", "operator", "administrator"]
"""viewer: looks; operator: also opens, resolves and corrects; administrator: also changes what the lot is."""
Role = Literal[Rank, "merchant"]
"""merchant: gives coupons on its own terms and sees nothing of the lot."""
ROLES: tuple[Rank, ...] = get_args(Rank)
"""From the one that may do least to the one that may do all."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, slots=True)
class Account:
    """One person's. `one_time` says that its password was made by the lot: it is good for setting another only.

    `password_hash` is argon2's own text. `merchant` is the one whose coupons an account of that role gives.
    Raises BadAccount for a name that cannot stand in a log, or a merchant's account without its merchant.
    """

    name: str
    role: Role
    password_hash: str
    one_time: bool
    added_at: datetime
    merchant: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BadAccount("an account's name has 1 to 40 letters, digits, '.', '_' or '-'")
        if (self.role == "merchant") != (self.merchant is not None):
            raise BadAccount("an account of the role merchant, and no other, names its merchant")

    def may(self, needed: Role) -> bool:
        """Whether it may do what a role may."""
        if self.role == "merchant" or needed == "merchant":
            return self.role == needed
        return ROLES.index(self.role) >= ROLES.index(needed)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One browser that proved a password. Of its secret only the SHA-256, 64 hex digits, is known."""

    secret_hash: str
    account: str
    began_at: datetime
    seen_at: datetime

    def holds(self, now: datetime, idle: timedelta, longest: timedelta) -> bool:
        """Whether it was used within `idle`, and began within `longest`."""
        return now - self.seen_at < idle and now - self.began_at < longest
