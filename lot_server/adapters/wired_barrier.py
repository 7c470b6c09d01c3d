"""A barrier driven by outputs of a device and watched by limit switches on its inputs.

The lot server is not the safety device of a barrier: the barrier's own controller must stop its arm by itself. What is
here refuses to make things worse: it closes only on a lane whose closing loop is known to be free, and lifts the arm
again the moment that is no longer so.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Protocol

from lot_server.adapters.device import Device
from lot_server.adapters.polled_inputs import Contact
from lot_server.errors import BarrierFault, LotError
from lot_server.ports import BarrierState


class ClosingInput(Protocol):
    """What tells whether something stands under the arm."""

    def on(self) -> bool:
        """Whether something does, by the newest word. Raises LotError where it is not known."""
        ...

    async def fresh(self) -> bool:
        """Whether something does, asked now. Raises LotError where it is not known."""
        ...

    def listen(self, heard: asyncio.Event) -> None:
        """Set this event whenever `on` may say something else, until `forget`."""
        ...

    def forget(self, heard: asyncio.Event) -> None:
        """Set this event no more."""
        ...


@dataclass(frozen=True, slots=True)
class Drive:
    """How an arm is moved: `close` None means that `open` is held on while the arm is to be up.

    With `close` given each of the two is pulsed for `pulse_s` real seconds. `movement_s`: what a movement takes at
    most; without a limit switch at its end it is taken to be over after that.
    """

    device: Device
    open: str
    close: str | None
    pulse_s: float
    movement_s: float


class WiredBarrier:
    """A lane's barrier. A newer command takes the place of one under way; a cancelled caller leaves its command."""

    def __init__(
        self, lane_id: str, drive: Drive, closing: ClosingInput, up: Contact | None, down: Contact | None
    ) -> None:
        """`closing` is the loop under the arm; `up` and `down` are the limit switches that there are."""
        self._lane_id = lane_id
        self._drive = drive
        self._closing = closing
        self._up = up
        self._down = down
        self._movement: asyncio.Task[None] | None = None
        self._state: BarrierState | None = None

    async def open(self) -> None:
        """Returns once the arm is up. Raises BarrierFault."""
        await self._command(self._rise)

    async def close(self) -> None:
        """Returns once the arm is down. Raises BarrierFault, at once where the closing loop is not known to be free."""
        await self._may_close()
        await self._command(self._fall)

    async def state(self) -> BarrierState:
        """Where the arm is, by its limit switches, by the held output, or by the last command. Raises BarrierFault."""
        if self._movement is not None and not self._movement.done():
            return self._state or "closing"
        up, down = [await self._says(contact) for contact in (self._up, self._down)]
        if up and down:
            raise BarrierFault(f"the barrier of {self._lane_id} says up and down at once: check its limit switches")
        if up or (up is None and down is False):
            return "open"
        if down or (down is None and up is False):
            return "closed"
        if up is None:
            return await self._commanded()
        raise BarrierFault(f"the barrier of {self._lane_id} stands between up and down: look at its arm")

    async def end(self) -> None:
        """Stop watching a movement, its pulse released; the arm stays with the command it has."""
        if self._movement is not None:
            self._movement.cancel()
            await asyncio.gather(self._movement, return_exceptions=True)

    async def _command(self, travel: Callable[[], Coroutine[None, None, None]]) -> None:
        before = self._movement
        if before is not None:
            before.cancel()
        movement = self._movement = asyncio.create_task(_after(before, travel))
        await asyncio.wait((movement,))
        if movement.cancelled():
            raise BarrierFault(f"the barrier of {self._lane_id} was told otherwise on its way: nothing to do")
        error = movement.exception()
        if error is not None:
            raise error

    async def _rise(self) -> None:
        self._state = "opening"
        try:
            await self._drive_to(up=True)
            await self._reach(self._up, "up")
        except BaseException:
            self._state = None
            raise
        self._state = "open"

    async def _fall(self) -> None:
        # The command before this one may have taken its time to end.
        await self._may_close()
        self._state = "closing"
        try:
            await self._drive_to(up=False)
            await self._reach(self._down, "down", self._lift_where_occupied)
        except BaseException:
            self._state = None
            raise
        self._state = "closed"

    async def _drive_to(self, up: bool) -> None:
        drive = self._drive
        try:
            if drive.close is None:
                await drive.device.switch(drive.open, up)
            else:
                output, other = (drive.open, drive.close) if up else (drive.close, drive.open)
                await drive.device.switch(other, False)
                await self._pulse(output)
        except LotError as error:
            raise self._fault(error) from error

    async def _pulse(self, output: str) -> None:
        device = self._drive.device
        try:
            await device.switch(output, True)
            await asyncio.sleep(self._drive.pulse_s)
        finally:
            # Released even where the command is replaced, or its answer was lost: a relay left on holds the arm.
            await asyncio.shield(device.switch(output, False))

    async def _reach(
        self, end: Contact | None, where: str, watch: Callable[[], Coroutine[None, None, None]] | None = None
    ) -> None:
        """Wait for a limit switch, or for the time a movement takes where there is none."""
        heard, unknown = asyncio.Event(), ""
        listened = [contact for contact in (end, self._closing) if contact is not None]
        for contact in listened:
            contact.listen(heard)
        try:
            async with asyncio.timeout(self._drive.movement_s):
                while True:
                    if watch is not None:
                        await watch()
                    try:
                        if end is not None and end.on():
                            return
                    except LotError as error:
                        # The arm moves on without being watched; whether it got there is told once the device is back.
                        unknown = f" ({error})"
                    await heard.wait()
                    heard.clear()
        except TimeoutError:
            if end is not None:
                raise BarrierFault(
                    f"the barrier of {self._lane_id} was not {where} after {self._drive.movement_s:g} s{unknown}: "
                    "look at its arm and its limit switches"
                ) from None
        finally:
            for contact in listened:
                contact.forget(heard)

    async def _lift_where_occupied(self) -> None:
        try:
            free = not self._closing.on()
            why = "a vehicle came under it"
        except LotError as error:
            free, why = False, str(error)
        if not free:
            await self._drive_to(up=True)
            raise BarrierFault(f"the barrier of {self._lane_id} was lifted as it closed: {why}")

    async def _may_close(self) -> None:
        try:
            occupied = await self._closing.fresh()
        except LotError as error:
            raise BarrierFault(
                f"the barrier of {self._lane_id} stays up, since its closing loop is not known: {error}"
            ) from error
        if occupied:
            raise BarrierFault(f"the barrier of {self._lane_id} stays up: something stands on its closing loop")

    async def _says(self, contact: Contact | None) -> bool | None:
        if contact is None:
            return None
        try:
            return await contact.fresh()
        except LotError as error:
            raise self._fault(error) from error

    async def _commanded(self) -> BarrierState:
        """Without limit switches: what the held output says, else where the last command led."""
        if self._drive.close is None:
            try:
                return "open" if await self._drive.device.output(self._drive.open) else "closed"
            except LotError as error:
                raise self._fault(error) from error
        if self._state is None:
            raise BarrierFault(
                f"where the barrier of {self._lane_id} is cannot be known: it has no limit switch and no command ended"
            )
        return self._state

    def _fault(self, error: LotError) -> BarrierFault:
        if isinstance(error, BarrierFault):
            return error
        return BarrierFault(f"the barrier of {self._lane_id} cannot be driven: {error}")


async def _after(before: asyncio.Task[None] | None, travel: Callable[[], Coroutine[None, None, None]]) -> None:
    """Move once the command before has let go of its output."""
    if before is not None:
        await asyncio.wait((before,))
        if not before.cancelled():
            before.exception()
    await travel()
