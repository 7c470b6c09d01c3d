"""The loopback API's token: made at every start, in a file only the lot's own user can read."""

import hmac
import os
import secrets
from pathlib import Path

from fastapi import Request

from lot_server.errors import StoreError, Unauthorized

TOKEN_BYTES = 32


def new_token(file: Path) -> str:
    """A fresh token, put in `file` with mode 0600 in one step. Raises StoreError."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    partial = file.with_name(file.name + ".part")
    try:
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(token)
        partial.replace(file)
    except OSError as error:
        raise StoreError(f"the token cannot be written to {file} ({error.strerror}): check its folder") from error
    return token


class TokenGuard:
    """A FastAPI dependency that lets in only requests with `Authorization: Bearer TOKEN`."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, request: Request) -> None:
        """Raises Unauthorized."""
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._expected):
            raise Unauthorized("the token is missing or wrong: read loopback.token in the lot's folder again")
