"""What the lane machine must never do, in any order of what may happen."""

from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import IllegalTransition
from lot_server.domain.lane import Lane, LaneAction, LaneEvent, LaneState, Rule, step
from lot_server.domain.stay import Direction

DIRECTIONS: tuple[Direction, ...] = ("entry", "exit")
BEGUN = {LaneEvent.ADMITTED, LaneEvent.PASSAGE_FOUND}
ON_ITS_WAY = {
    LaneState.OPENING,
    LaneState.OPEN,
    LaneState.BETWEEN,
    LaneState.STRADDLING,
    LaneState.UNSURE,
    LaneState.PASSING,
    LaneState.STUCK_CLOSED,
}
Story = tuple[Direction, list[int]]
stories = st.tuples(st.sampled_from(DIRECTIONS), st.lists(st.integers(0, 10_000), max_size=80))
"""A direction and choices among the events that would change the lane, so that every story goes somewhere."""


def drive(story: Story) -> list[tuple[Lane, Rule]]:
    """The lane after every event of a story that a rule took up, with that rule."""
    lane, steps = Lane(story[0]), []
    for choice in story[1]:
        possible = [event for event in LaneEvent if changes(lane, event)]
        lane, rule = step(lane, possible[choice % len(possible)])
        if rule is not None:
            steps.append((lane, rule))
    return steps


def changes(lane: Lane, event: LaneEvent) -> bool:
    try:
        after, rule = step(lane, event)
    except IllegalTransition:
        return False
    return rule is not None or after != lane


@given(stories)
def test_no_stay_is_confirmed_or_abandoned_without_a_passage(story: Story) -> None:
    """Every admission ends at most once, confirmed or abandoned, and nothing else ends."""
    admitted = False
    for _, rule in drive(story):
        if rule.event in BEGUN:
            assert not admitted
            admitted = True
        for action in rule.actions:
            if action in (LaneAction.RECORD_CONFIRMED, LaneAction.RECORD_ABANDONED):
                assert admitted
                admitted = False
            if action is LaneAction.BEGIN_PASSAGE:
                assert not admitted, "a passage was forgotten"


@given(stories)
def test_only_a_crossed_closing_loop_confirms(story: Story) -> None:
    """A passage counts once the closing loop felt the vehicle come and go; only one that is not trusted need not."""
    felt = False
    for lane, rule in drive(story):
        if rule.event is LaneEvent.CLOSING_ON:
            felt = True
        if LaneAction.RECORD_CONFIRMED in rule.actions:
            left = (rule.source, rule.event) == (LaneState.PASSING, LaneEvent.CLOSING_OFF)
            assert left or (rule.source is LaneState.UNSURE and felt) or lane.blind


@given(stories)
def test_the_barrier_never_closes_on_a_vehicle(story: Story) -> None:
    """The barrier is told to close only while the closing loop is free, and to be trusted."""
    for lane, rule in drive(story):
        if LaneAction.CLOSE_BARRIER in rule.actions:
            assert not lane.closing
            assert not lane.blind


@given(stories)
def test_the_barrier_opens_for_the_admitted_or_a_vehicle_under_it(story: Story) -> None:
    """No event but an admission, a vehicle under the closing barrier, or trying again opens it."""
    for _, rule in drive(story):
        if LaneAction.OPEN_BARRIER in rule.actions:
            assert rule.event is LaneEvent.ADMITTED or rule.source in (LaneState.CLOSING, LaneState.STUCK_CLOSED)


@given(stories)
def test_an_idle_lane_has_no_vehicle_and_nothing_open(story: Story) -> None:
    """No vehicle stands forgotten before an idle lane, and an admitted one is always on its way."""
    admitted = False
    for lane, rule in drive(story):
        admitted = (admitted or rule.event in BEGUN) and not (
            {LaneAction.RECORD_CONFIRMED, LaneAction.RECORD_ABANDONED} & set(rule.actions)
        )
        assert not (lane.state is LaneState.IDLE and lane.arming)
        assert admitted == (lane.state in ON_ITS_WAY)


@given(stories)
def test_every_state_reaches_idle_again(story: Story) -> None:
    """Wherever a lane stands: once the vehicles are gone, the barrier moves and calls answer, it becomes idle."""
    steps = drive(story)
    lane = steps[-1][0] if steps else Lane(story[0])
    ending = [
        LaneEvent.CLOSING_OFF, LaneEvent.ARMING_OFF, LaneEvent.DECISION_FAILED,
        LaneEvent.BARRIER_OPENED,
        LaneEvent.TIMED_OUT, LaneEvent.DECISION_FAILED, LaneEvent.CLOSING_FOUND, LaneEvent.BARRIER_CLOSED,
    ]  # fmt: skip
    for _ in range(4):
        for event in ending:
            try:
                lane, _rule = step(lane, event)
            except IllegalTransition:
                continue
    assert lane.state is LaneState.IDLE
