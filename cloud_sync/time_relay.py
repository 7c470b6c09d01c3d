"""Tells the lot's server what the cloud's clock shows, now and then, without holding up the mirror."""

import asyncio
import time
from datetime import timedelta

from cloud_sync.errors import LoopbackRefused, LoopbackUnavailable
from cloud_sync.log import EventLog
from cloud_sync.ports import CloudTime, LotLoopback

APART_S = 30.0
"""Real seconds from one telling to the next: a clock that goes wrong does so by more than the difference."""
LOG = EventLog("openlot.sync.time_relay")


class TimeRelay:
    """Hands the newest time to the loopback; one that could not be handed over is overtaken by the next."""

    def __init__(self, loopback: LotLoopback, apart_s: float = APART_S) -> None:
        self._loopback = loopback
        self._apart_s = apart_s
        self._newest: CloudTime | None = None
        self._news = asyncio.Event()

    def hear(self, told: CloudTime) -> None:
        """Have `run` tell the lot."""
        self._newest = told
        self._news.set()

    async def run(self) -> None:
        """Tell the lot until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            told = self._newest
            if told is None:
                continue
            since = time.monotonic() - told.heard_at
            try:
                await self._loopback.tell_time(told.at + timedelta(seconds=since), told.round_trip_s)
            except (LoopbackRefused, LoopbackUnavailable) as error:
                LOG.warning("lot_not_told_time", reason=str(error))
            await asyncio.sleep(self._apart_s)
