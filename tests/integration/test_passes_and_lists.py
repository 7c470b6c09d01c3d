"""Passes with shared spaces, block and allow lists, and spaces that are kept, on the real store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import MORNING
from rights_lot import RightsLot

from lot_server.decisions import Admitted, NotAdmitted, PaymentDue
from lot_server.domain.errors import BadPass
from lot_server.domain.events import EntryConfirmed, LotDescribed, decode
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.listing import ListedPlate
from lot_server.domain.stay import Pass
from lot_server.errors import BadListing, NotListed, UnknownPass
from lot_server.rights.lists import enlist, unlist
from lot_server.rights.passes import extend, grant, revoke

DAY = timedelta(days=1)
FIRST, SECOND, THIRD = "粤B11111", "粤B22222", "粤B33333"
HOUSEHOLD = Pass("flat-7", FIRST, "resident", MORNING - DAY, MORNING + 30 * DAY, (SECOND, THIRD))


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[RightsLot]:
    lot = RightsLot(tmp_path)
    with lot.store.transaction() as work:
        grant(work, HOUSEHOLD, "ann", "moved in", lot.now)
    yield lot
    with lot.store.transaction() as work:
        assert verify(work.envelopes(), 0, GENESIS) == work.head()[1]
    lot.store.close()


def describe(lot: RightsLot, **facts: object) -> None:
    with lot.store.transaction() as work:
        stored = work.lot()
        assert stored is not None
        work.record(replace(stored, **facts), lot.now)  # type: ignore[arg-type]


def change(lot: RightsLot, held: Pass) -> None:
    with lot.store.transaction() as work:
        grant(work, held, "ann", "changed", lot.now)


def allow(lot: RightsLot, plate: str, **more: bool) -> None:
    with lot.store.transaction() as work:
        enlist(work, ListedPlate("allow", plate, "ambulance", None, **more), "ann", lot.now)


def test_a_household_shares_its_space(lot: RightsLot) -> None:
    """The second vehicle is a visitor; when the first leaves it has the space, and pays only for the time before."""
    one = lot.park(FIRST)
    lot.clock.forward(minutes=10)
    two = lot.park(SECOND)
    three = lot.park(THIRD)
    assert [lot.stay(each).pass_id for each in (one, two, three)] == ["flat-7", None, None]
    assert [lot.stay(each).waits_for for each in (one, two, three)] == [None, "flat-7", "flat-7"]
    lot.clock.forward(minutes=50)
    assert (lot.owes(one).due.minor, lot.owes(two).due.minor) == (0, 500)
    lot.leave(FIRST)
    taken_over = lot.stay(two)
    assert (taken_over.pass_id, taken_over.pass_since, taken_over.waits_for) == ("flat-7", lot.now, None)
    assert lot.stay(three).waits_for == "flat-7"
    lot.clock.forward(hours=30)
    owed = lot.owes(two)
    assert (owed.due.minor, owed.steps[-1].kind) == (500, "pass_from")
    assert lot.owes(three).due.minor > 500
    waiting = lot.approach("exit", SECOND)
    assert isinstance(lot.decide(waiting), PaymentDue)
    lot.settle(two, 500)
    lot.clock.forward(days=2)
    lot.cross(waiting, lot.decide(waiting))
    assert lot.stay(three).pass_id == "flat-7"


def test_a_visitor_with_a_minute_to_go_is_not_charged_twice(lot: RightsLot) -> None:
    """Within the free minutes before the takeover nothing is due, however long the pass carries the stay."""
    lot.park(FIRST)
    two = lot.park(SECOND)
    lot.clock.forward(minutes=15)
    lot.leave(FIRST)
    lot.clock.forward(days=5)
    assert lot.owes(two).due.minor == 0
    lot.leave(SECOND)


def test_a_vehicle_that_backs_out_leaves_the_space(lot: RightsLot) -> None:
    """A promised space is taken while its vehicle drives in, and free for the next as soon as it backs out."""
    first = lot.approach("entry", FIRST)
    decision = lot.decide(first)
    assert isinstance(decision, Admitted)
    two = lot.park(SECOND)
    assert lot.stay(two).waits_for == "flat-7"
    with lot.store.transaction() as work:
        assert decision.stay_id is not None
        lot.handlers.abandon(work, first, decision.stay_id)
    assert lot.stay(two).pass_id == "flat-7"
    lot.clock.forward(hours=9)
    assert lot.owes(two).due.minor == 0


def test_more_spaces_and_new_plates_reach_who_is_inside(lot: RightsLot) -> None:
    """A pass with more spaces takes over who waits; a new one covers a vehicle whose entry lies within it."""
    lot.park(FIRST)
    two, stranger = lot.park(SECOND), lot.park("浙C44444")
    lot.clock.forward(hours=2)
    change(lot, replace(HOUSEHOLD, spaces=2))
    assert lot.stay(two).pass_since == lot.now
    change(lot, Pass("new", "浙C44444", "monthly", MORNING - DAY, MORNING + DAY))
    assert (lot.stay(stranger).pass_id, lot.stay(stranger).pass_since) == ("new", None)
    assert lot.owes(stranger).due.minor == 0
    later = lot.park("浙C55555")
    lot.clock.forward(hours=2)
    change(lot, Pass("late", "浙C55555", "monthly", lot.now, lot.now + DAY))
    assert lot.stay(later).pass_id is None


def test_a_revoked_pass_keeps_who_is_inside_and_nobody_else(lot: RightsLot) -> None:
    """Who came in by it leaves free; nobody enters by it, and nobody who waits takes its space any more."""
    lot.park(FIRST)
    two = lot.park(SECOND)
    lot.clock.forward(hours=3)
    with lot.store.transaction() as work:
        revoke(work, "flat-7", "ann", "moved out", lot.now)
        with pytest.raises(BadPass, match="ended already"):
            revoke(work, "flat-7", "ann", "again", lot.now)
        with pytest.raises(UnknownPass):
            extend(work, "flat-8", lot.now, "ann", "?", lot.now)
    lot.clock.forward(minutes=1)
    lot.leave(FIRST)
    assert lot.stay(two).pass_id is None
    assert lot.stay(lot.park(THIRD)).pass_id is None
    with lot.store.transaction() as work:
        extend(work, "flat-7", lot.now + DAY, "ann", "stays on", lot.now)
    assert lot.stay(lot.park(FIRST)).waits_for == "flat-7"


def test_a_pass_cannot_reach_into_the_past(lot: RightsLot) -> None:
    """What a vehicle was let in by is not taken from it: neither end nor begin moves behind what has happened."""
    with pytest.raises(BadPass, match="end in the past"):
        change(lot, replace(HOUSEHOLD, valid_until=lot.now - timedelta(hours=1)))
    with pytest.raises(BadPass, match="has begun"):
        change(lot, replace(HOUSEHOLD, valid_from=lot.now + timedelta(hours=1)))
    with pytest.raises(BadPass, match="twice"):
        replace(HOUSEHOLD, more_plates=(FIRST,))


def test_a_zone_is_the_lanes_that_lead_to_it(lot: RightsLot) -> None:
    """A pass that names lanes counts at them alone."""
    change(lot, Pass("level-2", "浙C66666", "staff", MORNING - DAY, MORNING + DAY, lanes=("entry-2",)))
    assert lot.stay(lot.park("浙C66666")).pass_id is None
    lot.leave("浙C66666")
    assert lot.stay(lot.park("浙C66666", "entry-2")).pass_id == "level-2"


def test_a_corrected_plate_changes_what_the_stay_parks_by(lot: RightsLot) -> None:
    """A plate that was read wrong gets its pass when it is corrected, and gives back one that was another's."""
    misread = lot.park("粤B1111I")
    lot.clock.forward(hours=2)
    two = lot.park(SECOND)
    with lot.store.transaction() as work:
        lot.handlers.correct_plate(work, two, "粤B22223", "ann", "a 3")
        lot.handlers.correct_plate(work, misread, FIRST, "ann", "a 1")
    assert (lot.stay(two).pass_id, lot.stay(misread).pass_id) == (None, "flat-7")
    assert lot.owes(misread).due.minor == 0


def test_a_blocked_plate_stays_out_until_its_place_ends(lot: RightsLot) -> None:
    """The configuration's plates and the list's are refused, the list's until they expire or are taken off."""
    until = lot.now + timedelta(hours=1)
    with lot.store.transaction() as work:
        enlist(work, ListedPlate("block", FIRST, "owes 3 stays", until), "ann", lot.now)
        enlist(work, ListedPlate("block", SECOND, "stolen"), "ann", lot.now)
        with pytest.raises(BadListing, match="allow list"):
            enlist(work, ListedPlate("block", THIRD, "x", free=True), "ann", lot.now)
        with pytest.raises(BadListing, match="ended already"):
            enlist(work, ListedPlate("allow", THIRD, "x", lot.now), "ann", lot.now)
    for plate in ("沪X00000", FIRST, SECOND):
        assert lot.decide(lot.approach("entry", plate)) == NotAdmitted(plate, "blocked")
    lot.clock.forward(hours=1)
    with lot.store.transaction() as work:
        unlist(work, "block", SECOND, "ann", "found again", lot.now)
        with pytest.raises(NotListed):
            unlist(work, "block", SECOND, "ann", "again", lot.now)
    assert lot.stay(lot.park(FIRST)).pass_id == "flat-7"
    assert lot.stay(lot.park(SECOND)).waits_for == "flat-7"


def test_the_allow_list_opens_a_lot_for_members(lot: RightsLot) -> None:
    """Without visitors, passes and allowed plates enter; a household's second vehicle and a lost plate do not."""
    describe(lot, members_only=True)
    allow(lot, "浙C77777")
    lot.park(FIRST)
    assert lot.decide(lot.approach("entry", SECOND)) == NotAdmitted(SECOND, "members_only")
    assert lot.decide(lot.approach("entry", None)) == NotAdmitted(None, "members_only")
    stay_id = lot.park("浙C77777")
    lot.clock.forward(hours=2)
    assert lot.owes(stay_id).due.minor == 1000


def test_the_allow_list_parks_free_and_enters_a_full_lot(lot: RightsLot) -> None:
    """`free` makes a stay cost nothing, whatever becomes of the list later; `when_full` admits to a full lot."""
    describe(lot, spaces=1)
    allow(lot, "浙C88888", free=True)
    allow(lot, "浙C99999", free=True, when_full=True)
    stay_id = lot.park("浙C88888")
    with lot.store.transaction() as work:
        unlist(work, "allow", "浙C88888", "ann", "no more", lot.now)
    lot.clock.forward(days=1)
    assert [step.kind for step in lot.owes(stay_id).steps] == ["allowed"]
    assert lot.decide(lot.approach("entry", "浙C00001")) == NotAdmitted("浙C00001", "full")
    lot.park("浙C99999")
    assert lot.occupancy().free == -1


def test_spaces_are_kept_for_pass_holders(lot: RightsLot) -> None:
    """Visitors are refused once only kept spaces are free; pass holders inside use theirs up, arriving ones too."""
    describe(lot, spaces=3, kept_for_passes=2)
    lot.park("浙C00001")
    assert lot.decide(lot.approach("entry", "浙C00002")) == NotAdmitted("浙C00002", "full")
    arriving = lot.approach("entry", FIRST)
    decided = lot.decide(arriving)
    assert lot.occupancy().kept == 1
    assert lot.decide(lot.approach("entry", "浙C00002")) == NotAdmitted("浙C00002", "full")
    lot.cross(arriving, decided)
    lot.park("沪B88888")
    assert (lot.occupancy().free, lot.occupancy().kept) == (0, 0)
    lot.leave(FIRST)
    assert (lot.occupancy().free, lot.occupancy().kept) == (1, 1)
    assert lot.decide(lot.approach("entry", "浙C00002")) == NotAdmitted("浙C00002", "full")
    with lot.store.transaction() as work:
        found = [decode(each.kind, each.body) for each in work.envelopes()]
    told = [each for each in found if isinstance(each, EntryConfirmed)]
    assert [each.count.kept if each.count else 0 for each in told] == [2, 1, 0]
    assert isinstance(found[0], LotDescribed)
    assert found[0].count is None
