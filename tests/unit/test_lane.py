"""The lane machine: what it must never do in any order of events, and that its diagram is its table."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import IllegalTransition
from lot_server.domain.lane import RULES, TIMERS, Lane, LaneAction, LaneEvent, LaneState, Rule, step
from lot_server.domain.lane_diagram import diagram
from lot_server.domain.stay import Direction

DIRECTIONS: tuple[Direction, ...] = ("entry", "exit")
LOOPS = {LaneEvent.ARMING_ON, LaneEvent.ARMING_OFF, LaneEvent.CLOSING_ON, LaneEvent.CLOSING_OFF}
LANES = [Lane(*each) for each in product(DIRECTIONS, LaneState, (False, True), (False, True))]
ON_ITS_WAY = {
    LaneState.OPENING,
    LaneState.OPEN,
    LaneState.BETWEEN,
    LaneState.STRADDLING,
    LaneState.PASSING,
    LaneState.STUCK_CLOSED,
}


Story = tuple[Direction, list[int]]
stories = st.tuples(st.sampled_from(DIRECTIONS), st.lists(st.integers(0, 10_000), max_size=80))
"""A direction and choices among the events that would change the lane, so that every story goes somewhere."""


def follow(direction: Direction, events: list[LaneEvent]) -> list[tuple[Lane, Rule]]:
    """The lane after every event that a rule took up, with that rule."""
    lane, steps = Lane(direction), []
    for event in events:
        lane, rule = step(lane, event)
        if rule is not None:
            steps.append((lane, rule))
    return steps


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


def through(events: str, direction: Direction = "entry") -> tuple[LaneState, list[LaneAction]]:
    steps = follow(direction, [LaneEvent(event) for event in events.split()])
    return steps[-1][0].state, [action for _, rule in steps for action in rule.actions]


ADMIT = "arming_on read_done admitted barrier_opened "
KEPT, GIVEN_UP = "record_confirmed", "record_abandoned"


@pytest.mark.parametrize(
    ("events", "state", "last"),
    [
        pytest.param(ADMIT + "closing_on arming_off closing_off barrier_closed", "idle", KEPT, id="crosses"),
        pytest.param(ADMIT + "arming_off closing_on closing_off barrier_closed", "idle", KEPT, id="short"),
        pytest.param(ADMIT + "arming_off timed_out barrier_closed", "idle", GIVEN_UP, id="backs out"),
        pytest.param(ADMIT + "closing_on closing_off arming_off timed_out", "closing", GIVEN_UP, id="rolls back"),
        pytest.param("arming_on read_done arming_off admitted", "idle", GIVEN_UP, id="gone while deciding"),
        pytest.param("arming_on arming_off", "idle", "cancel_read", id="gone while reading"),
        pytest.param("arming_on read_failed admitted", "opening", "open_barrier", id="dead camera"),
        pytest.param(ADMIT + "closing_on arming_off arming_on closing_off", "closing", KEPT, id="follower"),
        pytest.param(ADMIT + "arming_off arming_on", "closing", GIVEN_UP, id="another rolls up"),
        pytest.param("arming_on read_done not_admitted timed_out admitted", "opening", "open_barrier", id="was full"),
    ],
)  # fmt: skip
def test_stories(events: str, state: str, last: str) -> None:
    """What happens at a lane on an ordinary and a less ordinary day ends as it should."""
    ended, actions = through(events)
    assert ended == state
    assert actions[-1] == last


def test_a_follower_is_read_as_soon_as_the_barrier_is_down() -> None:
    """A vehicle that rolled up behind another one begins a passage of its own."""
    state, actions = through(ADMIT + "closing_on arming_off arming_on closing_off barrier_closed")
    assert state == LaneState.READING
    assert actions[-2:] == [LaneAction.BEGIN_PASSAGE, LaneAction.START_READ]


def test_an_exit_waits_for_the_money() -> None:
    """A settlement has the stay priced again, and only that opens the barrier."""
    state, actions = through("arming_on read_done payment_due settlement_arrived", "exit")
    assert (state, actions[-1]) == (LaneState.DECIDING, LaneAction.ASK_DECISION)
    assert LaneAction.OPEN_BARRIER not in actions


@given(stories)
def test_no_stay_is_confirmed_or_abandoned_without_a_passage(story: Story) -> None:
    """Every admission ends at most once, confirmed or abandoned, and nothing else ends."""
    admitted = False
    for _, rule in drive(story):
        if rule.event is LaneEvent.ADMITTED:
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
    """A passage counts when the closing loop is left after the arming loop was, never otherwise."""
    for _, rule in drive(story):
        if LaneAction.RECORD_CONFIRMED in rule.actions:
            assert (rule.source, rule.event) == (LaneState.PASSING, LaneEvent.CLOSING_OFF)


@given(stories)
def test_the_barrier_never_closes_on_a_vehicle(story: Story) -> None:
    """The barrier is told to close only while the closing loop is free."""
    for lane, rule in drive(story):
        if LaneAction.CLOSE_BARRIER in rule.actions:
            assert not lane.closing


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
        admitted = (admitted or rule.event is LaneEvent.ADMITTED) and not (
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
        LaneEvent.CLOSING_OFF, LaneEvent.ARMING_OFF, LaneEvent.DECISION_FAILED, LaneEvent.BARRIER_OPENED,
        LaneEvent.TIMED_OUT, LaneEvent.DECISION_FAILED, LaneEvent.BARRIER_CLOSED,
    ]  # fmt: skip
    for _ in range(3):
        for event in ending:
            try:
                lane, _rule = step(lane, event)
            except IllegalTransition:
                continue
    assert lane.state is LaneState.IDLE


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_state_is_reached(direction: Direction) -> None:
    """No state of the table is dead, in either direction, but those that belong to the other one."""
    found, edge = {Lane(direction)}, [Lane(direction)]
    while edge:
        lane = edge.pop()
        for event in LaneEvent:
            try:
                after, _ = step(lane, event)
            except IllegalTransition:
                continue
            if after not in found:
                found.add(after)
                edge.append(after)
    only_there = {LaneState.WAITING_FOR_PAYMENT} if direction == "entry" else {LaneState.REFUSED}
    assert {lane.state for lane in found} == set(LaneState) - only_there


@pytest.mark.parametrize("event", [event for event in LaneEvent if event not in LOOPS])
def test_an_illegal_transition_raises_and_changes_nothing(event: LaneEvent) -> None:
    """What cannot happen in a state is refused, and the lane is the same as before."""
    for lane in LANES:
        if not any(rule.holds(lane, event) for rule in RULES):
            with pytest.raises(IllegalTransition, match=event):
                step(lane, event)


@pytest.mark.parametrize("lane", LANES, ids=str)
def test_loops_may_do_anything(lane: Lane) -> None:
    """A loop's change is legal everywhere and remembered, and the same change twice does nothing."""
    for event in LOOPS:
        after, _ = step(lane, event)
        loop, word = event.split("_")
        assert getattr(after, loop) == (word == "on")
        again, rule = step(after, event)
        assert (again, rule) == (after, None)


@pytest.mark.parametrize("event", LaneEvent)
def test_at_most_one_rule_holds(event: LaneEvent) -> None:
    """The table never leaves a choice."""
    for lane in LANES:
        assert sum(rule.holds(lane, event) for rule in RULES) <= 1


def test_every_timer_leads_on() -> None:
    """Each state that waits for the world has a way on when its time is over, whatever the loops feel."""
    for lane in LANES:
        legal = any(rule.holds(lane, LaneEvent.TIMED_OUT) for rule in RULES)
        assert legal == (lane.state in TIMERS), lane


def test_the_documented_diagram_is_the_table() -> None:
    """docs/lane.md shows exactly the rules of the machine."""
    page = (Path(__file__).parents[2] / "docs" / "lane.md").read_text(encoding="utf-8")
    drawn = page.split("```mermaid\n")[1].split("```")[0]
    assert drawn == diagram()
