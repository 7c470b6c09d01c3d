"""What becomes of vehicles whose plates do not tell who they are: the rows of docs/vehicles.md, on the real store."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hand_lane import PASS, TARIFF, HandClock, open_lot, sighting

from lot_server.decisions import Admitted, Approach, Decision, OpenLane, OperatorNeeded, PaymentDue, Resolve, ShowTicket
from lot_server.domain.events import TariffPublished
from lot_server.domain.stay import Direction, Stay
from lot_server.domain.tariff import ClassRate, RateLine
from lot_server.handlers import Handlers
from lot_server.identifiers import new_id
from lot_server.lane_read import from_sighting
from lot_server.store.store import Store
from vision.types import Color, Sighting

PLATE, OTHER = "京A12345", "沪B67890"
PROVINCES = {0: (("京", 0.5), ("沪", 0.49))}
"""A read whose province might be either."""


class Day:
    """One lot and its jobs, each in a transaction of its own."""

    def __init__(self, folder: Path) -> None:
        self.store, self.clock = Store(folder / "lot.db", "test"), HandClock()
        self.handlers = Handlers(self.clock)
        with self.store.transaction() as work:
            open_lot(work, 9)

    def approach(self, direction: Direction, seen: Sighting | None, **more: object) -> Approach:
        self.clock.forward(minutes=2)
        read = from_sighting(seen, ("f" * 64,), self.clock.now(), 0.5)
        approach = Approach(new_id(), f"{direction}-1", direction, read, **more)  # type: ignore[arg-type]
        self.handlers.leftovers.begin(approach.passage_id)
        return approach

    def decide(self, approach: Approach) -> Decision:
        with self.store.transaction() as work:
            return self.handlers.decide(work, approach)

    def cross(self, approach: Approach, decision: Decision) -> Stay:
        assert isinstance(decision, Admitted)
        assert decision.stay_id is not None
        with self.store.transaction() as work:
            self.handlers.confirm(work, approach, decision.stay_id, self.clock.now())
        self.handlers.leftovers.end(approach.passage_id)
        return self.stay(decision.stay_id)

    def park(self, seen: Sighting | None) -> Stay:
        approach = self.approach("entry", seen)
        return self.cross(approach, self.decide(approach))

    def stay(self, stay_id: str) -> Stay:
        with self.store.transaction() as work:
            stay = work.stay(stay_id)
        assert stay is not None
        return stay

    def alerts(self) -> list[str]:
        with self.store.transaction() as work:
            return [alert.raised.code for alert in work.open_alerts()]

    def bodies(self, kind: str) -> list[dict[str, object]]:
        with self.store.transaction() as work:
            return [dict(each.body) for each in work.envelopes() if each.kind == kind]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    day = Day(tmp_path)
    yield day
    day.store.close()


def colored(text: str, color: Color) -> Sighting:
    return replace(sighting(text), color=color)


def test_a_plate_that_is_inside_already_stays_a_question(day: Day) -> None:
    """A second vehicle of a plate enters by ticket; the alert names both and outlives an operator's order to open."""
    first = day.park(sighting(PLATE))
    second = day.approach("entry", sighting(PLATE), order=OpenLane("li.na", "the driver lives here"))
    stay = day.cross(second, day.decide(second))
    assert (stay.plate, bool(stay.ticket_id)) == (None, True)
    assert day.alerts() == ["already_inside"]
    assert first.stay_id in str(day.bodies("alert_raised")[-1]["text"])


def test_a_misread_that_looked_inside_is_corrected(day: Day) -> None:
    """Once an operator says what the second plate is, both leave by their own."""
    first, second = day.park(sighting(PLATE)), day.park(sighting(PLATE))
    with day.store.transaction() as work:
        day.handlers.correct_plate(work, second.stay_id, OTHER, "li.na", "both photos")
    for plate, stay in ((OTHER, second), (PLATE, first)):
        leaving = day.approach("exit", sighting(plate))
        assert day.cross(leaving, day.decide(leaving)).stay_id == stay.stay_id


def test_one_text_in_two_colours_is_two_vehicles(day: Day) -> None:
    """The same text on another colour is told as such; each leaves by ticket or by an operator, never by chance."""
    blue = day.park(colored(PLATE, "blue"))
    yellow = day.park(colored(PLATE, "yellow"))
    assert day.alerts() == ["twin_plate"]
    leaving = day.approach("exit", colored(PLATE, "yellow"))
    asked = day.decide(leaving)
    assert isinstance(asked, OperatorNeeded)
    assert {each.stay.stay_id for each in asked.candidates} == {blue.stay_id, yellow.stay_id}
    shown = replace(leaving, order=ShowTicket(yellow.stay_id, "lot", "ticket shown"))
    assert day.cross(shown, day.decide(shown)).stay_id == yellow.stay_id
    assert day.alerts() == ["twin_plate"]


def test_an_unsure_colour_is_no_other_vehicle(day: Day) -> None:
    """Where a colour could not be told, the same text is inside already."""
    day.park(colored(PLATE, "blue"))
    day.park(colored(PLATE, "other"))
    assert day.alerts() == ["already_inside"]


def test_provinces_part_what_is_alike_otherwise(day: Day) -> None:
    """Two plates that differ in the province alone enter by plate; a read of it opens, one without it asks."""
    beijing, shanghai = day.park(sighting(PLATE)), day.park(sighting("沪A12345"))
    assert (beijing.plate, shanghai.plate, day.alerts()) == (PLATE, "沪A12345", [])
    asked = day.decide(day.approach("exit", sighting(PLATE, PROVINCES)))
    assert isinstance(asked, OperatorNeeded)
    assert asked.code == "ambiguous_exit"
    leaving = day.approach("exit", sighting("沪A12345"))
    assert day.cross(leaving, day.decide(leaving)).stay_id == shanghai.stay_id


def test_a_vehicle_that_is_not_inside_waits_for_a_person(day: Day) -> None:
    """No stay fits: nothing opens, and an operator who opens all the same leaves a record and closes no stay."""
    inside = day.park(sighting(OTHER))
    leaving = day.approach("exit", sighting(PLATE))
    asked = day.decide(leaving)
    assert isinstance(asked, OperatorNeeded)
    assert (asked.code, day.alerts()) == ("unmatched_exit", ["unmatched_exit"])
    opened = day.decide(replace(leaving, order=OpenLane("li.na", "it came in while the entry was open")))
    assert opened == Admitted(None, PLATE)
    assert "opened_without_stay" in [body["code"] for body in day.bodies("alert_raised")]
    assert day.stay(inside.stay_id).state == "open"


def test_changed_plates_are_told_and_stay_told(day: Day) -> None:
    """A stay that leaves with another plate by an operator's match raises an alert that nobody but a person closes."""
    stay = day.park(sighting(PLATE))
    leaving = day.approach("exit", sighting(OTHER))
    assert isinstance(day.decide(leaving), OperatorNeeded)
    resolved = replace(leaving, order=Resolve(stay.stay_id, "li.na", "same car, new plate"))
    assert day.cross(resolved, day.decide(resolved)).state == "closed"
    assert day.alerts() == ["changed_plates"]
    (admitted,) = day.bodies("exit_admitted")
    assert (admitted["read_plate"], admitted["operator"]) == (OTHER, "li.na")


def test_the_same_plate_is_no_changed_one(day: Day) -> None:
    """An operator who picks the stay of the plate that was read raises nothing."""
    stay = day.park(sighting(PLATE))
    day.park(sighting(PLATE))
    leaving = day.approach("exit", sighting(PLATE))
    assert isinstance(day.decide(leaving), OperatorNeeded)
    resolved = replace(leaving, order=Resolve(stay.stay_id, "li.na", "both photos"))
    day.cross(resolved, day.decide(resolved))
    assert day.alerts() == ["already_inside"]


@pytest.mark.parametrize("at_exit", ["the trailer's plate alone", "both plates"])
def test_a_trailer_leads_to_its_tractor(day: Day, at_exit: str) -> None:
    """The other plate of an entry or an exit names the stay as a candidate; an operator, never the lot, opens by it."""
    beside = replace(sighting(PLATE), besides=(sighting(OTHER),)) if at_exit != "both plates" else sighting(PLATE)
    stay = day.park(beside)
    seen = sighting(OTHER)
    if at_exit == "both plates":
        seen = replace(seen, besides=(sighting(PLATE),))
    leaving = day.approach("exit", seen)
    asked = day.decide(leaving)
    assert isinstance(asked, OperatorNeeded)
    assert [(each.stay.stay_id, each.probability) for each in asked.candidates] == [(stay.stay_id, 0.0)]
    assert stay.stay_id in str(day.bodies("alert_raised")[-1]["text"])


def test_a_motorcycle_enters_by_ticket(day: Day) -> None:
    """A vehicle without a front plate gets a ticket, and leaves by it though its rear plate is read at the exit."""
    stay = day.park(None)
    assert stay.ticket_id is not None
    leaving = day.approach("exit", sighting(PLATE))
    assert isinstance(day.decide(leaving), OperatorNeeded)
    shown = replace(leaving, order=ShowTicket(stay.stay_id, "lot", f"ticket shown: {stay.ticket_id}"))
    assert day.cross(shown, day.decide(shown)).state == "closed"
    assert day.alerts() == []


def test_a_motorcycle_pays_its_own_rate(day: Day) -> None:
    """What a lane or an operator says of a vehicle decides its class, though no plate was read."""
    own = ClassRate("motorcycles", (), lines=(RateLine(0, 60, 100),), vehicles=("motorcycle",))
    with day.store.transaction() as work:
        work.record(TariffPublished(replace(TARIFF, version=2, classes=(own,))), day.clock.now())
    by_lane = Handlers(day.clock, vehicles={"entry-1": "motorcycle"})
    plain, day.handlers = day.handlers, by_lane
    stays = [day.park(None)]
    day.handlers = plain
    stays.append(day.park(None))
    day.clock.forward(minutes=50)
    with day.store.transaction() as work:
        assert [day.handlers.fee_of(work, each.stay_id).due.minor for each in stays] == [100, 500]
        day.handlers.class_vehicle(work, stays[1].stay_id, "motorcycle", "li.na", "seen")
        assert day.handlers.fee_of(work, stays[1].stay_id).due.minor == 100


MISREAD = {3: (("Z", 0.55), ("2", 0.44))}
"""An entry's read of 京A12345 as 京A1Z345."""


def test_a_plate_read_wrong_at_the_entry_is_corrected_at_the_exit(day: Day) -> None:
    """The surer read wins, as an event that says how sure it is, before the stay is priced."""
    stay = day.park(sighting(PLATE, MISREAD))
    assert stay.plate == "京A1Z345"
    leaving = day.approach("exit", sighting(PLATE))
    assert day.cross(leaving, day.decide(leaving)).plate == PLATE
    (corrected,) = day.bodies("plate_corrected")
    assert (corrected["operator"], corrected["plate"]) == ("lot", PLATE)
    assert "99." in str(corrected["reason"])
    with day.store.transaction() as work:
        assert work.corrected_reads() == [], "a read that nobody looked at is no truth"


def test_a_corrected_plate_brings_its_pass(day: Day) -> None:
    """A pass holder misread at the entry parks by the pass all the same."""
    wrong = {3: (("B", 0.55), ("8", 0.44))}
    day.park(sighting(PASS.plate, wrong))
    day.clock.forward(hours=3)
    leaving = day.approach("exit", sighting(PASS.plate))
    day.cross(leaving, day.decide(leaving))
    assert day.bodies("exit_admitted")[0]["decision"] == "pass"
    assert day.alerts() == ["plate_corrected"]


def test_what_a_person_said_is_not_overruled(day: Day) -> None:
    """A plate that an operator corrected stays as it is, and so does one of which another vehicle is inside."""
    stay = day.park(sighting(PLATE, MISREAD))
    with day.store.transaction() as work:
        day.handlers.correct_plate(work, stay.stay_id, "京A12346", "li.na", "seen on the photo")
    leaving = day.approach("exit", sighting(PLATE, {6: (("5", 0.5), ("6", 0.49))}))
    day.cross(leaving, day.decide(leaving))
    assert day.stay(stay.stay_id).plate == "京A12346"
    assert [body["operator"] for body in day.bodies("plate_corrected")] == ["li.na"]


def test_a_sure_entry_is_not_corrected_by_an_unsure_exit(day: Day) -> None:
    """A smudge at the exit finds the stay and changes nothing about it."""
    stay = day.park(sighting(PLATE))
    day.clock.forward(minutes=50)
    leaving = day.approach("exit", sighting(PLATE, {3: (("Z", 0.6), ("2", 0.39))}))
    assert isinstance(day.decide(leaving), PaymentDue)
    assert (day.stay(stay.stay_id).plate, day.bodies("plate_corrected")) == (PLATE, [])
