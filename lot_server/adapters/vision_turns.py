"""Whose frame is read next: lanes take turns at the free workers, so that none waits for all that another one wants."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Hands what is free to whoever waits: the lanes in turn, within a lane who came first. Lives on one event loop."""

    def __init__(self) -> None:
        self._free: deque[T] = deque()
        self._waiting: dict[str, deque[asyncio.Future[T]]] = {}
        """By lane; the lane that is next stands first."""

    async def take(self, lane: str) -> T:
        """Something free, once it is this lane's turn."""
        if self._free:
            return self._free.popleft()
        turn: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lane, deque()).append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancel() and not turn.cancelled():
                # It was handed over in the very moment in which nobody wanted it any more.
                self.give(turn.result())
            raise

    def give(self, free: T) -> None:
        """Something is free; whose turn it is gets it."""
        while self._waiting:
            lane = next(iter(self._waiting))
            turns = self._waiting.pop(lane)
            turn = turns.popleft()
            if turns:
                self._waiting[lane] = turns
            if not turn.done():
                turn.set_result(free)
                return
        self._free.append(free)
