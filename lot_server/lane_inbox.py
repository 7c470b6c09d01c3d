"""What reaches a lane, in order: the world's changes, operators' orders, the answer of its one call, its one timer.

A call or timer that was replaced is gone for good: what it still sends is dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from lot_server.decisions import HeldOpen, Order
from lot_server.domain.clock import Clock
from lot_server.domain.lane import LaneEvent
from lot_server.lane_calls import Outcome


@dataclass(frozen=True, slots=True)
class OrderedBy:
    """An operator's order and where its giver waits for the answer."""

    order: Order
    answer: "asyncio.Future[None]"

    def refuse(self, error: Exception) -> None:
        """The order cannot be followed."""
        if not self.answer.done():
            self.answer.set_exception(error)

    def done(self) -> None:
        """The order was followed."""
        if not self.answer.done():
            self.answer.set_result(None)


@dataclass(frozen=True, slots=True)
class Hold:
    """The barrier is held open by `order` from now on, or by nobody (None)."""

    order: HeldOpen | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One entry. `token` is that of the call or timer it comes from; None for the world and operators."""

    outcome: Outcome
    at: datetime
    token: object | None = None
    ordered: OrderedBy | None = None
    hold: Hold | None = None


class LaneInbox:
    """The inbox of one lane, with its call and its timer. Lives on one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: asyncio.Queue[Heard] = asyncio.Queue()
        self._call: asyncio.Task[None] | None = None
        self._call_token: object = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_token: object = None

    async def next(self) -> Heard:
        """The next entry that nothing has replaced."""
        while True:
            heard = await self._entries.get()
            if heard.token is None or heard.token in (self._call_token, self._timer_token):
                return heard

    def post(self, event: LaneEvent, ordered: OrderedBy | None = None) -> None:
        """Something happened."""
        self._entries.put_nowait(Heard(Outcome(event), self._clock.now(), ordered=ordered))

    def post_hold(self, order: HeldOpen | None) -> None:
        """An emergency began or ended; where it ended, the barrier is found open."""
        self._entries.put_nowait(Heard(Outcome(LaneEvent.BARRIER_FOUND_OPEN), self._clock.now(), hold=Hold(order)))

    def post_while_here(self, event: LaneEvent) -> None:
        """Something happened that matters only until the lane's timer is set anew."""
        self._entries.put_nowait(Heard(Outcome(event), self._clock.now(), self._timer_token))

    def start_call(self, call: Callable[[], Awaitable[Outcome]]) -> None:
        """Run a call in place of the one before; its outcome is posted."""
        self.drop_call()
        token = self._call_token = object()

        async def run() -> None:
            outcome = await call()
            self._entries.put_nowait(Heard(outcome, self._clock.now(), token))

        self._call = asyncio.create_task(run())

    def drop_call(self) -> None:
        """Nobody waits for the call any more."""
        if self._call is not None:
            self._call.cancel()
        self._call = self._call_token = None

    def set_timer(self, seconds: float | None) -> None:
        """Post TIMED_OUT after so many real seconds in place of the timer before; None sets none."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, token = None, object()
        self._timer_token = token
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._time_out, token)

    def _time_out(self, token: object) -> None:
        self._entries.put_nowait(Heard(Outcome(LaneEvent.TIMED_OUT), self._clock.now(), token))
