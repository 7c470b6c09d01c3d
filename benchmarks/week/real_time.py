"""The machine's own time, in a thread with a usual event loop: networks, processes and their time-outs live there."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from benchmarks.week.errors import WeekStuck
from benchmarks.week.virtual_loop import virtual_loop

T = TypeVar("T")
PATIENCE_S = 60.0
GLANCE_S = 0.005


class RealTime:
    """Runs while its block does."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="real time", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns, done in real time while the week's stands still."""
        begun = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await virtual_loop().while_still(asyncio.wrap_future(begun))


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait in real time until something holds. Raises WeekStuck after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not await holds():
        if time.monotonic() > deadline:
            raise WeekStuck(f"waited {PATIENCE_S:.0f} s for {what}: look at the services' logs")
        await asyncio.sleep(GLANCE_S)
