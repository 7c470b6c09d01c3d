"""The inputs of one device, asked again and again for all lanes that share it."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lot_server.adapters.device import Device, pause_after
from lot_server.domain.clock import Clock
from lot_server.errors import DeviceAway, DeviceFault, LotError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """How a device is: None for `fault` where it answers, else the error's code and what it said; and since when."""

    since: datetime
    fault: str | None
    text: str


class PolledInputs:
    """Newest levels of a device, or why they are not known. A level is never older than one poll and its time-out."""

    def __init__(self, device: Device, poll_s: float, clock: Clock) -> None:
        """`poll_s`: real seconds between two polls."""
        self.device = device
        self._poll_s = poll_s
        self._clock = clock
        self._levels: Mapping[str, bool] = {}
        self._wrong: LotError | None = DeviceAway(f"device {device.name} was not asked yet: wait a moment")
        self._health = DeviceHealth(clock.now(), "device_away", "not asked yet")
        self._listeners: list[asyncio.Event] = []

    @property
    def health(self) -> DeviceHealth:
        """How the device is."""
        return self._health

    def level(self, name: str) -> bool:
        """The newest level of an input. Raises what keeps it from being known."""
        if self._wrong is not None:
            # A fresh error each time: one that is raised again and again grows its traceback for ever.
            raise type(self._wrong)(str(self._wrong))
        return self._levels[name]

    async def fresh(self) -> None:
        """Ask the device now; `level` tells what it said."""
        try:
            self._levels = await self.device.inputs()
            self._note(None)
        except (DeviceAway, DeviceFault) as error:
            self._note(error)
        except Exception as error:
            # A fault of ours must not leave old levels standing as if they were true.
            log.exception("device %s failed", self.device.name)
            self._note(DeviceFault(f"device {self.device.name} failed ({error!r}): look at the server's log"))

    def listen(self, heard: asyncio.Event) -> None:
        """Set this event after every poll, until `forget`."""
        self._listeners.append(heard)

    def forget(self, heard: asyncio.Event) -> None:
        """Set this event no more."""
        self._listeners.remove(heard)

    async def run(self) -> None:
        """Poll until cancelled, more slowly while the device is away."""
        failures = 0
        while True:
            await self.fresh()
            failures = 0 if self._wrong is None else failures + 1
            await asyncio.sleep(self._poll_s if failures == 0 else max(self._poll_s, pause_after(failures)))

    def _note(self, wrong: LotError | None) -> None:
        self._wrong = wrong
        fault = None if wrong is None else wrong.code
        if fault != self._health.fault:
            self._health = DeviceHealth(self._clock.now(), fault, "answers" if wrong is None else str(wrong))
            log.log(logging.INFO if wrong is None else logging.ERROR, "device %s: %s", self.device.name, self._health)
        for heard in self._listeners:
            heard.set()


@dataclass(frozen=True, slots=True)
class Contact:
    """One wired input: `inverted` where the contact is open while there is something to say."""

    inputs: PolledInputs
    name: str
    inverted: bool = False

    def on(self) -> bool:
        """Whether it says so, as of the newest poll. Raises DeviceAway, DeviceFault."""
        return self.inputs.level(self.name) != self.inverted

    async def fresh(self) -> bool:
        """Whether it says so, asked now. Raises DeviceAway, DeviceFault."""
        await self.inputs.fresh()
        return self.on()

    def listen(self, heard: asyncio.Event) -> None:
        """Set this event whenever it may say something else, until `forget`."""
        self.inputs.listen(heard)

    def forget(self, heard: asyncio.Event) -> None:
        """Set this event no more."""
        self.inputs.forget(heard)
