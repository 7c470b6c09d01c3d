"""A barrier that an emergency can hold open, whatever its lane wants of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from lot_server.errors import BarrierFault, BarrierHeld
from lot_server.ports import Barrier, BarrierState

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
"""Real time between two looks whether a held barrier is open still."""


class HoldableBarrier:
    """The barrier of one lane. While it is held, `close` raises BarrierHeld and it is opened again where it is shut."""

    def __init__(
        self,
        lane_id: str,
        barrier: Barrier,
        look_s: float = LOOK_SECONDS,
        told: Callable[[bool], Awaitable[None]] | None = None,
    ) -> None:
        """`told` hears that it is held, before it opens, and that it is no longer."""
        self._lane_id = lane_id
        self._barrier = barrier
        self._look_s = look_s
        self._told = told
        self._keeper: asyncio.Task[None] | None = None
        self.fault: str | None = None
        """What keeps a held barrier from being known to be open, None where it is."""

    @property
    def held(self) -> bool:
        return self._keeper is not None

    def hold(self) -> None:
        """Open it now and keep it open; a second call does nothing."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"hold {self._lane_id}")

    async def let_go(self) -> None:
        """Leave it to its lane again, open as it is."""
        keeper, self._keeper = self._keeper, None
        self.fault = None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            if self._told is not None:
                await self._told(False)

    async def open(self) -> None:
        await self._barrier.open()

    async def close(self) -> None:
        """Raises BarrierHeld while it is held, else what the barrier raises."""
        if self.held:
            raise BarrierHeld(f"the barrier of {self._lane_id} is held open: end the emergency first")
        await self._barrier.close()

    async def state(self) -> BarrierState:
        return await self._barrier.state()

    async def _keep(self) -> None:
        shut = True
        if self._told is not None:
            await self._told(True)
        while True:
            try:
                if shut:
                    await self._barrier.open()
                # Told again only where it says itself that it is shut: some controllers take a second pulse for a stop.
                shut = await self._barrier.state() in ("closed", "closing")
                self.fault = None
            except BarrierFault as error:
                self._note(str(error))
            except Exception as error:
                log.exception("holding the barrier of %s open failed", self._lane_id)
                self._note(f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._look_s)

    def _note(self, fault: str) -> None:
        if self.fault is None:
            log.error("the barrier of %s is to be held open and may not be: %s", self._lane_id, fault)
        self.fault = fault
