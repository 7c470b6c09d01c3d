"""How often signing in may fail: after a few times, each further failure doubles the wait.

Counted for each account and for each address. An account's wait stays short, or anybody who can reach the console
could keep its people out; an address's grows long. The counts are in memory: a restart forgets them.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from lot_server.errors import TooManySignIns

MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Leniency:
    """`free` failures cost no wait; the next one costs a second, then two, up to `longest_s`."""

    free: int
    longest_s: float

    def wait_s(self, failures: int) -> float:
        return 0.0 if failures <= self.free else min(self.longest_s, 2.0 ** min(failures - self.free - 1, 32))


ACCOUNT = Leniency(free=4, longest_s=60.0)
ADDRESS = Leniency(free=9, longest_s=900.0)
FORGET_S = 3600.0
"""A count that nothing was added to for so long begins anew."""


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int
    at: float


class Lockout:
    """The failures of one console. `now` are seconds that never jump."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def attempt(self, account: str, address: str) -> None:
        """Somebody tries. Counts as a failure until `succeeded`, so that many at once are counted, too.

        Raises TooManySignIns, which counts nothing: who only waits gets in.
        """
        now = self._now()
        keys = ((("account", account), ACCOUNT), (("address", address), ADDRESS))
        waits = [self._left(key, leniency, now) for key, leniency in keys]
        if max(waits) > 0:
            raise TooManySignIns(math.ceil(max(waits)))
        for key, _ in keys:
            self._counts[key] = _Count(self._failures(key, now) + 1, now)
            self._counts.move_to_end(key)
        while len(self._counts) > MOST_KEPT:
            self._counts.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """The password fitted."""
        self._counts.pop(("account", account), None)
        self._counts.pop(("address", address), None)

    def _failures(self, key: tuple[str, str], now: float) -> int:
        count = self._counts.get(key)
        return 0 if count is None or now - count.at > FORGET_S else count.failures

    def _left(self, key: tuple[str, str], leniency: Leniency, now: float) -> float:
        count = self._counts.get(key)
        return 0.0 if count is None else count.at + leniency.wait_s(self._failures(key, now)) - now
