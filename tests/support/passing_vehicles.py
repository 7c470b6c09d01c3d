"""Vehicles that come to a lot and leave it again, by the lot's own jobs on its store, without lanes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import numpy as np
from hand_lane import HandClock, sighting

from lot_server.decisions import Admitted, Approach, OpenLane
from lot_server.domain.stay import Direction, Settlement
from lot_server.handlers import Handlers
from lot_server.identifiers import new_id
from lot_server.lane_read import from_sighting
from lot_server.photos import PhotoFolder
from lot_server.store.store import Store
from lot_server.store.unit_of_work import SqliteWork
from lot_server.store.writer import Writer
from vision.types import Frame

T = TypeVar("T")
_DOUBTS = (("Q", 0.04), ("W", 0.03), ("E", 0.01), ("R", 0.01))
"""As many doubts at each character as the shipped reader's evidence names."""


@dataclass
class PassingVehicles:
    """One vehicle after another drives in and, within its free minutes, out."""

    store: Store | Writer
    clock: HandClock = field(default_factory=HandClock)
    random: Random = field(default_factory=lambda: Random(1))
    photos: PhotoFolder | None = None

    def __post_init__(self) -> None:
        self.handlers = Handlers(self.clock)

    def visit(self, plate: str | None = None, hours: float = 0, pays: bool = True) -> str:
        """Two passages, each decided and confirmed, so many hours apart; the stay."""
        plate = plate or "京" + "".join(self.random.choices("ABCDEFGH0123456789", k=6))
        stay_id = self.passage("entry", plate)
        self.clock.forward(hours=hours)
        if hours and pays:
            self.pay(stay_id)
        order = None if pays else OpenLane("ann", "let out")
        assert self.passage("exit", plate, order) == stay_id
        return stay_id

    def pay(self, stay_id: str) -> None:
        """All that is due now."""

        def pay(work: SqliteWork) -> None:
            quote, now = self.handlers.fee_of(work, stay_id), self.clock.now()
            settlement = Settlement(new_id(), stay_id, quote.due, "sandbox", new_id(), now, now)
            self.handlers.apply_settlement(work, settlement)

        self._transact(pay)

    def passage(self, direction: Direction, plate: str, order: OpenLane | None = None) -> str:
        """One vehicle through one lane; its stay."""
        doubted: dict[int, tuple[tuple[str, float], ...]] = {
            place: ((character, 0.9), *_DOUBTS) for place, character in enumerate(plate)
        }
        read = from_sighting(sighting(plate, doubted), (self._photo(),), self.clock.now(), 0.5)
        approach = Approach(new_id(), f"{direction}-1", direction, read, order=order)
        self.handlers.leftovers.begin(approach.passage_id)
        decision = self._transact(lambda work: self.handlers.decide(work, approach))
        assert isinstance(decision, Admitted)
        stay_id = decision.stay_id
        assert stay_id is not None
        self._transact(lambda work: self.handlers.confirm(work, approach, stay_id, self.clock.now()))
        self.handlers.leftovers.end(approach.passage_id)
        self.clock.forward(minutes=1)
        return stay_id

    def _transact(self, job: Callable[[SqliteWork], T]) -> T:
        if isinstance(self.store, Writer):
            return asyncio.run(self.store.transact(job))
        with self.store.transaction() as work:
            return job(work)

    def _photo(self) -> str:
        """The name of a photo that no other passage has; it is on disk where there is an archive."""
        if self.photos is None:
            return f"{self.random.getrandbits(256):064x}"
        noise = np.random.default_rng(self.random.getrandbits(32)).integers(0, 255, (8, 16, 3), dtype=np.uint8)
        return self.photos.keep(Frame(noise, "gate"))
