"""Refuses request bodies that are too large, by their stated length or while they are read."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024


class BodyLimit:
    """Bounds every body of `app`, except under paths that end with one of `unbounded`: those bound their own."""

    def __init__(self, app: ASGIApp, unbounded: tuple[str, ...] = ()) -> None:
        self._app, self._unbounded = app, unbounded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(self._unbounded):
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise HTTPException(413, f"a request has at most {MAX_BODY_BYTES} bytes here")
            return message

        await self._app(scope, counted, send)
