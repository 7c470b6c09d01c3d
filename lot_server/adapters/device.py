"""What a lane's wires lead to: a box of inputs and outputs with names, and a point of one.

Each kind of box (Modbus, HTTP, GPIO, MQTT) is one adapter of `Device`; loops and barriers are built on it once.
"""

import random
from collections.abc import Mapping
from typing import Protocol

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


class Device(Protocol):
    """One box. Its inputs and outputs have the names that the configuration gives them.

    Every call ends within the device's time-out. Calls from several lanes at once are carried out one after another.
    """

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    async def inputs(self) -> Mapping[str, bool]:
        """The level of each input now. Raises DeviceAway, DeviceFault; a level that is not known is never given."""
        ...

    async def output(self, name: str) -> bool:
        """Whether an output is on now, as the device says. Raises DeviceAway, DeviceFault."""
        ...

    async def switch(self, name: str, on: bool) -> None:
        """Returns once the device has confirmed it. Raises DeviceAway, DeviceFault."""
        ...

    async def end(self) -> None:
        """Let go of the connection; outputs stay as they are."""
        ...


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row, at least one: doubling, capped, and drawn from its upper half.

    The draw keeps a lot's devices from coming back in step after a power cut.
    """
    full = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16))
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads attempts, guards nothing
