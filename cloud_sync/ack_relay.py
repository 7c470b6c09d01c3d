"""Tells the lot's server how far the cloud has applied its ledger, without holding up the mirror."""

import asyncio
import random
from collections.abc import Callable

from cloud_sync.backoff import Backoff
from cloud_sync.errors import LoopbackRefused, LoopbackUnavailable
from cloud_sync.log import EventLog
from cloud_sync.ports import LotLoopback
from cloud_sync.watermark import Position

LOG = EventLog("openlot.sync.ack_relay")


class AckRelay:
    """Hands the newest position to the loopback; one that was overtaken is not worth telling."""

    def __init__(self, loopback: LotLoopback, backoff: Backoff, draw: Callable[[], float] = random.random) -> None:
        self._loopback = loopback
        self._backoff = backoff
        self._draw = draw
        self._newest: Position | None = None
        self._news = asyncio.Event()

    def announce(self, position: Position) -> None:
        """Have `run` tell the lot about `position`."""
        self._newest = position
        self._news.set()

    async def run(self) -> None:
        """Tell the lot until cancelled, again and again while it cannot be reached."""
        failures = 0
        while True:
            await self._news.wait()
            self._news.clear()
            position = self._newest
            if position is None:
                continue
            try:
                await self._loopback.acknowledge(position.applied_seq, position.head)
                failures = 0
            except LoopbackRefused as error:
                # The newest position comes again with the next acknowledgement; this one is not worth repeating.
                LOG.alert("ack_refused", seq=position.applied_seq, reason=str(error))
            except LoopbackUnavailable as error:
                failures += 1
                LOG.warning("lot_not_told", seq=position.applied_seq, reason=str(error), failures=failures)
                await asyncio.sleep(self._backoff.after_failures(failures, self._draw()))
                self._news.set()
