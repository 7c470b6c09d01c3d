"""Passwords: made, judged, hashed and checked. The hash is argon2id."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lot_server.errors import BadPassword

SHORTEST, LONGEST = 10, 200
_GROUPS, _GROUP = 4, 4
_CHARACTERS = "23456789abcdefghjkmnpqrstuvwxyz"
TIME_COST, MEMORY_KIB = 3, 64 * 1024
"""The second recommended option of RFC 9106, with one thread in place of four: the cores belong to the cameras."""


class Passwords:
    """Hashes one password at a time, in a thread, so that a flood of them takes one core and 64 MiB."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(TIME_COST, MEMORY_KIB, parallelism=1)
        self._turn = asyncio.Lock()
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The text that `fits` knows the password by."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password of a hash; None fits nothing, and takes as long to say so."""
        async with self._turn:
            return await asyncio.to_thread(self._fits, password_hash, password)

    def _fits(self, password_hash: str | None, password: str) -> bool:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_hex())
        try:
            return self._hasher.verify(password_hash or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False


def one_time_password() -> str:
    """Sixteen characters that are not taken for each other, 79 bits, in groups to read out."""
    groups = ("".join(secrets.choice(_CHARACTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def judge(password: str, account: str) -> None:
    """Raises BadPassword for one that should not be used."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"a password has {SHORTEST} to {LONGEST} characters: several words are easy to keep in mind")
    if account.lower() in password.lower() or len(set(password)) < 4:
        raise BadPassword("this password is easily guessed: leave out the account's name, use more characters")
