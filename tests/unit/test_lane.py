"""The lane machine: how days at a lane go, that its table leaves no choice, and that its diagram is its table."""

from itertools import product
from pathlib import Path

import pytest

from lot_server.domain.errors import IllegalTransition
from lot_server.domain.lane import RULES, TIMERS, WORLD, Lane, LaneAction, LaneEvent, LaneState, Rule, step
from lot_server.domain.lane_diagram import diagram
from lot_server.domain.stay import Direction

DIRECTIONS: tuple[Direction, ...] = ("entry", "exit")
LOOPS = (LaneEvent.ARMING_ON, LaneEvent.ARMING_OFF, LaneEvent.CLOSING_ON, LaneEvent.CLOSING_OFF)
LANES = [Lane(*each) for each in product(DIRECTIONS, LaneState, (False, True), (False, True), (False, True))]


def follow(direction: Direction, events: list[LaneEvent]) -> list[tuple[Lane, Rule]]:
    """The lane after every event that a rule took up, with that rule."""
    lane, steps = Lane(direction), []
    for event in events:
        lane, rule = step(lane, event)
        if rule is not None:
            steps.append((lane, rule))
    return steps


def through(events: str, direction: Direction = "entry") -> tuple[LaneState, list[LaneAction]]:
    steps = follow(direction, [LaneEvent(event) for event in events.split()])
    return steps[-1][0].state, [action for _, rule in steps for action in rule.actions]


ADMIT = "arming_on read_done admitted barrier_opened "
CROSS = "closing_on arming_off closing_off "
STANDS = "closing_on closing_off "
KEPT, GIVEN_UP, COUNTED = "record_confirmed", "record_abandoned", "record_follower"


@pytest.mark.parametrize(
    ("events", "state", "last"),
    [
        pytest.param(ADMIT + CROSS + "barrier_closed", "idle", KEPT, id="crosses"),
        pytest.param(ADMIT + "arming_off closing_on closing_off barrier_closed", "idle", KEPT, id="short"),
        pytest.param(ADMIT + "arming_off timed_out barrier_closed", "idle", GIVEN_UP, id="backs out"),
        pytest.param(ADMIT + STANDS + "arming_off timed_out", "closing", GIVEN_UP, id="rolls back and leaves"),
        pytest.param(ADMIT + STANDS + "same_vehicle " + CROSS, "closing", KEPT, id="rolls back and goes on"),
        pytest.param(ADMIT + STANDS + "other_vehicle", "closing", KEPT, id="nose to tail"),
        pytest.param(ADMIT + STANDS + "timed_out", "closing", KEPT, id="nose to tail, dead camera"),
        pytest.param("arming_on read_done arming_off admitted", "idle", GIVEN_UP, id="gone while deciding"),
        pytest.param("arming_on arming_off", "idle", "cancel_read", id="gone while reading"),
        pytest.param("arming_on read_failed admitted", "opening", "open_barrier", id="dead camera"),
        pytest.param(ADMIT + "closing_on arming_off arming_on closing_off", "closing", KEPT, id="follower"),
        pytest.param(ADMIT + "arming_off arming_on", "closing", GIVEN_UP, id="another rolls up"),
        pytest.param("arming_on read_done not_admitted timed_out admitted", "opening", "open_barrier", id="was full"),
        pytest.param(ADMIT + CROSS + "closing_on", "followed", "watch_follower", id="tailgates"),
        pytest.param(ADMIT + CROSS + "closing_on barrier_opened closing_off", "closing", COUNTED, id="tailgated"),
        pytest.param(ADMIT + STANDS + "closing_on arming_off closing_off", "closing", COUNTED, id="tailgated at once"),
        pytest.param(ADMIT + CROSS + "barrier_failed closing_on closing_off", "stuck_open", COUNTED, id="stays up"),
        pytest.param("closing_on closing_off", "idle", COUNTED, id="lifted by hand"),
        pytest.param(ADMIT + "closing_on arming_off arming_on arming_off", "passing", "report_possible_follower",
                     id="a trailer or another"),
        pytest.param("vehicle_seen read_done admitted barrier_opened closing_on closing_off barrier_closed", "idle",
                     KEPT, id="dead arming loop"),
        pytest.param("closing_lost " + ADMIT + "arming_off timed_out", "idle", KEPT, id="dead closing loop"),
        pytest.param("closing_lost " + ADMIT + "arming_off arming_on", "reading", "start_read", id="dead and a queue"),
        pytest.param(ADMIT + "closing_on arming_off closing_lost", "idle", KEPT, id="closing loop sticks"),
        pytest.param("closing_lost closing_found", "closing", "close_barrier", id="closing loop lives again"),
    ],
)  # fmt: skip
def test_stories(events: str, state: str, last: str) -> None:
    """What happens at a lane on an ordinary and a less ordinary day ends as it should."""
    ended, actions = through(events)
    assert ended == state
    assert actions[-1] == last


@pytest.mark.parametrize(("arming", "state"), [(False, LaneState.PASSING), (True, LaneState.STRADDLING)])
def test_a_passage_that_a_crash_cut_short_goes_on(arming: bool, state: LaneState) -> None:
    """A vehicle found under the barrier as the server starts is on its way, and the closing loop confirms it."""
    lane, _ = step(Lane("entry", arming=arming, closing=True), LaneEvent.PASSAGE_FOUND)
    assert lane.state is state


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


@pytest.mark.parametrize("event", [event for event in LaneEvent if event not in WORLD])
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
