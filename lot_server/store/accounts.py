"""Accounts and sign-ins of the operator console: local rows, never recorded as events, so never mirrored."""

from datetime import datetime
from typing import cast

from sqlmodel import Session, col, delete, select

from lot_server.domain.account import Account, Role, SignIn
from lot_server.errors import AccountExists, UnknownAccount
from lot_server.store.tables import AccountRow, SignInRow


class Accounts:
    """The accounts within one transaction or look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, account: Account) -> None:
        """Raises AccountExists."""
        if self._session.get(AccountRow, account.name) is not None:
            raise AccountExists(f"there is an account {account.name!r} already: give it a new password, or remove it")
        self._session.add(AccountRow(**{name: getattr(account, name) for name in Account.__slots__}))
        self._session.flush()

    def remove(self, name: str) -> None:
        """The account and all its sign-ins. Raises UnknownAccount."""
        row = self._row(name)
        self._session.exec(delete(SignInRow).where(col(SignInRow.account) == name))
        self._session.delete(row)
        self._session.flush()

    def set_password(self, name: str, password_hash: str, one_time: bool) -> None:
        """Another password; every sign-in by the old one ends. Raises UnknownAccount."""
        row = self._row(name)
        row.password_hash, row.one_time = password_hash, one_time
        self._session.exec(delete(SignInRow).where(col(SignInRow.account) == name))
        self._session.flush()

    def all(self) -> list[Account]:
        """By name."""
        return [_account(row) for row in self._session.exec(select(AccountRow).order_by(col(AccountRow.name)))]

    def find(self, name: str) -> Account | None:
        row = self._session.get(AccountRow, name)
        return None if row is None else _account(row)

    def begin(self, sign_in: SignIn, over: datetime) -> None:
        """Note a sign-in, and forget those that began before `over`."""
        self._session.exec(delete(SignInRow).where(col(SignInRow.began_at) < over))
        self._session.add(SignInRow(**{name: getattr(sign_in, name) for name in SignIn.__slots__}))
        self._session.flush()

    def signed_in(self, secret_hash: str) -> tuple[SignIn, Account] | None:
        """The sign-in of a secret and its account, whether it still holds or not."""
        row = self._session.get(SignInRow, secret_hash)
        if row is None:
            return None
        return SignIn(row.secret_hash, row.account, row.began_at, row.seen_at), _account(self._row(row.account))

    def seen(self, secret_hash: str, at: datetime) -> None:
        """The sign-in was used; one that has ended stays so."""
        row = self._session.get(SignInRow, secret_hash)
        if row is not None:
            row.seen_at = at
            self._session.flush()

    def end(self, secret_hash: str) -> None:
        """The sign-in holds no longer."""
        self._session.exec(delete(SignInRow).where(col(SignInRow.secret_hash) == secret_hash))
        self._session.flush()

    def _row(self, name: str) -> AccountRow:
        row = self._session.get(AccountRow, name)
        if row is None:
            raise UnknownAccount(f"there is no account {name!r}: see `openlot lot account list`")
        return row


def _account(row: AccountRow) -> Account:
    return Account(row.name, cast(Role, row.role), row.password_hash, bool(row.one_time), row.added_at, row.merchant)
