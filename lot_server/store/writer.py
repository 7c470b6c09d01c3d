"""The one thread that owns the store, and the way to it from the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from lot_server.domain.events import Event
from lot_server.store.store import Store
from lot_server.store.unit_of_work import SqliteWork

T = TypeVar("T")


def ignore(_: Sequence[Event]) -> None:
    """Nobody wants to know."""


class Writer:
    """Runs jobs one after another, each in one transaction, in the store's own thread."""

    def __init__(self, path: Path, lot_id: str, recorded: Callable[[Sequence[Event]], None] = ignore) -> None:
        """Open the store in a new thread and wait for it; `recorded` is told there of facts once they are on disk.

        Raises as `Store` does.
        """
        self._recorded = recorded
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            self._store = self._thread.submit(Store, path, lot_id).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def transact(self, job: Callable[[SqliteWork], T]) -> T:
        """What `job` returns, once its transaction is on disk. A job that began is finished if the caller is gone."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_transaction, job)

    def close(self) -> None:
        """Finish what was begun, then let go of the file."""
        self._thread.submit(self._store.close).result()
        self._thread.shutdown()

    def _in_transaction(self, job: Callable[[SqliteWork], T]) -> T:
        with self._store.transaction() as work:
            answer = job(work)
        self._recorded(work.recorded)
        return answer
