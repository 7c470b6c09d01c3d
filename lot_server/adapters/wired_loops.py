"""The two loops of a lane as inputs of devices: debounced, and loud where they are not known."""

import asyncio
from collections.abc import AsyncIterator

from lot_server.adapters.polled_inputs import Contact, PolledInputs
from lot_server.ports import LoopChange, LoopName


class WiredLoops:
    """Loops of a lane. What is not known is raised, never given as free."""

    def __init__(self, arming: Contact, closing: Contact, debounce_s: float) -> None:
        """A level counts once it has stood for `debounce_s` real seconds."""
        self._contacts: dict[LoopName, Contact] = {"arming": arming, "closing": closing}
        self._debounce_s = debounce_s

    async def occupied(self) -> frozenset[LoopName]:
        """The loops on which something stands, asked now. Raises DeviceAway, DeviceFault."""
        for inputs in self._devices():
            await inputs.fresh()
        return frozenset(loop for loop, contact in self._contacts.items() if contact.on())

    async def changes(self) -> AsyncIterator[LoopChange]:
        """Each change, for ever. Raises DeviceAway or DeviceFault as soon as a loop is not known."""
        time = asyncio.get_running_loop().time
        heard = asyncio.Event()
        for inputs in self._devices():
            inputs.listen(heard)
        try:
            standing = await self.occupied()
            for loop in sorted(standing):
                yield LoopChange(loop, True)
            differs_since: dict[LoopName, float] = {}
            while True:
                await heard.wait()
                heard.clear()
                for loop, contact in self._contacts.items():
                    if contact.on() == (loop in standing):
                        differs_since.pop(loop, None)
                    elif time() - differs_since.setdefault(loop, time()) >= self._debounce_s:
                        del differs_since[loop]
                        standing ^= {loop}
                        yield LoopChange(loop, loop in standing)
        finally:
            for inputs in self._devices():
                inputs.forget(heard)

    def _devices(self) -> tuple[PolledInputs, ...]:
        """The inputs of both loops, each device once."""
        return tuple({id(contact.inputs): contact.inputs for contact in self._contacts.values()}.values())
