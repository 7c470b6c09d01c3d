"""Keeps a lane in touch with its loops, its display and, as the server starts, its barrier. Each may fail."""

import asyncio
from collections.abc import Callable

from lot_server.domain.lane import LaneEvent
from lot_server.lane_calls import Failure, failure_of
from lot_server.lane_inbox import LaneInbox
from lot_server.lane_journal import LaneJournal
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.lane_trust import LaneTrust
from lot_server.ports import LaneMessage, LoopName, TicketSlip, Transactions, Work

RETRY_SECONDS = 1.0
"""Real time until loops or a display that failed are asked again."""

_LOOPS: tuple[LoopName, ...] = ("arming", "closing")


class LaneWorld:
    """The parts of one lane that are watched all the time."""

    def __init__(
        self,
        hardware: LaneHardware,
        timing: LaneTiming,
        inbox: LaneInbox,
        journal: LaneJournal,
        trust: LaneTrust,
        store: Transactions,
    ) -> None:
        self._hardware = hardware
        self._trust = trust
        self._patience = timing.barrier.total_seconds()
        self._inbox = inbox
        self._journal = journal
        self._store = store
        self._message = LaneMessage("welcome")
        self._message_changed = asyncio.Event()
        self._slips: asyncio.Queue[Callable[[Work], TicketSlip]] = asyncio.Queue()

    @property
    def message(self) -> LaneMessage:
        """What the display shows, or will as soon as it can."""
        return self._message

    def show(self, message: LaneMessage) -> None:
        """Show another message; of several quick ones the last."""
        if message != self._message:
            self._message = message
            self._message_changed.set()

    def print(self, slip: Callable[[Work], TicketSlip]) -> None:
        """Print a ticket, where the lane has a printer: beside all else, since no barrier waits for paper."""
        if self._hardware.printer is not None:
            self._slips.put_nowait(slip)

    async def print_slips(self) -> None:
        """Print what there is to print, for ever. A ticket that is not printed stands on the display all the same."""
        printer = self._hardware.printer
        while printer is not None:
            slip = await self._slips.get()
            try:
                found = await self._store.transact(slip)
                async with asyncio.timeout(self._patience):
                    await printer.print(found)
                await self._journal.works("printer")
            except Exception as error:
                await self._journal.failed(failure_of("printer", error))

    async def find_out(self) -> frozenset[LoopName]:
        """What stands where as the server starts: a barrier found open is closed, but never on a vehicle.

        Returns the loops on which something stands, where something stands under a barrier that is not down.
        """
        seen = True
        try:
            async with asyncio.timeout(self._patience):
                occupied = await self._hardware.loops.occupied()
        except Exception as error:
            await self._journal.failed(failure_of("loops", error))
            # What cannot be seen is taken to be occupied, until the loops answer.
            occupied, seen = frozenset({"closing"}), False
        try:
            async with asyncio.timeout(self._patience):
                closed = await self._hardware.barrier.state() == "closed"
        except Exception as error:
            await self._journal.failed(failure_of("barrier", error))
            closed = False
        if seen and "closing" in occupied and not closed:
            self._inbox.post(LaneEvent.PASSAGE_FOUND)
            return occupied
        if "closing" in occupied:
            self._inbox.post(LaneEvent.CLOSING_ON)
        if not closed:
            self._inbox.post(LaneEvent.BARRIER_FOUND_OPEN)
        return frozenset()

    async def watch_loops(self) -> None:
        """Post every change of the loops, for ever."""
        while True:
            try:
                occupied = await self._hardware.loops.occupied()
                for loop in _LOOPS:
                    self._trust.feel(loop, loop in occupied)
                async for change in self._hardware.loops.changes():
                    await self._journal.works("loops")
                    self._trust.feel(change.loop, change.occupied)
                await self._journal.failed(Failure("loops", "loops_ended", "the loops tell no more: check their input"))
            except Exception as error:
                await self._journal.failed(failure_of("loops", error))
            await asyncio.sleep(RETRY_SECONDS)

    async def show_messages(self) -> None:
        """Keep the display up to date, for ever."""
        self._message_changed.set()
        while True:
            await self._message_changed.wait()
            self._message_changed.clear()
            try:
                async with asyncio.timeout(self._patience):
                    await self._hardware.display.show(self._message)
                await self._journal.works("display")
            except Exception as error:
                await self._journal.failed(failure_of("display", error))
                await asyncio.sleep(RETRY_SECONDS)
                self._message_changed.set()
