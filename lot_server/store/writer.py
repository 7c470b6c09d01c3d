"""The one thread that owns the store, and the way to it from the event loop.

While the store's disk takes nothing, jobs go on in a stand-in in memory; what they did is carried out on the store once
its disk works again, a few transactions at a time between the others.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lot_server.domain.events import Event
from lot_server.errors import DiskFailed, DiskFull, SpareRefused, StoreError, StoreReadOnly
from lot_server.store.reserve import LogState
from lot_server.store.spare import Spare
from lot_server.store.stand_in import StandIn
from lot_server.store.store import Store
from lot_server.store.unit_of_work import SqliteWork

T = TypeVar("T")
log = logging.getLogger(__name__)
CHECKPOINT_EVERY = 50
"""Transactions between two checkpoints: one writes 10 to 20 frames, so a log holds about 1000, or 4 MB."""

AGAIN_SECONDS = 5.0
"""Real time until a store whose disk took nothing is tried again."""

TAKEN_AT_ONCE = 20
"""Transactions that the store takes in between two jobs."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Why the store takes nothing now, how many transactions wait for it, and how many of them are in memory alone."""

    error: StoreError
    waiting: int
    in_memory_alone: int


def ignore(_: Sequence[Event]) -> None:
    """Nobody wants to know."""


class Writer:
    """Runs jobs one after another, each in one transaction, in the store's own thread."""

    def __init__(
        self,
        path: Path,
        lot_id: str,
        recorded: Callable[[Sequence[Event]], None] = ignore,
        reserve_bytes: int = 0,
        spare: Path | None = None,
        spare_bytes: int = 0,
    ) -> None:
        """Open the store in a new thread and wait for it; `recorded` is told there of facts once they are recorded.

        `spare` is the file for what the store's disk does not take, beside the store by default; what it holds from
        before is carried out first. Raises as `Store` does.
        """
        self._path, self._lot_id, self._reserve_bytes = path, lot_id, reserve_bytes
        self._recorded = recorded
        self._since_checkpoint = 0
        self._spare = Spare(spare or path.with_name(f"{path.name}.spare"))
        self._stand_in: StandIn | None = None
        self._outage: StoreError | None = None
        self._again_at = 0.0
        self._works_again = False
        self.refused: Path | None = None
        """Where a spare lies that did not fit the store at the start: a person must compare both."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            self._store = self._thread.submit(self._open, spare_bytes).result()
        except BaseException:
            self._thread.shutdown()
            raise

    @property
    def log(self) -> LogState:
        """How the store's write-ahead log stood at the last checkpoint."""
        return self._store.log

    @property
    def outage(self) -> Outage | None:
        """What stops the store from taking what is recorded; None while it takes it."""
        stand_in, error = self._stand_in, self._outage
        if stand_in is None or error is None:
            return None
        return Outage(error, len(stand_in.waiting), stand_in.in_memory_alone)

    @property
    def standing_in(self) -> str | None:
        """Where the present state can be read while the store takes nothing; None while the store itself has it."""
        stand_in = self._stand_in
        return None if stand_in is None else stand_in.uri

    async def transact(self, job: Callable[[SqliteWork], T]) -> T:
        """What `job` returns, once its transaction is on disk. A job that began is finished if the caller is gone.

        While the store's disk takes nothing: on the spare's disk, and if that takes nothing either, in memory.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_transaction, job)

    async def checkpoint(self) -> LogState:
        """How the store's log stands after another checkpoint; a store that took nothing is tried again."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._checkpoint)
        return self.log

    def close(self) -> None:
        """Finish what was begun, then let go of the file."""
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def _open(self, spare_bytes: int) -> Store:
        store = Store(self._path, self._lot_id, self._reserve_bytes)
        try:
            for record in self._spare.records(store.folded):
                store.take_in(record)
        except OSError as error:
            store.close()
            raise StoreError(f"the spare {self._spare.path} cannot be read ({error.strerror}): check it") from error
        except SpareRefused:
            self.refused = self._spare.set_aside()
            log.exception("what stood on the spare is kept as %s", self.refused)
        except BaseException:
            store.close()
            raise
        if spare_bytes:
            try:
                self._spare.take_room(spare_bytes)
            except OSError as error:
                log.error("the spare %s has no room for sure: %s", self._spare.path, error.strerror)
        return store

    def _in_transaction(self, job: Callable[[SqliteWork], T]) -> T:
        self._go_back()
        if self._stand_in is None:
            try:
                return self._done(self._store, job)
            except (DiskFull, DiskFailed, StoreReadOnly) as error:
                self._put_in(error)
        if self._stand_in is None:
            raise StoreError("neither the store nor its stand-in takes anything: look at the log")
        return self._done(self._stand_in, job)

    def _done(self, place: Store | StandIn, job: Callable[[SqliteWork], T]) -> T:
        with place.transaction() as work:
            answer = job(work)
        self._recorded(work.recorded)
        self._since_checkpoint += 1
        if self._since_checkpoint >= CHECKPOINT_EVERY:
            # Behind what waits already: whoever asked for this transaction has its answer first.
            self._since_checkpoint = 0
            self._thread.submit(self._checkpoint)
        return answer

    def _put_in(self, error: StoreError) -> None:
        log.error("%s: the lot goes on in memory", error)
        self._stand_in = StandIn(self._path, self._lot_id, self._spare)
        self._outage, self._works_again = error, False
        self._again_at = time.monotonic() + AGAIN_SECONDS

    def _go_back(self) -> None:
        """Let the store take in some of what waits for it; once nothing waits, it is the store again."""
        stand_in = self._stand_in
        if stand_in is None or time.monotonic() < self._again_at:
            return
        try:
            if not self._works_again:
                self._store.reopen()
                self._works_again = True
            for record in stand_in.waiting[:TAKEN_AT_ONCE]:
                self._store.take_in(record)
                stand_in.taken_in()
        except StoreError as error:
            self._outage, self._works_again = error, False
            self._again_at = time.monotonic() + AGAIN_SECONDS
            return
        if stand_in.waiting:
            self._thread.submit(self._go_back)
            return
        log.warning("the store takes what is recorded again")
        self._stand_in = self._outage = None
        stand_in.close()

    def _checkpoint(self) -> None:
        self._since_checkpoint = 0
        self._go_back()
        if self._stand_in is None:
            self._store.checkpoint()

    def _close(self) -> None:
        self._again_at = 0.0
        while self._stand_in is not None and self._again_at <= time.monotonic():
            self._go_back()
        if self._stand_in is not None:
            log.error("the lot ends while its store takes nothing: what waits is on %s", self._spare.path)
            self._stand_in.close()
        self._store.close()
