"""Rate limits follow their clock and stay small."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running_cloud import HandClock

from api.errors import TooManyRequests
from api.limits import RateLimit


def test_tokens_come_back_with_time():
    """A key that used its minute up is refused, told how long to wait, and let in after just that."""
    clock = HandClock()
    limit = RateLimit(6, 10, clock)
    for _ in range(6):
        limit.check("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.check("a")
    assert refused.value.headers == {"Retry-After": "10"}
    limit.check("b")
    clock.forward(seconds=10)
    limit.check("a")
    with pytest.raises(TooManyRequests):
        limit.check("a")


@given(st.lists(st.integers(0, 200), max_size=300))
def test_memory_is_bounded(keys):
    """However many keys ask, no more than the allowed number is remembered."""
    limit = RateLimit(1, 20, HandClock())
    for key in keys:
        limit.allows(key)
    assert len(limit) <= 20


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_never_more_than_the_rate(waits):
    """Over any time, a key is let in no more often than one full bucket and what its clock earned."""
    clock = HandClock()
    limit = RateLimit(5, 10, clock)
    allowed = 0
    for wait in waits:
        clock.instant += timedelta(seconds=wait)
        allowed += limit.allows("a") == 0
    assert allowed <= 5 + sum(waits) * 5 / 60 + 1e-6


def test_a_clock_set_back_earns_nothing():
    """A clock that goes back neither fills the bucket nor empties it."""
    clock = HandClock()
    limit = RateLimit(1, 10, clock)
    limit.check("a")
    clock.forward(hours=-1)
    with pytest.raises(TooManyRequests):
        limit.check("a")
