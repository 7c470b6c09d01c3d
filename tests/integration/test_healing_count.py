"""The count heals: strays, stays believed gone, recounts and the nightly reconciliation, on the real store."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rights_lot import RightsLot

from lot_server.decisions import HeldOpen, NotAdmitted, OpenLane
from lot_server.domain.events import ExitConfirmed, Reconciled, StayWrittenOff, StrayPassed, decode
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.occupancy import SpaceCount
from lot_server.errors import BadConfig, NothingWaits, UnknownStay
from lot_server.handlers import Handlers
from lot_server.spaces.config import OccupancySection
from lot_server.spaces.reconcile import reconcile_if_due
from lot_server.spaces.recount import recount
from lot_server.spaces.write_off import find_orphan, write_off

RULES = OccupancySection(reconcile_at="04:00", orphan_after_days=3, write_off_after_days=2, look_first_hours=12)
FIRST, SECOND = "浙C00001", "浙C00002"


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[RightsLot]:
    lot = RightsLot(tmp_path)
    yield lot
    with lot.store.transaction() as work:
        assert verify(work.envelopes(), 0, GENESIS) == work.head()[1]
        assert (work.free_spaces(), work.lot()) == (work.counting.occupancy().free, work.lot())
    lot.store.close()


def night(lot: RightsLot) -> Reconciled | None:
    with lot.store.transaction() as work:
        return reconcile_if_due(work, RULES, lot.now)


def found(lot: RightsLot, kind: type) -> list[object]:
    with lot.store.transaction() as work:
        return [each for each in (decode(one.kind, one.body) for one in work.envelopes()) if isinstance(each, kind)]


def bounds(lot: RightsLot) -> tuple[int, int, int]:
    now = lot.occupancy()
    return now.spaces - now.most_inside, now.free, now.spaces - now.least_inside


def test_a_vehicle_let_out_without_a_stay_is_counted(lot: RightsLot) -> None:
    """It frees a space, though a stay goes on that may have been its own; once a passage."""
    lot.park(FIRST)
    lot.let_out(None)
    assert bounds(lot) == (9, 10, 10)
    (told,) = found(lot, StrayPassed)
    assert isinstance(told, StrayPassed)
    assert (told.direction, told.cause, told.free_spaces, told.count) == (
        "exit",
        "opened_without_stay",
        10,
        SpaceCount(9, 10, 0),
    )
    approach = lot.approach("exit", None)
    with lot.store.transaction() as work:
        for _ in range(2):
            lot.handlers.count_stray(work, approach, "unread", lot.now)
    assert len(found(lot, StrayPassed)) == 2


def test_a_plate_that_comes_again_orphans_its_stay(lot: RightsLot) -> None:
    """The newcomer enters by ticket, and the old stay's vehicle is believed gone until somebody sees it."""
    one = lot.park(FIRST)
    lot.clock.forward(hours=1)
    lot.park(FIRST)
    assert lot.stay(one).orphaned == "reappeared"
    assert bounds(lot) == (8, 8, 9)
    with lot.store.transaction() as work:
        find_orphan(work, one, "ann", "it stands in row 3", lot.now)
        with pytest.raises(NothingWaits):
            find_orphan(work, one, "ann", "again", lot.now)
    assert bounds(lot) == (8, 8, 8)


def test_a_recount_settles_what_was_unsure(lot: RightsLot) -> None:
    """What a person counts is the truth from then on, though no stay is ended by it; a full lot may have room again."""
    for number in range(10):
        lot.park(f"浙C1000{number}")
    assert lot.decide(lot.approach("entry", FIRST)) == NotAdmitted(FIRST, "full")
    with lot.store.transaction() as work:
        recount(work, 8, "ann", "two bays are empty", lot.now)
    assert bounds(lot) == (2, 2, 2)
    lot.clock.forward(minutes=1)
    lot.park(FIRST)
    lot.leave("浙C10000")
    assert bounds(lot) == (2, 2, 2)
    with lot.store.transaction() as work:
        (ghost, *_) = [each for each in work.open_stays() if each.plate == "浙C10001"]
        write_off(work, ghost.stay_id, "operator", "its bay is empty", lot.now, "ann")
    assert bounds(lot) == (2, 2, 2)
    assert lot.occupancy().uncounted == -1


def test_a_stray_explains_who_came_again(lot: RightsLot) -> None:
    """Its plate was outside and a vehicle had left unknown: the stay ends as of then, and the count stays the same."""
    one = lot.park(FIRST)
    lot.clock.forward(hours=2)
    lot.let_out(None)
    gone_at = lot.now
    lot.clock.forward(hours=1)
    lot.park(FIRST)
    assert bounds(lot) == (8, 9, 9)
    lot.clock.time = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    early = night(lot)
    assert early is not None
    assert (early.day, early.written_off, early.strays, early.orphans) == ("2026-03-03", (), 1, 1)
    assert lot.alerts().count("occupancy_unsure") == 1
    lot.clock.forward(days=1)
    done = night(lot)
    assert done is not None
    assert (done.day, done.written_off, done.lost.minor, done.free_before, done.free_spaces) == (
        "2026-03-04",
        (one,),
        1000,
        9,
        9,
    )
    assert night(lot) is None
    ended = lot.stay(one)
    assert (ended.state, ended.exited_at, lot.owes(one).due.minor) == ("closed", gone_at, 1000)
    (event,) = found(lot, StayWrittenOff)
    assert isinstance(event, StayWrittenOff)
    assert (event.cause, event.operator, event.gross.minor, event.paid.minor) == ("left_unseen", None, 1000, 0)
    assert {"written_off_owing", "occupancy_unsure"} <= set(lot.alerts())
    with lot.store.transaction() as work:
        last = work.trail.last()
    assert last is not None
    assert (last.actor, last.action, last.subject) == ("lot", "write_off_stay", one)
    assert "10.00 CNY had not been paid" in (last.reason or "")
    assert bounds(lot) == (9, 9, 9)
    lot.clock.forward(days=1)
    quiet = night(lot)
    assert quiet is not None
    assert (quiet.orphans, quiet.strays) == (0, 0)
    assert "occupancy_unsure" not in lot.alerts()


def test_who_stays_too_long_is_flagged_then_written_off(lot: RightsLot) -> None:
    """A visitor is believed gone after the limit and ended after the next; a pass holder is not, one seen neither."""
    visitor, seen, holder = lot.park(FIRST), lot.park(SECOND), lot.park("沪B88888")
    lot.clock.forward(days=3)
    flagged = night(lot)
    assert flagged is not None
    assert (set(flagged.orphaned), flagged.written_off) == ({visitor, seen}, ())
    assert bounds(lot) == (7, 7, 9)
    with lot.store.transaction() as work:
        find_orphan(work, seen, "ann", "on level 2", lot.now)
    lot.clock.forward(days=2)
    ended = night(lot)
    assert ended is not None
    assert (ended.orphaned, ended.written_off, ended.lost.minor) == ((), (visitor,), 5 * 4000)
    assert [lot.stay(each).state for each in (visitor, seen, holder)] == ["closed", "open", "open"]
    assert bounds(lot) == (8, 8, 8)


def test_a_stay_that_owes_nothing_ends_without_an_alarm(lot: RightsLot) -> None:
    """A paid-up stay that is written off loses nothing, and no alert asks for money."""
    one = lot.park("沪B88888")
    with lot.store.transaction() as work:
        lost = write_off(work, one, "operator", "towed", lot.now, "ann")
        assert lost.minor == 0
        with pytest.raises(UnknownStay):
            write_off(work, one, "operator", "again", lot.now, "ann")
    assert lot.alerts() == []


def test_a_stay_at_an_exit_is_not_written_off(lot: RightsLot) -> None:
    """While its vehicle passes an exit neither a person nor a night ends the stay under it."""
    one = lot.park("沪B88888")
    leaving = lot.approach("exit", "沪B88888")
    decision = lot.decide(leaving)
    with pytest.raises(UnknownStay, match="passing an exit"), lot.store.transaction() as work:
        write_off(work, one, "operator", "gone", lot.now, "ann")
    lot.cross(leaving, decision)
    (left,) = found(lot, ExitConfirmed)
    assert isinstance(left, ExitConfirmed)
    assert (left.free_spaces, left.count) == (10, None)


def test_old_strays_cancel_each_other(lot: RightsLot) -> None:
    """A vehicle that came in unknown and one that left so are settled in pairs once no stay could be theirs."""
    tailgater = lot.approach("entry", None)
    with lot.store.transaction() as work:
        lot.handlers.count_stray(work, tailgater, "unread", lot.now)
    assert bounds(lot) == (9, 9, 10)
    lot.let_out(None)
    assert bounds(lot) == (9, 10, 10)
    lot.clock.forward(days=6)
    done = night(lot)
    assert done is not None
    assert (len(done.settled), done.strays) == (2, 0)
    assert bounds(lot) == (10, 10, 10)


def test_a_restart_keeps_the_alert_and_catches_up(lot: RightsLot) -> None:
    """A server that was off at night reconciles when it runs again, and its start resolves no alert about the count."""
    lot.let_out(None)
    lot.clock.forward(days=1, hours=6)
    assert night(lot) is not None
    lot.handlers = Handlers(lot.clock)
    with lot.store.transaction() as work:
        lot.handlers.recover(work)
    assert lot.alerts() == ["occupancy_unsure"]


def test_an_exit_whose_stay_is_found_later_is_counted_once(lot: RightsLot) -> None:
    """A vehicle that drove out unknown while all barriers were open frees one space, also once its stay is named."""
    for between in (False, True):
        lot.clock.forward(minutes=1)
        stay_id = lot.park(FIRST)
        lot.clock.forward(minutes=1)
        with lot.store.transaction() as work:
            lot.handlers.held.begin(work, "operator", "ann", "smoke")
            approach = lot.approach("exit", None, order=HeldOpen("ann", "smoke"))
            lot.handlers.held.cross(work, approach, lot.now)
        assert bounds(lot) == (9, 10, 10)
        lot.clock.forward(minutes=1)
        with lot.store.transaction() as work:
            if between:
                recount(work, 0, "ann", "all are out", lot.now)
            lot.handlers.held.end(work, "ann", "all clear")
            lot.handlers.held.reconcile(work, approach.passage_id, stay_id, "ann", "on the photo")
        assert bounds(lot) == (10, 10, 10)


def test_nights_are_the_lots_own(tmp_path: Path) -> None:
    """Due is the last such time of day by the lot's clock, also in the nights in which clocks change."""
    rules = OccupancySection(reconcile_at="02:30")
    zone = "Europe/Amsterdam"
    for now, due in (
        ("2026-03-29T00:00:00+00:00", "2026-03-28T01:30:00+00:00"),
        ("2026-03-29T01:29:59+00:00", "2026-03-28T01:30:00+00:00"),
        ("2026-03-29T01:30:00+00:00", "2026-03-29T01:30:00+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T23:00:00+00:00", "2026-10-25T00:30:00+00:00"),
    ):
        found = rules.last_due(datetime.fromisoformat(now), zone)
        assert found.timestamp() == datetime.fromisoformat(due).timestamp(), now
    with pytest.raises(BadConfig, match="04:00"):
        OccupancySection(reconcile_at="4 am").check()
    with pytest.raises(BadConfig, match="at least 1"):
        OccupancySection(orphan_after_days=0).check()


def test_an_operator_who_opens_for_a_stay_counts_no_stray(lot: RightsLot) -> None:
    """An exit that belongs to a stay is that stay's, whoever opened."""
    lot.park(FIRST)
    leaving = lot.approach("exit", FIRST, order=OpenLane("ann", "no change left"))
    lot.cross(leaving, lot.decide(leaving))
    assert (found(lot, StrayPassed), bounds(lot)) == ([], (10, 10, 10))
