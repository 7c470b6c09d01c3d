"""An event loop whose time never passes while there is work, and leaps to the next timer when there is none.

Work is what is ready to run, what threads of the loop's executors were given, and what is waited for with
`while_still`. While any of it is under way, no timer comes nearer: how long the machine takes for it changes nothing of
what happens, and in which order. Sockets are served as they become readable.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")
GLANCE_S = 0.2
"""Real seconds after which a loop that waits for work looks up again."""


def _unseen() -> None:
    """Nobody looks at the time."""


class _LeapingSelector(selectors.DefaultSelector):
    """Waits for sockets as usual while there is work, else lets the time leap as far as it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed_s = 0.0
        self.at_work = 0
        self.leapt: Callable[[], None] = _unseen

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None or self.at_work:
            return super().select(timeout if timeout is None else GLANCE_S)
        self.elapsed_s += max(0.0, timeout)
        self.leapt()
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual seconds since the loop was made."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.elapsed_s

    def show_time_to(self, face: Callable[[], None]) -> None:
        """Call `face` whenever the time has leapt."""
        self._leaping.leapt = face

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        # The base class declares another order of the same type variables.
        self._leaping.at_work += 1
        try:
            future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        except BaseException:
            self._leaping.at_work -= 1
            raise
        future.add_done_callback(self._done)
        return future

    async def while_still(self, work: Awaitable[T]) -> T:
        """What `work` returns; until then the time stands still."""
        self._leaping.at_work += 1
        try:
            return await work
        finally:
            self._leaping.at_work -= 1

    def _done(self, _: object) -> None:
        self._leaping.at_work -= 1


def run(main: Callable[[VirtualLoop], Awaitable[T]]) -> T:
    """What `main` returns, run on a loop of its own."""

    async def on_its_loop() -> T:
        return await main(virtual_loop())

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(on_its_loop())


def virtual_loop() -> VirtualLoop:
    """The running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
