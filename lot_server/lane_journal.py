"""What a lane records besides decisions: passages that ended, what a person should look at, and what does not work.

The world has moved on when these are recorded, so a store that fails stops nothing: it becomes a fault of the lane.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from lot_server.decisions import Approach
from lot_server.domain.occupancy import StrayCause
from lot_server.domain.stay import Passage
from lot_server.handlers import Handlers
from lot_server.lane_calls import Failure, failure_of
from lot_server.ports import Transactions, Work


class LaneJournal:
    """The journal of one lane."""

    def __init__(self, lane_id: str, store: Transactions, handlers: Handlers) -> None:
        self._lane_id = lane_id
        self._store = store
        self._handlers = handlers
        self._faults: dict[str, str] = {}
        self._reported: dict[str, str] = {}

    @property
    def fault(self) -> str | None:
        """The code of what does not work, None where all does."""
        return next(iter(self._faults.values()), None)

    async def confirmed(self, approach: Approach, stay_id: str, crossed_at: datetime) -> None:
        """The vehicle crossed the closing loop."""
        await self._record(lambda work: self._handlers.confirm(work, approach, stay_id, crossed_at))

    async def abandoned(self, approach: Approach, stay_id: str) -> None:
        """The vehicle backed out."""
        await self._record(lambda work: self._handlers.abandon(work, approach, stay_id))

    async def drove_through(self, approach: Approach, crossed_at: datetime) -> None:
        """A vehicle that nobody had decided about drove through a barrier that is held open."""
        await self._record(lambda work: self._handlers.held.cross(work, approach, crossed_at))

    async def followed(self, approach: Approach, before: str | None, code: str, crossed_at: datetime) -> None:
        """A vehicle that nobody let through crossed the closing loop, behind the one of stay `before`."""
        await self._record(lambda work: self._handlers.followers.count(work, approach, before, code, crossed_at))

    async def resume(self) -> Passage | None:
        """The passage that a crash left open, of the vehicle that stands under the barrier now."""
        return await self._store.transact(lambda work: self._handlers.resume(work, self._lane_id))

    async def report(self, approach: Approach, code: str, text: str, photos: tuple[str, ...] = ()) -> None:
        """Something about a vehicle that a person should look at."""
        await self._record(lambda work: self._handlers.report(work, approach, code, text, photos))

    async def stands(self, approach: Approach) -> None:
        """A vehicle stands in the open barrier."""
        text = f"a vehicle stands in the open barrier of {self._lane_id} and does not move: look there"
        await self.report(approach, "standing_vehicle", text)

    async def strayed(self, approach: Approach, cause: StrayCause, passed_at: datetime) -> None:
        """A vehicle drove through outside any stay."""
        await self._record(lambda work: self._handlers.count_stray(work, approach, cause, passed_at))

    async def failed(self, failure: Failure) -> None:
        """A part does not work; reported once until it works again."""
        self._faults[failure.part] = failure.code
        if self._reported.get(failure.part) != failure.code and await self._record(
            lambda work: self._handlers.report_fault(work, self._lane_id, failure.code, failure.text)
        ):
            self._reported[failure.part] = failure.code

    async def works(self, *parts: str) -> None:
        """These parts worked just now."""
        for part in parts:
            self._faults.pop(part, None)
            code = self._reported.pop(part, None)
            if code is not None:
                await self._record(partial(self._handlers.fault_over, lane_id=self._lane_id, code=code))

    async def _record(self, job: Callable[[Work], None]) -> bool:
        try:
            await self._store.transact(job)
        except Exception as error:
            self._faults["store"] = failure_of("store", error).code
            return False
        self._faults.pop("store", None)
        return True
