"""The jobs of a lot on the real store: settlements, corrections, exits of every kind, and what a crash leaves."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import MORNING, PASS, HandClock, open_lot, sighting

from lot_server.decisions import (
    Admitted,
    Approach,
    Decision,
    NotAdmitted,
    OpenLane,
    OperatorNeeded,
    PaymentDue,
    Resolve,
)
from lot_server.domain.errors import BadPlate, CurrencyMismatch
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.money import Money
from lot_server.domain.stay import Direction, Settlement, Stay
from lot_server.errors import NoTariff, NotDescribed, SettlementConflict, UnknownStay
from lot_server.handlers import Handlers
from lot_server.identifiers import new_id
from lot_server.lane_read import from_sighting
from lot_server.store.store import Store

PLATE = "京A12345"


class Day:
    """One lot and its jobs, each in a transaction of its own."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "lot.db", "test")
        self.clock = HandClock()
        self.handlers = Handlers(self.clock)

    def approach(self, direction: Direction, text: str | None, **more: object) -> Approach:
        read = from_sighting(None if text is None else sighting(text), ("f" * 64,), self.clock.now(), 0.5)
        approach = Approach(new_id(), f"{direction}-1", direction, read, **more)  # type: ignore[arg-type]
        self.handlers.leftovers.begin(approach.passage_id)
        return approach

    def decide(self, approach: Approach) -> Decision:
        with self.store.transaction() as work:
            return self.handlers.decide(work, approach)

    def cross(self, approach: Approach, decision: Decision) -> str:
        assert isinstance(decision, Admitted)
        assert decision.stay_id is not None
        with self.store.transaction() as work:
            self.handlers.confirm(work, approach, decision.stay_id, self.clock.now())
        self.handlers.leftovers.end(approach.passage_id)
        return decision.stay_id

    def park(self, text: str | None) -> str:
        approach = self.approach("entry", text)
        return self.cross(approach, self.decide(approach))

    def settle(self, settlement: Settlement) -> str:
        with self.store.transaction() as work:
            return self.handlers.apply_settlement(work, settlement)

    def crash(self) -> None:
        self.handlers = Handlers(self.clock)
        with self.store.transaction() as work:
            self.handlers.recover(work)

    def stay(self, stay_id: str) -> Stay:
        with self.store.transaction() as work:
            stay = work.stay(stay_id)
        assert stay is not None
        return stay

    def kinds(self) -> list[str]:
        with self.store.transaction() as work:
            return [envelope.kind for envelope in work.envelopes()]

    def alerts(self) -> list[str]:
        with self.store.transaction() as work:
            return [alert.raised.code for alert in work.open_alerts()]

    def paid(self, stay_id: str, minor: int = 500, reference: str = "o1", currency: str = "CNY") -> Settlement:
        now = self.clock.now()
        return Settlement(new_id(), stay_id, Money(minor, currency), "sandbox", reference, now, now)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    day = Day(tmp_path)
    with day.store.transaction() as work:
        open_lot(work)
    yield day
    with day.store.transaction() as work:
        seq, head = work.head()
        assert verify(work.envelopes(), 0, GENESIS) == head, "the ledger of the day does not hold together"
        assert seq == len(list(work.envelopes()))
    day.store.close()


def test_free_minutes_leave_without_paying(day: Day) -> None:
    """A stay within the free minutes owes nothing and is let go as free."""
    stay_id = day.park(PLATE)
    day.clock.forward(minutes=15)
    leaving = day.approach("exit", PLATE)
    day.cross(leaving, day.decide(leaving))
    assert day.stay(stay_id).state == "closed"
    with day.store.transaction() as work:
        admitted = next(each for each in work.envelopes() if each.kind == "exit_admitted")
    assert (admitted.body["decision"], admitted.body["gross"]["minor"]) == ("free", 0)


def test_a_settlement_counts_once_for_ever(day: Day) -> None:
    """The same provider reference again changes nothing, days later and after the stay has left too."""
    stay_id = day.park(PLATE)
    day.clock.forward(minutes=50)
    assert day.settle(day.paid(stay_id)) == "applied"
    leaving = day.approach("exit", PLATE)
    day.cross(leaving, day.decide(leaving))
    day.clock.forward(days=400)
    assert day.settle(day.paid(stay_id)) == "already_applied"
    assert day.kinds().count("settlement_applied") == 1


def test_a_settlement_for_a_stay_that_left_is_counted(day: Day) -> None:
    """Money that comes too late is on the books all the same."""
    stay_id = day.park(PLATE)
    leaving = day.approach("exit", PLATE)
    day.cross(leaving, day.decide(leaving))
    assert day.settle(day.paid(stay_id)) == "applied"


@pytest.mark.parametrize("change", ["amount", "stay"])
def test_a_reference_used_twice_is_a_conflict(day: Day, change: str) -> None:
    """One reference for two payments is an error that a person must look at, not a silent second payment."""
    first, second = day.park(PLATE), day.park("粤B77777")
    day.settle(day.paid(first))
    other = day.paid(first, 600) if change == "amount" else day.paid(second)
    with pytest.raises(SettlementConflict, match="o1"):
        day.settle(other)


def test_money_for_nobody_is_refused(day: Day) -> None:
    """A settlement for an unknown stay or in another currency is a typed error and leaves nothing."""
    with pytest.raises(UnknownStay):
        day.settle(day.paid("nobody"))
    stay_id = day.park(PLATE)
    with pytest.raises(CurrencyMismatch):
        day.settle(day.paid(stay_id, currency="EUR"))
    assert "settlement_applied" not in day.kinds()


def test_a_corrected_plate_is_matched_and_priced(day: Day) -> None:
    """An operator's correction, normalised, is what the exit looks for, and the plate's pass counts."""
    stay_id = day.park("沪B88883")
    with day.store.transaction() as work:
        day.handlers.correct_plate(work, stay_id, "沪b·88888", "Li", "3 for 8")
    day.clock.forward(days=1)
    decision = day.decide(day.approach("exit", PASS.plate))
    assert decision == Admitted(stay_id, PASS.plate)


def test_only_a_plate_and_only_inside_can_be_corrected(day: Day) -> None:
    """Nonsense and stays that ended are refused."""
    stay_id = day.park(PLATE)
    for wrong, error in ((("nobody", "A1"), UnknownStay), ((stay_id, "?!"), BadPlate)):
        with pytest.raises(error), day.store.transaction() as work:
            day.handlers.correct_plate(work, *wrong, "Li", "why not")
    leaving = day.approach("exit", PLATE)
    day.cross(leaving, day.decide(leaving))
    with pytest.raises(UnknownStay), day.store.transaction() as work:
        day.handlers.correct_plate(work, stay_id, "A1", "Li", "too late")


def test_the_operator_waives_with_a_reason(day: Day) -> None:
    """An exit opened by an operator for a stay that owes keeps what was owed, who opened and why."""
    stay_id = day.park(PLATE)
    day.clock.forward(hours=2)
    leaving = day.approach("exit", PLATE)
    due = day.decide(leaving)
    assert isinstance(due, PaymentDue)
    assert due.quote.due == Money(1000, "CNY")
    order = OpenLane("Li", "the machine was broken")
    decision = day.decide(Approach(leaving.passage_id, "exit-1", "exit", leaving.read, due.stay_id, order=order))
    assert decision == Admitted(stay_id, PLATE)
    with day.store.transaction() as work:
        body = next(each.body for each in work.envelopes() if each.kind == "exit_admitted")
    assert (body["decision"], body["operator"], body["reason"]) == ("operator", "Li", "the machine was broken")
    assert (body["gross"]["minor"], body["paid"]["minor"]) == (1000, 0)


def test_resolving_asks_for_the_money_of_the_stay_that_was_picked(day: Day) -> None:
    """An operator's pick is priced like any match."""
    stay_id = day.park(None)
    day.clock.forward(hours=1)
    unread = day.approach("exit", None)
    needed = day.decide(unread)
    assert isinstance(needed, OperatorNeeded)
    assert (needed.code, day.alerts()) == ("unreadable_exit", ["unreadable_exit"])
    order = Resolve(stay_id, "Li", "showed the ticket")
    decision = day.decide(Approach(unread.passage_id, "exit-1", "exit", unread.read, order=order))
    assert isinstance(decision, PaymentDue)
    assert decision.quote.due == Money(500, "CNY")
    assert day.alerts() == []


def test_asking_twice_raises_one_alert(day: Day) -> None:
    """A vehicle that is read again and again does not flood the operator."""
    stranger = day.approach("exit", "粤Z99999")
    for _ in range(3):
        assert isinstance(day.decide(stranger), OperatorNeeded)
    assert day.alerts() == ["unmatched_exit"]


def test_one_stay_leaves_through_one_lane(day: Day) -> None:
    """While a vehicle drives out, a second one with the same plate does not leave on its stay."""
    day.park(PLATE)
    assert isinstance(day.decide(day.approach("exit", PLATE)), Admitted)
    assert isinstance(day.decide(day.approach("exit", PLATE)), OperatorNeeded)


def test_a_vehicle_driving_in_cannot_leave_elsewhere(day: Day) -> None:
    """A stay whose vehicle stands in an entry at this moment is not matched, and cannot be picked, at an exit."""
    entering = day.decide(day.approach("entry", PLATE))
    assert isinstance(entering, Admitted)
    assert isinstance(day.decide(day.approach("exit", PLATE)), OperatorNeeded)
    picked = Resolve(str(entering.stay_id), "Li", "picked")
    with pytest.raises(UnknownStay, match="driving in"):
        day.decide(day.approach("exit", None, order=picked))


def test_the_last_space_is_given_once(day: Day) -> None:
    """Two vehicles at two entries do not both get the last space."""
    day.park("粤A00001")
    day.park("粤A00002")
    assert isinstance(day.decide(day.approach("entry", "粤A00003")), Admitted)
    refused = day.decide(day.approach("entry", "粤A00004"))
    assert isinstance(refused, NotAdmitted)
    assert refused.reason == "full"


def test_an_exit_cut_off_by_a_crash_is_closed_when_the_vehicle_enters_again(day: Day) -> None:
    """A plate at the entry proves that the exit before the crash happened; no stay is left behind."""
    stay_id = day.park(PLATE)
    day.decide(day.approach("exit", PLATE))
    day.crash()
    assert day.alerts() == ["unfinished_passage"]
    day.clock.forward(days=1)
    decision = day.decide(day.approach("entry", PLATE))
    assert isinstance(decision, Admitted)
    assert decision.plate == PLATE
    assert day.stay(stay_id).state == "closed"
    assert day.stay(stay_id).exited_at == MORNING
    assert day.alerts() == []


def test_an_exit_cut_off_by_a_crash_is_abandoned_when_the_vehicle_is_still_inside(day: Day) -> None:
    """A plate at the exit again proves that the vehicle did not leave; it is priced up to now."""
    stay_id = day.park(PLATE)
    day.decide(day.approach("exit", PLATE))
    day.crash()
    day.clock.forward(hours=2)
    decision = day.decide(day.approach("exit", PLATE))
    assert isinstance(decision, PaymentDue)
    assert decision.stay_id == stay_id
    assert (day.kinds().count("exit_abandoned"), day.alerts()) == (1, [])


def test_an_entry_cut_off_by_a_crash_is_charged_from_its_read(day: Day) -> None:
    """A vehicle that drove in while the server was down pays from when it was read, when it leaves."""
    day.decide(day.approach("entry", PLATE))
    day.crash()
    day.clock.forward(hours=3)
    decision = day.decide(day.approach("exit", PLATE))
    assert isinstance(decision, PaymentDue)
    assert decision.quote.due == Money(1500, "CNY")
    assert day.stay(decision.stay_id).entered_at == MORNING


def test_faults_are_reported_once_and_end_with_a_restart(day: Day) -> None:
    """A dead camera is one alert until it works, or until the server starts and finds out anew."""
    for _ in range(2):
        with day.store.transaction() as work:
            day.handlers.report_fault(work, "entry-1", "source_unavailable", "no picture")
            day.handlers.report_fault(work, "exit-1", "source_unavailable", "no picture")
    assert day.alerts() == ["source_unavailable"] * 2
    with day.store.transaction() as work:
        day.handlers.fault_over(work, "entry-1", "source_unavailable")
    assert day.alerts() == ["source_unavailable"]
    day.crash()
    assert day.alerts() == []


def test_a_lot_without_facts_admits_nobody(tmp_path: Path) -> None:
    """Without its own facts or a tariff a lot cannot decide, and says so."""
    day = Day(tmp_path)
    try:
        with pytest.raises(NotDescribed):
            day.decide(day.approach("entry", PLATE))
        day.clock.time = MORNING - timedelta(days=99)
        with day.store.transaction() as work:
            open_lot(work)
        with pytest.raises(NoTariff):
            day.decide(day.approach("entry", PLATE))
        assert "entry_admitted" not in day.kinds()
    finally:
        day.store.close()
