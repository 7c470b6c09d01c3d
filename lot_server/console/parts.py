"""What the console is made of."""

from dataclasses import dataclass

from fastapi import Request

from lot_server.console.config import ConsoleSection
from lot_server.console.guard import Guard
from lot_server.console.live import LiveLanes
from lot_server.console.pages import Pages
from lot_server.console.sign_ins import SignIns, Visitor
from lot_server.loopback.lot import RunningLot
from lot_server.store.look import ReadStore


@dataclass(frozen=True, slots=True)
class Console:
    """One lot's console: orders go through the parts of `lot`, looks at what is stored through `store`."""

    lot: RunningLot
    store: ReadStore
    section: ConsoleSection
    sign_ins: SignIns
    guard: Guard
    live: LiveLanes

    def pages(self, request: Request, visitor: Visitor | None = None) -> Pages:
        return Pages(self.lot.clock, request, visitor)
