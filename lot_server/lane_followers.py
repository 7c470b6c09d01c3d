"""Vehicles that drive through a lane on nobody's account: photographed and read as they come, counted as they leave."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime

from lot_server.decisions import Approach
from lot_server.domain.lane import LaneEvent, LaneState
from lot_server.identifiers import new_id
from lot_server.lane_calls import Failure, LaneCalls, Outcome
from lot_server.lane_journal import LaneJournal

_BEHIND_ANOTHER = {LaneState.CLOSING, LaneState.UNSURE}
_UP = {*_BEHIND_ANOTHER, LaneState.STUCK_OPEN}


class LaneFollowers:
    """The followers at one lane. Everything is called on the event loop that runs the lane."""

    def __init__(self, calls: LaneCalls, journal: LaneJournal, read_s: float) -> None:
        """`read_s`: the real seconds that a follower's read is waited for."""
        self._calls = calls
        self._journal = journal
        self._read_s = read_s
        self._before: str | None = None
        self._watched: tuple[str, asyncio.Task[Outcome | None]] | None = None
        self._recording: set[asyncio.Task[None]] = set()

    def passed(self, stay_id: str | None) -> None:
        """The vehicle of this stay has driven through; None: one has turned back, or belongs to no stay."""
        self._before = stay_id

    def watch(self, source: LaneState | None) -> None:
        """A vehicle came onto the closing loop in this state; None: it stood there as the server started."""
        self.forget()
        code = "tailgating" if source in _BEHIND_ANOTHER else "unread_passage"
        self._watched = (code, asyncio.create_task(self._look(source is None or source in _UP)))

    def count(self, here: Approach, crossed_at: datetime) -> None:
        """It left the closing loop; recorded as soon as it is read."""
        if self._watched is not None:
            (code, task), self._watched = self._watched, None
            self._beside(self._count(task, _of_its_own(here), self._before, code, crossed_at))
            self._before = None

    def suspect(self, here: Approach) -> None:
        """Something left the arming loop while the one before was on the closing loop: its trailer, or a follower."""
        self._beside(self._suspect(_of_its_own(here)))

    def forget(self) -> None:
        """Whoever was watched did not drive through on nobody's account."""
        if self._watched is not None:
            self._watched[1].cancel()
            self._watched = None

    def cancel(self) -> None:
        """The lane ends."""
        self.forget()
        for task in self._recording:
            task.cancel()

    def _beside(self, job: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(job)
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)

    async def _look(self, up: bool) -> Outcome | None:
        """The read; None where the barrier is down, so that nobody can have driven through."""
        if not up and await self._calls.barrier_is_down():
            return None
        return await self._calls.read()

    async def _count(
        self, task: asyncio.Task[Outcome | None], here: Approach, before: str | None, code: str, crossed_at: datetime
    ) -> None:
        outcome = await self._wait_for(task)
        if outcome is not None:
            await self._journal.followed(replace(here, read=outcome.read), before, code, crossed_at)

    async def _suspect(self, here: Approach) -> None:
        outcome = await self._wait_for(asyncio.create_task(self._look(True)))
        read = outcome.read if outcome is not None else None
        text = f"something drove through {here.lane_id} right behind a vehicle: its trailer, or another one? Look"
        await self._journal.report(here, "possible_tailgating", text, read.photos if read is not None else ())

    async def _wait_for(self, task: asyncio.Task[Outcome | None]) -> Outcome | None:
        await asyncio.wait((task,), timeout=self._read_s)
        if not task.done():
            task.cancel()
            late = Failure("camera", "read_timed_out", "camera and reader took too long: check both")
            await self._journal.failed(late)
            return Outcome(LaneEvent.READ_FAILED, failure=late)
        outcome = task.result()
        if outcome is not None and outcome.failure is not None:
            await self._journal.failed(outcome.failure)
        return outcome


def _of_its_own(here: Approach) -> Approach:
    return Approach(new_id(), here.lane_id, here.direction)
