"""Wakes the held connections of a lot when something new for it is committed.

A ring is a hint: the delivery table is the truth, and a connection also looks there by itself from time to time.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """One process's bell, heard by every connection of the lot it is rung for."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, lot_id: str) -> None:
        """Call after the commit."""
        for heard in self._listeners.get(lot_id, ()):
            heard.set()

    @contextmanager
    def listening(self, lot_id: str) -> Iterator[asyncio.Event]:
        """An event that every ring sets; the listener clears it."""
        heard = asyncio.Event()
        self._listeners[lot_id].add(heard)
        try:
            yield heard
        finally:
            self._listeners[lot_id].discard(heard)
            if not self._listeners[lot_id]:
                del self._listeners[lot_id]
