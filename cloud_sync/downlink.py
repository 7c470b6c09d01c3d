"""The held WebSocket: settlements and refunds come down, and are acknowledged once the lot has them on disk."""

import asyncio
import random
import time
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from cloud_sync.backoff import Backoff
from cloud_sync.errors import LoopbackRefused, LoopbackUnavailable, MalformedBatch
from cloud_sync.log import EventLog
from cloud_sync.ports import LotLoopback, SettlementOutcome
from cloud_sync.signing import sign_request
from cloud_sync.wire import Delivery, DeliveryAck, decode, downlink_path, encode
from lot_server.domain.clock import Clock

OPEN_TIMEOUT_S = 10.0
PING_S = 20.0
MAX_DELIVERY_BYTES = 64 * 1024
LOG = EventLog("openlot.sync.downlink")


class Downlink:
    """Holds one lot's connection to the cloud at `url`.

    A delivery that the lot did not take is not acknowledged: the connection is dropped, and the cloud sends it again
    on the next one.
    """

    def __init__(
        self,
        url: str,
        lot_id: str,
        private_key: str,
        clock: Clock,
        loopback: LotLoopback,
        backoff: Backoff,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._path = downlink_path(lot_id)
        self._url = websocket_url(url) + self._path
        self._private_key = private_key
        self._clock = clock
        self._loopback = loopback
        self._backoff = backoff
        self._draw = draw
        self._failures = 0

    async def run(self) -> None:
        """Hold the connection until cancelled, and make a new one whenever it is lost."""
        while True:
            began = time.monotonic()
            wait = await self._hold()
            if time.monotonic() - began > self._backoff.cap_s:
                self._failures = 0
            if wait is None:
                self._failures += 1
                wait = self._backoff.after_failures(self._failures, self._draw())
            await asyncio.sleep(wait)

    async def _hold(self) -> float | None:
        """One connection from start to end. Returns what to wait, None for as long as the failures say."""
        headers = sign_request(self._private_key, "GET", self._path, b"", self._clock.now())
        try:
            async with connect(
                self._url,
                additional_headers=headers,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                max_size=MAX_DELIVERY_BYTES,
            ) as socket:
                LOG.info("downlink_open")
                async for message in socket:
                    await self._take(socket, message)
                LOG.info("downlink_closed")
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403, 404):
                LOG.alert("downlink_refused", status=status, advice="enrol the lot's public key at the cloud")
                return self._backoff.after_refusal(self._draw())
            LOG.warning("downlink_unavailable", reason=f"the cloud answers {status}")
        except LoopbackUnavailable as error:
            LOG.warning("delivery_not_taken", reason=str(error))
        except (OSError, WebSocketException) as error:
            LOG.warning("downlink_lost", reason=f"{type(error).__name__}: {error}")
        return None

    async def _take(self, socket: ClientConnection, message: str | bytes) -> None:
        try:
            delivery = decode(Delivery, message)
        except MalformedBatch as error:
            LOG.alert("delivery_malformed", reason=str(error))
            return
        kind = "refund" if delivery.settlement is None else "settlement"
        facts = {"delivery_id": delivery.delivery_id, "stay_id": delivery.stay_id}
        try:
            outcome = await self._hand_over(delivery)
        except LoopbackRefused as error:
            # Not acknowledged, and the others go on: one settlement must not hold up what follows it.
            LOG.alert(f"{kind}_not_understood", reason=str(error), **facts)
            return
        self._failures = 0
        answer = DeliveryAck(delivery.delivery_id, "refused" if outcome == "refused" else "applied")
        await socket.send(encode(answer).decode())
        if outcome == "refused":
            LOG.alert(f"{kind}_refused", advice="it is for no stay of this lot: look at the cloud's alerts", **facts)
        else:
            LOG.info(f"{kind}_stored", outcome=outcome, **facts)

    async def _hand_over(self, delivery: Delivery) -> SettlementOutcome:
        if delivery.settlement is not None:
            return await self._loopback.settle(delivery.settlement)
        assert delivery.refund is not None
        return await self._loopback.refund(delivery.refund)


def websocket_url(url: str) -> str:
    """The WebSocket form of an http or https URL."""
    parts = urlsplit(url.rstrip("/"))
    return urlunsplit(parts._replace(scheme={"http": "ws", "https": "wss"}[parts.scheme]))
