"""The cloud over HTTP: signed requests out, acks and refusals back."""

import httpx2

from cloud_sync.errors import MalformedBatch, UplinkUnavailable
from cloud_sync.signing import sign_request
from cloud_sync.wire import Ack, Batch, Refusal, batches_path, decode, encode, ledger_path
from lot_server.domain.clock import Clock

TIMEOUT = httpx2.Timeout(15.0, connect=5.0)
"""Real seconds without progress."""
OK = 200
TOO_LARGE = 413


class HttpUplink:
    """Reaches the cloud at `url` for one lot. `client` is the caller's to close.

    Redirects are not followed, because a signature is for one path; an answer that is neither Ack nor Refusal, such
    as a hotel's login page, counts as no answer.
    """

    def __init__(self, client: httpx2.AsyncClient, url: str, lot_id: str, private_key: str, clock: Clock) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._lot_id = lot_id
        self._private_key = private_key
        self._clock = clock

    async def send(self, batch: Batch) -> Ack | Refusal:
        return await self._ask("POST", batches_path(self._lot_id), encode(batch))

    async def ledger(self) -> Ack | Refusal:
        return await self._ask("GET", ledger_path(self._lot_id), b"")

    async def _ask(self, method: str, path: str, body: bytes) -> Ack | Refusal:
        headers = sign_request(self._private_key, method, path, body, self._clock.now())
        if body:
            headers["content-type"] = "application/json"
        try:
            response = await self._client.request(
                method, self._url + path, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False
            )
        except httpx2.HTTPError as error:
            raise UplinkUnavailable(f"the cloud at {self._url} does not answer: {type(error).__name__}") from error
        return self._judge(response)

    def _judge(self, response: httpx2.Response) -> Ack | Refusal:
        status = response.status_code
        try:
            if status == OK:
                return self._own(decode(Ack, response.content))
            if 400 <= status < 500:
                return decode(Refusal, response.content)
        except MalformedBatch as error:
            if status == TOO_LARGE:
                return Refusal("batch_too_large", "a server on the way takes only smaller batches")
            raise UplinkUnavailable(f"{self._url} answers {status}, not as a cloud does: check [cloud] url") from error
        raise UplinkUnavailable(f"the cloud at {self._url} answers {status}: look at its log")

    def _own(self, ack: Ack) -> Ack:
        if ack.lot_id != self._lot_id:
            raise UplinkUnavailable(f"the cloud at {self._url} answered for lot {ack.lot_id}, not {self._lot_id}")
        return ack
