"""Reconciles the count each night, or as soon as the server runs again after it."""

import asyncio
import logging
from datetime import timedelta

from lot_server.domain.clock import Clock
from lot_server.spaces.config import OccupancySection
from lot_server.spaces.reconcile import reconcile_if_due
from lot_server.store.writer import Writer

log = logging.getLogger(__name__)
LOOK = timedelta(minutes=10)
"""How often the lot's clock is looked at: it may be set meanwhile."""
LEAST_S, MOST_S = 0.05, 30.0


class NightWatch:
    """Runs in a task beside the lanes; what fails is logged and tried again, never raised."""

    def __init__(self, rules: OccupancySection, writer: Writer, clock: Clock) -> None:
        self._rules, self._writer, self._clock = rules, writer, clock

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("the count could not be reconciled; it is tried again")
            await asyncio.sleep(min(MOST_S, max(LEAST_S, self._clock.real(LOOK))))

    async def look(self) -> None:
        """Reconcile if it is due. Raises what the store raises."""
        done = await self._writer.transact(lambda work: reconcile_if_due(work, self._rules, self._clock.now()))
        if done is not None:
            ended = len(done.written_off)
            log.info("the night of %s: %d stays written off, %d spaces free", done.day, ended, done.free_spaces)
