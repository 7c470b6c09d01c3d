"""Holds all barriers of a lot open, by an input or an operator, until an operator ends it.

The barriers are told first; what is recorded comes after, and is tried again for as long as the store refuses. It is
on disk, so a server that starts again while an emergency goes on holds the barriers from its first moment.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from lot_server.decisions import HeldOpen
from lot_server.domain.emergency import HoldSource
from lot_server.emergency_input import EmergencyInput
from lot_server.errors import EmergencyInputOn, LotError, NoEmergency
from lot_server.handlers import Handlers
from lot_server.held_barrier import HoldableBarrier
from lot_server.lane_loop import LaneLoop
from lot_server.ports import Transactions, Work

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.1
"""Real time between two looks at the input; all else is looked at as often."""
RETRY_SECONDS = 1.0
INPUT_UNKNOWN, BARRIER_FAULT = "emergency_input_unknown", "held_barrier_fault"


class Emergency:
    """The emergency of one lot. Everything is called on the event loop that runs the lanes."""

    def __init__(
        self,
        lanes: Mapping[str, LaneLoop],
        barriers: Mapping[str, HoldableBarrier],
        store: Transactions,
        handlers: Handlers,
        contact: EmergencyInput | None,
    ) -> None:
        """`contact` is the input that calls for an emergency, where the lot has one."""
        self._lanes = lanes
        self._barriers = barriers
        self._store = store
        self._handlers = handlers
        self._contact = contact
        self._hold: tuple[HoldSource, HeldOpen] | None = None
        self._unrecorded: Callable[[Work], None] | None = None
        self._told: set[tuple[str | None, str]] = set()
        self._changing = asyncio.Lock()

    @property
    def held(self) -> bool:
        """Whether the barriers are held open."""
        return self._hold is not None

    async def resume(self) -> None:
        """Hold the barriers again if an emergency went on when the server ended. Raises what the store raises."""
        known = await self._store.transact(lambda work: work.emergency())
        await self._store.transact(partial(self._handlers.fault_over, lane_id=None, code=INPUT_UNKNOWN))
        if known is not None:
            self._open_all(known.source, HeldOpen(known.actor, known.reason))

    async def hold(self, source: HoldSource, actor: str, reason: str) -> None:
        """Open every barrier at once and hold them. Where they are held already nothing changes."""
        async with self._changing:
            if self._hold is None:
                self._open_all(source, HeldOpen(actor, reason))
                await self._try_to_record()

    async def release(self, operator: str, reason: str) -> None:
        """Give the barriers back; each closes as soon as nobody is under it.

        Raises NoEmergency, EmergencyInputOn, and what the store raises: then the barriers are held on.
        """
        async with self._changing:
            if self._hold is None:
                raise NoEmergency("no emergency goes on: the lanes rule their barriers")
            if self._contact is not None and self._contact.calls:
                raise EmergencyInputOn(f"{self._contact.name} calls for the emergency still: reset it first")
            await self._record_begun()
            await self._store.transact(lambda work: self._handlers.held.end(work, operator, reason))
            self._hold = None
            await asyncio.gather(*(barrier.let_go() for barrier in self._barriers.values()))
            for lane in self._lanes.values():
                lane.let_go()
        log.warning("the emergency was ended by an operator: barriers close once their loops are free")

    async def run(self) -> None:
        """Follow the input, and record what could not be recorded yet, until cancelled."""
        while True:
            try:
                if self._contact is not None and self._contact.look() and self._hold is None:
                    await self.hold("input", self._contact.name, "the input calls for it")
                await self._tell_faults()
                if self._unrecorded is not None:
                    await self._try_to_record()
                    await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # The store says itself what is wrong with it; the barriers are held whatever it does.
                log.exception("the emergency could not be looked after")
                await asyncio.sleep(RETRY_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    async def end(self) -> None:
        """The server ends; the barriers stay as they are."""
        await asyncio.gather(*(barrier.let_go() for barrier in self._barriers.values()))

    def _open_all(self, source: HoldSource, order: HeldOpen) -> None:
        self._hold = (source, order)
        for barrier in self._barriers.values():
            barrier.hold()
        for lane in self._lanes.values():
            lane.hold(order)
        self._unrecorded = lambda work: self._handlers.held.begin(work, source, order.operator, order.reason)
        log.critical("EMERGENCY: all barriers are held open (%s)", source)

    async def _try_to_record(self) -> None:
        try:
            await self._record_begun()
        except LotError as error:
            log.error("the emergency is not on disk yet: %s", error)

    async def _record_begun(self) -> None:
        job = self._unrecorded
        if job is not None:
            await self._store.transact(job)
            self._unrecorded = None

    async def _tell_faults(self) -> None:
        """Alerts about an input that is not known and barriers that may not be open; over when they are."""
        wrong: dict[tuple[str | None, str], str] = {}
        if self._contact is not None and self._contact.unknown is not None:
            wrong[None, INPUT_UNKNOWN] = f"whether {self._contact.name} calls is not known: {self._contact.unknown}"
        for lane_id, barrier in self._barriers.items():
            if barrier.fault is not None:
                wrong[lane_id, BARRIER_FAULT] = f"the barrier is to be held open and may not be: {barrier.fault}"
        for where, code in wrong.keys() - self._told:
            text = wrong[where, code]
            await self._store.transact(partial(self._handlers.report_fault, lane_id=where, code=code, text=text))
            self._told.add((where, code))
        for where, code in self._told - wrong.keys():
            await self._store.transact(partial(self._handlers.fault_over, lane_id=where, code=code))
            self._told.discard((where, code))
