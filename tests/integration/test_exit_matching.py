"""What a lot learns from its own exits, on the real store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hand_lane import HandClock, open_lot, sighting

from lot_server.decisions import Admitted, Approach, Decision, OperatorNeeded, Resolve
from lot_server.domain.events import MatchJudged
from lot_server.domain.false_opens import LanePair, MatchingRecord
from lot_server.domain.stay import Direction
from lot_server.handlers import Handlers
from lot_server.identifiers import new_id
from lot_server.lane_read import from_sighting
from lot_server.store.store import Store

SMUDGED = {6: (("5", 0.5), ("6", 0.49))}
"""The last character of 京A12345 in a read that might as well be of 京A12346."""


MISREAD = {5: (("4", 0.95), ("6", 0.03)), 6: (("5", 0.95), ("6", 0.03))}
"""A read of 京A12366 that is taken for 京A12345."""


class Day:
    """One lot, its server restarted at will."""

    def __init__(self, folder: Path) -> None:
        self.store, self.clock = Store(folder / "lot.db", "test"), HandClock()
        self.handlers = Handlers(self.clock)
        with self.store.transaction() as work:
            open_lot(work)

    def approach(self, direction: Direction, text: str, smudged: dict[int, tuple[tuple[str, float], ...]]) -> Approach:
        self.clock.forward(minutes=2)
        read = from_sighting(sighting(text, smudged), ("f" * 64,), self.clock.now(), 0.5)
        return Approach(new_id(), f"{direction}-1", direction, read)

    def decide(self, approach: Approach) -> Decision:
        with self.store.transaction() as work:
            return self.handlers.decide(work, approach)

    def cross(self, approach: Approach, decision: Decision) -> str:
        assert isinstance(decision, Admitted)
        assert decision.stay_id is not None
        with self.store.transaction() as work:
            self.handlers.confirm(work, approach, decision.stay_id, self.clock.now())
        return decision.stay_id

    def park(self, text: str) -> str:
        approach = self.approach("entry", text, {})
        return self.cross(approach, self.decide(approach))

    def leave(self, text: str, smudged: dict[int, tuple[tuple[str, float], ...]] | None = None) -> str:
        approach = self.approach("exit", text, smudged or {})
        return self.cross(approach, self.decide(approach))

    def record(self) -> MatchingRecord:
        with self.store.transaction() as work:
            return work.matching_record(self.clock.now())

    def alerts(self) -> list[str]:
        with self.store.transaction() as work:
            return [alert.raised.code for alert in work.open_alerts()]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    day = Day(tmp_path)
    yield day
    day.store.close()


def test_exits_are_counted_by_their_lanes(day: Day) -> None:
    """Each vehicle that has left counts once, by its entry and its exit, as opened without a person."""
    for text in ("京A12345", "沪B67890"):
        day.park(text)
        day.leave(text)
    with day.store.transaction() as work:
        assert work.lane_pairs(day.clock.now()) == (LanePair("entry-1", "exit-1", 2),)
    assert day.record() == MatchingRecord(2, 0, 0, 0, 0)


@pytest.mark.parametrize("right", [True, False])
def test_a_persons_answer_is_held_against_the_best_guess(day: Day, right: bool) -> None:
    """Where an operator says which of two twins leaves, it is noted whether matching had thought so, and how sure."""
    stays = {text: day.park(text) for text in ("京A12345", "京A12346")}
    approach = day.approach("exit", "京A12345", SMUDGED)
    asked = day.decide(approach)
    assert isinstance(asked, OperatorNeeded)
    best = asked.candidates[0]
    chosen = next(stay_id for stay_id in stays.values() if (stay_id == best.stay.stay_id) is right)
    order = Resolve(chosen, "Li", "the photo")
    decision = day.decide(Approach(approach.passage_id, approach.lane_id, "exit", approach.read, order=order))
    day.cross(approach, decision)
    record = day.record()
    assert (record.opened, record.asked, record.asked_wrong) == (0, 1, int(not right))
    assert record.asked_doubt_ppm == pytest.approx(1e6 * (1 - best.probability), abs=1)


def test_a_vehicle_believed_gone_contradicts_the_exit_that_ended_its_stay(day: Day) -> None:
    """When the vehicle of a stay stands at the exit that a similar one ended, that counts as a wrong open, once, and a
    person is told."""
    own, _ = day.park("京A12345"), day.park("京A12366")
    assert day.leave("京A12345", MISREAD) == own, "the other one leaves on its account"
    approach = day.approach("exit", "京A12345", {})
    assert isinstance(day.decide(approach), OperatorNeeded)
    assert isinstance(day.decide(approach), OperatorNeeded)
    assert day.alerts().count("contradicted_exit") == 1
    record = day.record()
    assert (record.opened, record.opened_wrong) == (1, 1)
    with day.store.transaction() as work:
        (alert,) = [each.raised for each in work.open_alerts() if each.raised.code == "contradicted_exit"]
    assert alert.stay_id == own


def test_a_visit_whose_entry_was_missed_contradicts_nothing(day: Day) -> None:
    """Where nobody inside can have left on its account, a plate believed gone is on another visit."""
    day.park("京A12345")
    day.park("沪B67890")
    day.leave("京A12345")
    assert isinstance(day.decide(day.approach("exit", "京A12345", {})), OperatorNeeded)
    assert day.record().opened_wrong == 0
    assert "contradicted_exit" not in day.alerts()


def test_a_stay_that_ended_long_ago_contradicts_nothing(day: Day) -> None:
    """After a day the same plate at the exit is another visit."""
    day.park("京A12345")
    day.park("京A12366")
    day.leave("京A12345", MISREAD)
    day.clock.forward(minutes=25 * 60)
    assert isinstance(day.decide(day.approach("exit", "京A12345", {})), OperatorNeeded)
    assert day.record().opened_wrong == 0


def test_wrong_opens_make_the_lot_ask_where_it_opened_before(day: Day) -> None:
    """A doubt under which the barrier opened is too much once exits were contradicted; months later they are past."""
    nearly_clear = {6: (("5", 0.992), ("6", 0.004))}
    own, _ = day.park("京A12345"), day.park("京A12346")
    leaving = day.approach("exit", "京A12345", nearly_clear)
    assert isinstance(day.decide(leaving), Admitted)
    with day.store.transaction() as work:
        day.handlers.abandon(work, leaving, own)
    with day.store.transaction() as work:
        for number in range(8):
            work.record(MatchJudged(f"passage-{number}", own, True, False, 0, day.clock.now()), day.clock.now())
    assert day.record().carefulness(1e-4) == pytest.approx(9, abs=0.1)
    assert isinstance(day.decide(day.approach("exit", "京A12345", nearly_clear)), OperatorNeeded)
    day.clock.forward(minutes=150 * 24 * 60)
    assert day.record().carefulness(1e-4) == 1
