"""Drops photos that are kept long enough, and the least needed ones where they take more room than they may.

Step by step, so that neither gates nor disk notice. Photos alone are dropped: stays, passages, payments and the ledger
stay. What is inside, on its way out or disputed is never dropped, whatever the room.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from lot_server.domain.clock import Clock
from lot_server.handlers import Handlers
from lot_server.photos import PREFIXES, PhotoFolder
from lot_server.photos_config import PhotosSection
from lot_server.store.kept_photos import Droppable, PhotoKind
from lot_server.store.look import ReadStore
from lot_server.store.unit_of_work import SqliteWork
from lot_server.store.writer import Writer

log = logging.getLogger(__name__)
STEP_SECONDS = 1.0
BATCH = 50
"""Passages a step."""

GIGABYTE = 10**9
RETENTION = "retention"
"""Who drops photos, in the audit trail."""

OVER_BUDGET = "photos_over_budget"
_YOUNG_SECONDS = 86_400.0
"""A photo that no passage names is left alone for so long: its vehicle may still wait for its passage."""


class Retention:
    """The dropping of one lot's photos."""

    def __init__(
        self,
        section: PhotosSection,
        clock: Clock,
        store: ReadStore,
        writer: Writer,
        handlers: Handlers,
        photos: PhotoFolder,
    ) -> None:
        self._section = section
        self._clock = clock
        self._store = store
        self._writer = writer
        self._handlers = handlers
        self._photos = photos
        self._sizes: dict[str, int] = {}
        self._steps = 0
        self._busy = False
        self._told = False

    @property
    def bytes(self) -> int | None:
        """What the photos take, None until all of the archive has been walked once."""
        return sum(self._sizes.values()) if len(self._sizes) == len(PREFIXES) else None

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self.step()
            except Exception:
                # The store says itself what is wrong with it; the next step tries again.
                log.exception("photos could not be dropped")
            await asyncio.sleep(STEP_SECONDS)

    async def step(self) -> int:
        """Walk a part of the archive; at first, after each whole walk and while some are due, drop photos of a few
        passages; of how many. Raises what the store raises.
        """
        prefix = PREFIXES[self._steps % len(PREFIXES)]
        self._steps += 1
        if self._writer.log.fault is None:
            await asyncio.to_thread(self._walk, prefix)
        if not self._busy and self._steps % len(PREFIXES) not in (0, 1):
            return 0
        now = self._clock.now()
        dropped = await self._drop(self._section.limits(now), "kept long enough")
        if dropped == 0 and self._over_budget():
            everything: dict[PhotoKind, datetime] = dict.fromkeys(("refused", "paid", "unpaid"), now)
            dropped = await self._drop(everything, f"all photos together take more than {self._section.budget_gb:g} GB")
        await self._tell_of_budget(dropped)
        self._busy = dropped > 0
        return dropped

    async def _drop(self, limits: Mapping[PhotoKind, datetime], why: str) -> int:
        chosen = await asyncio.to_thread(self._choose, limits)
        if not chosen:
            return 0
        names = await self._writer.transact(partial(self._let_go, chosen=chosen, limits=limits, why=why))
        for name in names:
            self._sizes[name[:2]] = self._sizes.get(name[:2], 0) - await asyncio.to_thread(self._photos.drop, name)
        return len(chosen)

    def _choose(self, limits: Mapping[PhotoKind, datetime]) -> list[Droppable]:
        with self._store.look() as look:
            return look.photos.droppable(limits, BATCH)

    def _let_go(
        self, work: SqliteWork, chosen: list[Droppable], limits: Mapping[PhotoKind, datetime], why: str
    ) -> list[str]:
        kinds = ", ".join(
            f"{sum(each.kind == kind for each in chosen)} {kind}" for kind in limits if kind in {e.kind for e in chosen}
        )
        work.trail.add(self._clock.now(), RETENTION, "drop_photos", f"passages: {kinds}", why)
        return work.photos.drop(chosen, limits, self._clock.now(), self._alerts_since())

    def _walk(self, prefix: str) -> None:
        """Measure a part of the archive, and clear away what no passage names: left by a kill, or dropped at one."""
        found = self._photos.files(prefix)
        old = [name for name, (_, changed) in found.items() if time.time() - changed > _YOUNG_SECONDS]
        with self._store.look() as look:
            unnamed = set(look.photos.unknown(old, self._alerts_since()))
        self._photos.drop_unfinished(prefix, _YOUNG_SECONDS)
        self._sizes[prefix] = sum(size for name, (size, _) in found.items() if name not in unnamed)
        for name in unnamed:
            self._photos.drop(name)

    def _alerts_since(self) -> datetime:
        """Photos of alerts stay like those of unpaid stays, from when the alert was raised; of open ones always."""
        return self._section.limits(self._clock.now())["unpaid"]

    def _over_budget(self) -> bool:
        return self.bytes is not None and self.bytes > self._section.budget_gb * GIGABYTE

    async def _tell_of_budget(self, dropped: int) -> None:
        wrong = self._over_budget() and dropped == 0
        if wrong and not self._told:
            text = (
                f"photos take {(self.bytes or 0) / GIGABYTE:.1f} GB, more than [photos] budget_gb, and all that are "
                "left are needed: end disputes, settle stays whose vehicle has left, or allow more room"
            )
            await self._writer.transact(partial(self._handlers.report_fault, lane_id=None, code=OVER_BUDGET, text=text))
        elif self._told and not wrong:
            await self._writer.transact(partial(self._handlers.fault_over, lane_id=None, code=OVER_BUDGET))
        self._told = wrong
