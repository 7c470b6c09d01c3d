"""What goes in and out of the loopback API about accounts, as JSON."""

from pydantic import Field

from lot_server.domain.account import Account, Role
from lot_server.domain.clock import to_text
from lot_server.loopback.schemas import Message


class AccountOrder(Message):
    """Who gives the order."""

    operator: str = Field(min_length=1, max_length=100)


class NewAccount(AccountOrder):
    """`merchant` is the one whose coupons an account of that role gives."""

    name: str
    role: Role
    merchant: str | None = None


class OneTimePassword(Message):
    """Good for choosing another; told this once."""

    password: str


class AccountView(Message):
    """An account without what its password is known by."""

    name: str
    role: Role
    one_time: bool
    added_at: str
    merchant: str | None

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        return cls(
            name=account.name,
            role=account.role,
            one_time=account.one_time,
            added_at=to_text(account.added_at),
            merchant=account.merchant,
        )


class Accounts(Message):
    accounts: tuple[AccountView, ...]
