"""Tickets and receipts at one exit: seen by its camera while a vehicle waits for what they bring, or typed in."""

import asyncio
from typing import Protocol

from lot_server.alerts import LOT
from lot_server.decisions import Approach, Order, ShowTicket
from lot_server.errors import CodeNotTaken, NothingWaits
from lot_server.lane_calls import failure_of
from lot_server.lane_journal import LaneJournal
from lot_server.ports import Camera, NoticeCode, Transactions
from lot_server.presented import CodeRefused, Desk, Presented, ReceiptCounted, TicketFits

PAUSE_SECONDS = 0.4
"""Real time between two looks: a driver holds a code up for seconds, and every look costs a vision worker 32 ms."""
MOST_CHARACTERS = 1000
"""Of a code that is looked at; ours are far shorter."""


class WaitingLane(Protocol):
    """The lane, as far as codes matter to it."""

    @property
    def lane_id(self) -> str: ...

    def waiting(self) -> Approach | None:
        """The vehicle that waits here for what a code can bring."""
        ...

    async def follow(self, order: Order) -> None:
        """Raises NothingWaits and what a decision raises."""
        ...

    def settlement_arrived(self, stay_id: str) -> None: ...

    def refresh(self) -> None:
        """Show the display's message anew."""
        ...


class LaneCodes:
    """What is shown at one lane, and what came of it."""

    def __init__(
        self, desk: Desk, camera: Camera, store: Transactions, journal: LaneJournal, lane: WaitingLane
    ) -> None:
        self._desk = desk
        self._camera = camera
        self._store = store
        self._journal = journal
        self._lane = lane
        self._wanted = asyncio.Event()
        self._noticed: tuple[str, NoticeCode] | None = None
        self._passage_id: str | None = None
        self._tried: set[tuple[str | None, str]] = set()

    def notice(self) -> NoticeCode | None:
        """What the display says of the last code that the vehicle here showed; at first, that one may be shown."""
        here = self._lane.waiting()
        if here is None:
            return None
        if self._noticed is not None and self._noticed[0] == here.passage_id:
            return self._noticed[1]
        return "show_ticket" if here.stay_id is None else None

    def follow_lane(self) -> None:
        """Look while somebody waits, and only then."""
        (self._wanted.clear if self._lane.waiting() is None else self._wanted.set)()

    async def watch(self) -> None:
        """Look whenever it is wanted, for ever."""
        while True:
            await self._wanted.wait()
            if self._lane.waiting() is None:
                self._wanted.clear()
                continue
            try:
                for text in await self._seen():
                    await self._show(text)
                await self._journal.works("codes")
            except Exception as error:
                await self._journal.failed(failure_of("codes", error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def type_in(self, text: str, operator: str, reason: str) -> None:
        """An operator types or scans what the driver shows. Raises NothingWaits, CodeNotTaken, UnknownStay."""
        here = self._lane.waiting()
        if here is None:
            raise NothingWaits(f"nobody at {self._lane.lane_id} waits for a ticket or a receipt: look at the lane")
        taken = await self._take(here, text, operator, f"ticket typed: {reason}")
        if taken is None:
            raise CodeNotTaken(
                "bad_code", "this is no ticket's number and no receipt of ours: type it as it is printed"
            )
        if isinstance(taken, CodeRefused):
            raise CodeNotTaken(taken.problem, f"{taken.problem.replace('_', ' ')}: look at the alerts of this lane")

    async def _seen(self) -> tuple[str, ...]:
        frames = [frame async for frame in self._camera.burst(1)]
        # A plate may be being read by now, and that comes first.
        return await self._desk.reader.codes(frames[0]) if frames and self._wanted.is_set() else ()

    async def _show(self, text: str) -> None:
        """A code in the camera's view; it is tried once for each stay that the vehicle is thought to belong to."""
        here = self._lane.waiting()
        if here is None or len(text) > MOST_CHARACTERS:
            return
        if here.passage_id != self._passage_id:
            self._passage_id, self._tried = here.passage_id, set()
        if (here.stay_id, text) not in self._tried:
            self._tried.add((here.stay_id, text))
            await self._take(here, text, None, "ticket shown")

    async def _take(self, here: Approach, text: str, operator: str | None, reason: str) -> Presented | None:
        taken = await self._store.transact(lambda work: self._desk.take(work, here, text, operator is not None))
        if isinstance(taken, TicketFits) and here.stay_id is None:
            await self._lane.follow(ShowTicket(taken.stay_id, operator or LOT, f"{reason}: {taken.ticket_id}"))
        elif isinstance(taken, ReceiptCounted):
            self._noticed = here.passage_id, taken.notice
            self._lane.settlement_arrived(taken.stay_id)
        elif isinstance(taken, CodeRefused):
            self._noticed = here.passage_id, taken.problem
        self._lane.refresh()
        return taken
