"""A lane whose barrier is held open counts every vehicle that drives through, and nobody else."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.held_lane import HeldLane, hold_step
from lot_server.domain.lane import LaneEvent

EVENTS = [LaneEvent.ARMING_ON, LaneEvent.ARMING_OFF, LaneEvent.CLOSING_ON, LaneEvent.CLOSING_OFF, LaneEvent.TIMED_OUT]


def follow(events: list[LaneEvent]) -> tuple[HeldLane, list[str], list[str], list[str]]:
    lane, numbers = HeldLane(), count(1)
    came: list[str] = []
    passed: list[str] = []
    gone: list[str] = []
    for event in events:
        taken = hold_step(lane, event, str(next(numbers)))
        lane = taken.lane
        came += taken.came
        passed += taken.passed
        gone += taken.gone
    return lane, came, passed, gone


@pytest.mark.parametrize(
    ("events", "came", "passed"),
    [
        pytest.param("arming_on closing_on arming_off closing_off", 1, 1, id="drives through"),
        pytest.param("arming_on arming_off closing_on closing_off", 1, 1, id="a short one"),
        pytest.param("arming_on closing_on arming_off arming_on closing_off", 2, 1, id="with a follower"),
        pytest.param("arming_on closing_on arming_off arming_on arming_off closing_off", 2, 2, id="bumper to bumper"),
        pytest.param("arming_on closing_on closing_off arming_off timed_out", 1, 0, id="rolls back"),
        pytest.param("arming_on arming_off timed_out", 1, 0, id="turns back"),
        pytest.param("closing_on closing_off", 1, 1, id="seen by nobody before"),
        pytest.param("arming_on arming_on closing_off", 1, 0, id="said twice"),
    ],
)
def test_stories(events: str, came: int, passed: int) -> None:
    """Who drives through is counted once, and who turns back is not."""
    _, arrived, through, _ = follow([LaneEvent(event) for event in events.split()])
    assert (len(arrived), len(through)) == (came, passed)


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
def test_nobody_is_counted_twice_or_forgotten(events: list[LaneEvent]) -> None:
    """Each vehicle that came has passed, has gone, or is there still: exactly one of the three."""
    lane, came, passed, gone = follow(events)
    assert sorted(came) == sorted([*passed, *gone, *(each.passage_id for each in lane.vehicles)])


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
def test_a_free_closing_loop_and_no_time_left_lets_the_barrier_close(events: list[LaneEvent]) -> None:
    """Nobody keeps an ended emergency's barrier open for ever, and it never closes on an occupied loop."""
    lane, *_ = follow(events)
    assert lane.on_the_way or not lane.closing
    after, *_ = follow([*events, LaneEvent.CLOSING_OFF, LaneEvent.TIMED_OUT])
    assert not after.on_the_way
