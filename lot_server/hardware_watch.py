"""Tells a person of hardware that is away or odd, whether or not a vehicle is there to notice."""

import asyncio
import logging
from collections.abc import Iterator
from functools import partial

from lot_server.handlers import Handlers
from lot_server.hardware_site import HardwareSite
from lot_server.ports import Transactions

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 3.0
"""Real time that something may be wrong before anybody is told: a reconnect is no reason to call a person."""


class HardwareWatch:
    """Looks at all devices and cameras of a site; raises an alert for what is wrong, resolves it when over."""

    def __init__(
        self, site: HardwareSite, store: Transactions, handlers: Handlers, patience_s: float = PATIENCE_SECONDS
    ) -> None:
        self._site = site
        self._store = store
        self._handlers = handlers
        self._patience_s = patience_s
        self._wrong_since: dict[tuple[str, str], float] = {}
        self._told: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                # The store says itself what is wrong with it; what is not told now is told at the next look.
                log.exception("what is wrong with the hardware could not be recorded")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare what is wrong now with what was told. Raises what the store raises."""
        now = asyncio.get_running_loop().time()
        wrong = {(lane_id, code): text for lane_id, code, text in self._wrong()}
        self._wrong_since = {key: self._wrong_since.get(key, now) for key in wrong}
        for (lane_id, code), text in wrong.items():
            key = (lane_id, code)
            if key not in self._told and now - self._wrong_since[key] >= self._patience_s:
                await self._store.transact(partial(self._handlers.report_fault, lane_id=lane_id, code=code, text=text))
                self._told.add(key)
        for key in self._told - wrong.keys():
            await self._store.transact(partial(self._handlers.fault_over, lane_id=key[0], code=key[1]))
            self._told.discard(key)

    def _wrong(self) -> Iterator[tuple[str, str, str]]:
        """Lane, code and text of everything that is wrong; a device's fault is told of each lane that needs it."""
        devices = self._site.device_health()
        for lane_id, parts in self._site.lanes.items():
            camera = parts.camera.health()
            if camera.state != "ok":
                yield lane_id, f"camera_{camera.state}", camera.text
            for name in sorted(parts.devices):
                if devices[name].fault is not None:
                    yield lane_id, f"{devices[name].fault}:{name}", devices[name].text
