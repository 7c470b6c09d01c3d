"""Signing in and out: a browser gets a secret in a cookie, and the lot keeps only its hash."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from lot_server.console.config import ConsoleSection
from lot_server.console.lockout import Lockout
from lot_server.console.passwords import Passwords, judge
from lot_server.domain.account import Account, SignIn
from lot_server.errors import NotSignedIn, SignInRefused
from lot_server.loopback.lot import RunningLot
from lot_server.store.look import ReadStore
from lot_server.store.unit_of_work import SqliteWork

SECRET_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept: a write for each page would cost the gates."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a page, with the secret of the browser. `seen_at` is when that was noted last."""

    account: Account
    secret: str
    seen_at: datetime

    @property
    def form_token(self) -> str:
        return form_token(self.secret)


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def form_token(secret: str) -> str:
    """What a form must bring along: nobody can make it who has not the browser's cookie."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


class SignIns:
    """The sign-ins of one console."""

    def __init__(self, lot: RunningLot, store: ReadStore, section: ConsoleSection, passwords: Passwords) -> None:
        self._lot, self._store, self._section, self._passwords = lot, store, section, passwords
        self._lockout = Lockout()

    async def begin(self, name: str, password: str, address: str) -> Visitor:
        """A new sign-in, with a secret that no browser had before. Raises SignInRefused, TooManySignIns."""
        # A name that nobody has may be a password typed into the wrong field: count it, but keep it nowhere.
        self._lockout.attempt(hashlib.sha256(name.encode()).hexdigest(), address)
        account = self._find(name)
        if not await self._passwords.fits(None if account is None else account.password_hash, password):
            await self._lot.note(name if account else "unknown account", "refuse_sign_in", address, None)
            raise SignInRefused("account and password do not belong together: check both")
        assert account is not None
        self._lockout.succeeded(hashlib.sha256(name.encode()).hexdigest(), address)
        return await self._begin(account, address)

    def find(self, secret: str) -> Visitor:
        """Who has a secret. Raises NotSignedIn where its sign-in ended."""
        with self._store.look() as look:
            found = look.accounts.signed_in(_hash(secret))
        if found is None or not found[0].holds(self._lot.clock.now(), self._section.idle, self._section.longest):
            raise NotSignedIn("sign in first")
        return Visitor(found[1], secret, found[0].seen_at)

    async def seen(self, visitor: Visitor) -> None:
        """Note that a sign-in is used, not more often than is worth a write."""
        now, key = self._lot.clock.now(), _hash(visitor.secret)
        if now - visitor.seen_at > SEEN_EVERY:
            await self._lot.writer.transact(lambda work: work.accounts.seen(key, now))

    async def end(self, visitor: Visitor) -> None:
        """The secret is worth nothing afterwards."""
        await self._lot.note(visitor.account.name, "sign_out", None, None)
        await self._lot.writer.transact(lambda work: work.accounts.end(_hash(visitor.secret)))

    async def change_password(self, visitor: Visitor, old: str, new: str, address: str) -> Visitor:
        """Another password by one's own choice; all sign-ins end but a new one.

        Raises SignInRefused, TooManySignIns, BadPassword.
        """
        account = visitor.account
        judge(new, account.name)
        key = hashlib.sha256(account.name.encode()).hexdigest()
        self._lockout.attempt(key, address)
        if not await self._passwords.fits(account.password_hash, old):
            raise SignInRefused("the present password is another: check it")
        self._lockout.succeeded(key, address)
        password_hash, now = await self._passwords.hash(new), self._lot.clock.now()

        def change(work: SqliteWork) -> None:
            work.trail.add(now, account.name, "set_password", account.name, None)
            work.accounts.set_password(account.name, password_hash, one_time=False)

        await self._lot.writer.transact(change)
        return await self._begin(account, address)

    async def _begin(self, account: Account, address: str) -> Visitor:
        secret, now = new_secret(), self._lot.clock.now()

        def begin(work: SqliteWork) -> None:
            work.trail.add(now, account.name, "sign_in", address, None)
            work.accounts.begin(SignIn(_hash(secret), account.name, now, now), now - self._section.longest)

        await self._lot.writer.transact(begin)
        return Visitor(account, secret, now)

    def _find(self, name: str) -> Account | None:
        with self._store.look() as look:
            return look.accounts.find(name)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
