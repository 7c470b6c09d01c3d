"""The cloud over HTTP: signed requests out, acks and refusals back."""

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import httpx2

from cloud_sync.errors import MalformedBatch, UplinkUnavailable
from cloud_sync.ports import CloudTime
from cloud_sync.signing import TIME_HEADER, sign_request
from cloud_sync.wire import Ack, Batch, Refusal, batches_path, decode, encode, ledger_after_path, ledger_path
from lot_server.domain.clock import Clock, from_text
from lot_server.domain.errors import DomainError

TIMEOUT = httpx2.Timeout(15.0, connect=5.0)
"""Real seconds without progress."""
T = TypeVar("T", Ack, Batch)
OK = 200
TOO_LARGE = 413


class HttpUplink:
    """Reaches the cloud at `url` for one lot. `client` is the caller's to close.

    Redirects are not followed, because a signature is for one path; an answer that is neither Ack nor Refusal, such
    as a hotel's login page, counts as no answer.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        url: str,
        lot_id: str,
        private_key: str,
        clock: Clock,
        heard: Callable[[CloudTime], None] | None = None,
    ) -> None:
        """`heard` is told what the cloud's clock shows, by every answer that says so."""
        self._client = client
        self._url = url.rstrip("/")
        self._lot_id = lot_id
        self._private_key = private_key
        self._clock = clock
        self._heard = heard

    async def send(self, batch: Batch) -> Ack | Refusal:
        return await self._ask(Ack, "POST", batches_path(self._lot_id), encode(batch))

    async def ledger(self) -> Ack | Refusal:
        return await self._ask(Ack, "GET", ledger_path(self._lot_id), b"")

    async def ledger_after(self, seq: int) -> Batch | Refusal:
        return await self._ask(Batch, "GET", ledger_after_path(self._lot_id, seq), b"")

    async def _ask(self, kind: type[T], method: str, path: str, body: bytes) -> T | Refusal:
        headers = sign_request(self._private_key, method, path, body, self._clock.now())
        if body:
            headers["content-type"] = "application/json"
        began = time.monotonic()
        try:
            response = await self._client.request(
                method, self._url + path, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False
            )
        except httpx2.HTTPError as error:
            raise UplinkUnavailable(f"the cloud at {self._url} does not answer: {type(error).__name__}") from error
        self._hear(response, began)
        return self._judge(kind, response)

    def _hear(self, response: httpx2.Response, began: float) -> None:
        said = response.headers.get(TIME_HEADER)
        if self._heard is None or said is None:
            return
        with contextlib.suppress(DomainError):
            heard_at = time.monotonic()
            self._heard(CloudTime(from_text(said), heard_at - began, heard_at))

    def _judge(self, kind: type[T], response: httpx2.Response) -> T | Refusal:
        status = response.status_code
        try:
            if status == OK:
                return self._own(decode(kind, response.content))
            if 400 <= status < 500:
                return decode(Refusal, response.content)
        except MalformedBatch as error:
            if status == TOO_LARGE:
                return Refusal("batch_too_large", "a server on the way takes only smaller batches")
            raise UplinkUnavailable(f"{self._url} answers {status}, not as a cloud does: check [cloud] url") from error
        raise UplinkUnavailable(f"the cloud at {self._url} answers {status}: look at its log")

    def _own(self, answer: T) -> T:
        if answer.lot_id != self._lot_id:
            raise UplinkUnavailable(f"the cloud at {self._url} answered for lot {answer.lot_id}, not {self._lot_id}")
        return answer
