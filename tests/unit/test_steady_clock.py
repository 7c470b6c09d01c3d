"""The lot's clock goes on evenly, whatever anybody does to the machine's."""

from datetime import UTC, datetime, timedelta

import pytest
from hand_lane import MORNING, HandClock
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.clock_trust import DoubtReason, doubt_at_start
from lot_server.steady_clock import SteadyClock, since_boot


class Time:
    """A machine whose clock a test sets, and the time since it started."""

    def __init__(self) -> None:
        self.machine = HandClock()
        self.since_boot = 100.0
        self.clock = SteadyClock(self.machine, lambda: self.since_boot)

    def go_on(self, seconds: float) -> None:
        self.machine.forward(seconds=seconds)
        self.since_boot += seconds

    def set_by(self, **span: float) -> None:
        self.machine.forward(**span)


def test_an_even_clock_is_the_machines() -> None:
    """While the machine's clock runs evenly both show the same."""
    time = Time()
    for _ in range(3):
        time.go_on(10)
        assert time.clock.now() == time.machine.now()


@pytest.mark.parametrize("hours", [-1, 1, -24 * 365])
def test_a_clock_that_is_set_moves_nothing(hours: int) -> None:
    """After the machine's clock jumped the lot's goes on by the time since the machine started, and tells how far."""
    time = Time()
    time.go_on(10)
    before = time.clock.now()
    time.set_by(hours=hours)
    time.go_on(5)
    assert time.clock.now() == before + timedelta(seconds=5)
    assert time.clock.apart() == timedelta(hours=hours)


def test_a_clock_that_is_turned_slowly_is_followed() -> None:
    """A time service that slows or speeds the clock is followed, never backwards."""
    time = Time()
    shown = [time.clock.now()]
    for drift in (0.5, 0.5, -0.4, -0.4, -0.4):
        time.go_on(1)
        time.set_by(seconds=drift)
        shown.append(time.clock.now())
    assert shown == sorted(shown)
    assert abs(time.clock.apart()) < timedelta(seconds=1)


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-1e6, 1e6)), max_size=20))
def test_it_never_goes_back(story: list[tuple[float, float]]) -> None:
    """No order of waiting and setting the machine's clock makes it show less than before."""
    time, last = Time(), MORNING
    for seconds, jump in story:
        time.go_on(seconds)
        time.set_by(seconds=jump)
        shown = time.clock.now()
        assert shown >= last
        last = shown


def test_it_can_be_set() -> None:
    """What is set is shown, also where that is earlier, and goes on from there."""
    time = Time()
    time.clock.set(MORNING - timedelta(hours=3))
    time.go_on(60)
    assert time.clock.now() == MORNING - timedelta(hours=3) + timedelta(seconds=60)


def test_the_time_since_the_start_goes_on() -> None:
    """The kernel tells it."""
    assert 0 < since_boot() <= since_boot()


@pytest.mark.parametrize(
    ("shown", "last", "synchronised", "has_service", "reason"),
    [
        (MORNING, MORNING - timedelta(hours=1), True, True, None),
        (MORNING, None, None, False, None),
        (MORNING, MORNING + timedelta(seconds=1), True, True, None),
        (MORNING, MORNING + timedelta(hours=1), True, True, "behind_last_fact"),
        (datetime(2000, 1, 1, tzinfo=UTC), None, None, False, "before_openlot"),
        (MORNING, MORNING - timedelta(hours=1), False, True, "not_synchronised"),
        (MORNING, MORNING - timedelta(hours=1), False, False, None),
        (MORNING, MORNING - timedelta(hours=1), None, True, None),
    ],
)
def test_doubts_at_the_start(
    shown: datetime, last: datetime | None, synchronised: bool | None, has_service: bool, reason: DoubtReason | None
) -> None:
    """A clock is doubted for what contradicts it, and where a time service is there and has not set it."""
    assert doubt_at_start(shown, last, synchronised, has_service) == reason
