"""One lot on the real store, whose vehicles a test sends by their plates."""

from datetime import datetime
from pathlib import Path

from hand_lane import HandClock, open_lot, sighting

from lot_server.decisions import Admitted, Approach, Decision, OpenLane
from lot_server.domain.money import Money
from lot_server.domain.occupancy import Occupancy
from lot_server.domain.quote import Quote
from lot_server.domain.stay import Direction, Settlement, Stay
from lot_server.handlers import Handlers
from lot_server.identifiers import new_id
from lot_server.lane_read import from_sighting
from lot_server.store.store import Store


class RightsLot:
    """Its jobs, each in a transaction of its own."""

    def __init__(self, folder: Path, spaces: int = 10) -> None:
        self.store = Store(folder / "lot.db", "test")
        self.clock = HandClock()
        self.handlers = Handlers(self.clock, frozenset({"沪X00000"}))
        with self.store.transaction() as work:
            open_lot(work, spaces)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def approach(self, direction: Direction, text: str | None, lane: str | None = None, **more: object) -> Approach:
        read = from_sighting(None if text is None else sighting(text), ("f" * 64,), self.now, 0.5)
        approach = Approach(new_id(), lane or f"{direction}-1", direction, read, **more)  # type: ignore[arg-type]
        self.handlers.leftovers.begin(approach.passage_id)
        return approach

    def decide(self, approach: Approach) -> Decision:
        with self.store.transaction() as work:
            return self.handlers.decide(work, approach)

    def cross(self, approach: Approach, decision: Decision) -> str:
        assert isinstance(decision, Admitted), decision
        assert decision.stay_id is not None
        with self.store.transaction() as work:
            self.handlers.confirm(work, approach, decision.stay_id, self.now)
        self.handlers.leftovers.end(approach.passage_id)
        return decision.stay_id

    def park(self, text: str | None, lane: str | None = None) -> str:
        approach = self.approach("entry", text, lane)
        return self.cross(approach, self.decide(approach))

    def leave(self, text: str) -> str:
        approach = self.approach("exit", text)
        return self.cross(approach, self.decide(approach))

    def let_out(self, text: str | None = None) -> None:
        """An operator opens the exit for a vehicle of no stay, and it drives out."""
        approach = self.approach("exit", text, order=OpenLane("ann", "the driver says so"))
        assert self.decide(approach) == Admitted(None, text)
        with self.store.transaction() as work:
            self.handlers.count_stray(work, approach, "opened_without_stay", self.now)
        self.handlers.leftovers.end(approach.passage_id)

    def owes(self, stay_id: str) -> Quote:
        with self.store.transaction() as work:
            return self.handlers.fee_of(work, stay_id)

    def settle(self, stay_id: str, minor: int) -> None:
        paid = Settlement(new_id(), stay_id, Money(minor, "CNY"), "cash", new_id(), self.now, self.now)
        with self.store.transaction() as work:
            self.handlers.apply_settlement(work, paid)

    def stay(self, stay_id: str) -> Stay:
        with self.store.transaction() as work:
            stay = work.stay(stay_id)
        assert stay is not None
        return stay

    def occupancy(self) -> Occupancy:
        with self.store.transaction() as work:
            return work.counting.occupancy()

    def kinds(self) -> list[str]:
        with self.store.transaction() as work:
            return [envelope.kind for envelope in work.envelopes()]

    def alerts(self) -> list[str]:
        with self.store.transaction() as work:
            return [alert.raised.code for alert in work.open_alerts()]
