"""Which loop of a lane is believed: stuck and silent ones are not, and each is again as soon as it changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.loop_trust import GIVEN_UP, Loop, LoopTrust

LOOPS: tuple[Loop, ...] = ("arming", "closing")


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_that_stays_occupied_is_stuck_until_it_changes(loop: Loop) -> None:
    """A loop occupied for the whole span is doubted, and believed again once it is free."""
    trust = LoopTrust(60)
    trust.changed(loop, True, 0)
    trust.pass_time(59)
    assert trust.doubt(loop) is None
    trust.pass_time(60)
    assert trust.doubt(loop) == "stuck"
    trust.changed(loop, False, 61)
    assert trust.doubt(loop) is None


def test_a_vehicle_in_sight_is_no_stuck_loop() -> None:
    """While the camera shows vehicles, as in a queue that never parts, an occupied arming loop is right."""
    trust = LoopTrust(60)
    trust.changed("arming", True, 0)
    for at in range(0, 200, 40):
        trust.seen(at)
        trust.pass_time(at)
    assert trust.doubt("arming") is None


def test_an_arming_loop_that_felt_nothing_of_a_passage_is_silent() -> None:
    """A vehicle counted by the closing loop alone shows it; the next one that is felt clears it."""
    trust = LoopTrust(60)
    trust.crossed()
    assert trust.doubt("arming") == "silent"
    trust.changed("arming", True, 1)
    assert trust.doubt("arming") is None


def test_a_queue_that_never_leaves_the_arming_loop_is_felt() -> None:
    """Nose to tail, the arming loop does not change from one vehicle to the next, and feels them all."""
    trust = LoopTrust(60)
    trust.changed("arming", True, 0)
    trust.crossed()
    trust.crossed()
    assert trust.doubt("arming") is None


def test_a_closing_loop_that_nobody_reaches_is_silent() -> None:
    """Several vehicles in a row that leave for the open barrier and never come to the closing loop show it."""
    trust = LoopTrust(60)
    for _ in range(GIVEN_UP - 1):
        trust.gave_up()
    trust.changed("closing", True, 1)
    trust.changed("closing", False, 2)
    for _ in range(GIVEN_UP):
        assert trust.doubt("closing") is None
        trust.gave_up()
    assert trust.doubt("closing") == "silent"


@given(st.lists(st.tuples(st.sampled_from(LOOPS), st.booleans(), st.integers(0, 90))))
def test_a_loop_that_just_changed_is_believed(changes: list[tuple[Loop, bool, int]]) -> None:
    """Whatever came before, a change is believed, and what is no change is no news."""
    trust, now = LoopTrust(60), 0
    levels: dict[Loop, bool] = {"arming": False, "closing": False}
    for loop, occupied, later in changes:
        now += later
        trust.pass_time(now)
        news = trust.changed(loop, occupied, now)
        assert news == (occupied != levels[loop])
        levels[loop] = occupied
        if news:
            assert trust.doubt(loop) is None
