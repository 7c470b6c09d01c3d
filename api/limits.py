"""How often somebody may ask: token buckets in memory, driven by the configured clock, bounded in number."""

import math
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

from api.errors import TooManyRequests
from lot_server.domain.clock import Clock


class RateLimit:
    """`per_minute` requests a minute for each key, all of them at once if need be.

    The `remembered` keys asked last are kept; the one not asked for longest is forgotten first.
    """

    def __init__(self, per_minute: int, remembered: int, clock: Clock) -> None:
        self._per_minute, self._remembered, self._clock = per_minute, remembered, clock
        self._buckets: OrderedDict[Hashable, tuple[float, datetime]] = OrderedDict()

    def allows(self, key: Hashable) -> float:
        """Take a token. Returns 0 where there was one, else the seconds of the clock until there is."""
        now = self._clock.now()
        tokens, seen = self._buckets.pop(key, (float(self._per_minute), now))
        earned = max(0.0, (now - seen).total_seconds()) * self._per_minute / 60
        tokens = min(float(self._per_minute), tokens + earned)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return 0 if allowed else (1 - tokens) * 60 / self._per_minute

    def check(self, key: Hashable) -> None:
        """Take a token. Raises TooManyRequests where there is none."""
        wait = self.allows(key)
        if wait:
            seconds = math.ceil(self._clock.real(timedelta(seconds=wait)))
            raise TooManyRequests(f"asked too often: try again in {seconds} s", {"Retry-After": str(seconds)})

    def __len__(self) -> int:
        return len(self._buckets)
