"""What the cloud's mirror makes of emergencies and of instants that a lot moved."""

from datetime import UTC, datetime, timedelta

import pytest

from api.ingest.mirror import Mirror, Unprojectable
from api.ingest.projection import project
from lot_server.domain import events
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)
PAID = Settlement("set-1", "stay-1", Money(500, "EUR"), "cash", "1", NOON, NOON)


def entered() -> Mirror:
    """A mirror with one vehicle inside that has paid."""
    mirror = Mirror("lot-1")
    project(mirror, events.LotDescribed("Lot", "1 Road", 0, 0, 9, 9, "UTC", "EUR"), NOON)
    admitted = events.EntryAdmitted(
        "stay-1", "in-1", "entry-1", "AB12", None, None, "emergency", None, (), None, 1, NOON
    )
    project(mirror, admitted, NOON)
    project(mirror, events.EntryConfirmed("stay-1", "in-1", NOON, 8), NOON)
    project(mirror, events.SettlementApplied(PAID), NOON)
    return mirror


def test_instants_that_a_lot_moved_are_moved() -> None:
    """Stay, passage and payment have the instants that the lot says were right."""
    mirror = entered()
    project(mirror, events.ClockDoubted("behind_last_fact", 1, "boot", 5), NOON)
    project(mirror, events.ClockDoubtEnded(5, "operator", "ann", "watch", 10_800_000_000), LATER)
    project(mirror, events.StayRetimed("stay-1", LATER, LATER, None), LATER)
    project(mirror, events.PassageRetimed("in-1", LATER, LATER), LATER)
    moved = Settlement("set-1", "stay-1", Money(500, "EUR"), "cash", "1", LATER, LATER)
    project(mirror, events.SettlementRetimed(moved), LATER)
    stay, money = mirror.stays["stay-1"], mirror.settlements["cash", "1"]
    assert (stay.read_at, stay.entered_at, stay.exited_at) == (LATER, LATER, None)
    assert mirror.passages["in-1"].occurred_at == LATER
    assert (money.settled_at, money.amount_minor) == (LATER, 500)


def test_an_exit_without_a_stay_is_given_one_later() -> None:
    """It stands in the mirror without a stay until the lot says whose it was; the stay is closed then."""
    mirror = entered()
    project(mirror, events.EmergencyBegan("input", "panel.fire", "fire"), NOON)
    project(mirror, events.UnmatchedExit("out-1", "exit-1", None, None, (), NOON), NOON)
    assert (mirror.passages["out-1"].stay_id, mirror.passages["out-1"].state) == (None, "confirmed")
    money = Money(500, "EUR")
    admitted = events.ExitAdmitted(
        "stay-1", "out-1", "exit-1", None, "emergency", None, (), money, money, "ann", "photos", NOON
    )
    project(mirror, admitted, LATER)
    project(mirror, events.ExitConfirmed("stay-1", "out-1", NOON, 9), LATER)
    project(mirror, events.EmergencyEnded("ann", "over"), LATER)
    assert (mirror.passages["out-1"].stay_id, mirror.stays["stay-1"].state) == ("stay-1", "closed")


def test_what_was_never_there_cannot_be_moved() -> None:
    """A stay that no fact introduced is refused, as ever."""
    with pytest.raises(Unprojectable):
        project(Mirror("lot-1"), events.StayRetimed("stay-9", NOON, None, None), NOON)
