"""Tells a person when the store's disk no longer takes what is recorded, before the room kept for that is used up."""

import asyncio
import logging
from functools import partial

from lot_server.handlers import Handlers
from lot_server.store.reserve import LogState
from lot_server.store.writer import Outage, Writer

log = logging.getLogger(__name__)
LOOK_SECONDS = 10.0
LOW = 0.5
"""The share of the reserve from whose use on a person is told a second time."""


class StoreWatch:
    """Looks at the write-ahead log; raises an alert of the whole lot for what is wrong, resolves it when over."""

    def __init__(self, writer: Writer, handlers: Handlers) -> None:
        self._writer = writer
        self._handlers = handlers
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("what is wrong with the store could not be recorded")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare what is wrong now with what was told. Raises what the store raises."""
        state = self._writer.log
        if state.fault is not None or self._writer.outage is not None:
            state = await self._writer.checkpoint()
        wrong = _wrong(state, self._writer.outage)
        if self._writer.refused is not None:
            wrong["spare_refused"] = f"{self._writer.refused} does not fit the store: compare both, then remove it"
        for code in [each for each in wrong if each not in self._told]:
            log.error("%s: %s", code, wrong[code])
            await self._writer.transact(partial(self._handlers.report_fault, lane_id=None, code=code, text=wrong[code]))
            self._told[code] = wrong[code]
        for code in self._told.keys() - wrong.keys():
            await self._writer.transact(partial(self._handlers.fault_over, lane_id=None, code=code))
            del self._told[code]


def _wrong(state: LogState, outage: Outage | None) -> dict[str, str]:
    """What a person must know, by the alert's code."""
    wrong: dict[str, str] = {}
    if outage is not None:
        wrong[outage.error.code] = f"{outage.error}; the lot decides in memory, the store takes in later what it did"
        if outage.in_memory_alone:
            wrong["not_on_disk"] = "what is recorded now is on no disk, and gone if the power fails: act at once"
    elif state.fault is not None:
        used = state.frames / state.reserved if state.reserved else 1.0
        cause = state.fault.__cause__ or state.fault
        wrong[state.fault.code] = (
            f"the store's disk takes no more ({cause}): make room; nothing is lost, the lot goes on in its reserve, of "
            f"which {used:.0%} is used"
        )
        if used > LOW:
            wrong["reserve_low"] = f"the reserve of the store is {used:.0%} used: make room before it is full"
    return wrong
