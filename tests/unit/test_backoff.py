"""How long to wait after a failure."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.backoff import Backoff
from cloud_sync.errors import BadConfig

shares = st.floats(0, 1)


@pytest.mark.parametrize(("failures", "bound"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (1000, 30.0)])
def test_the_bound_doubles_up_to_the_cap(failures, bound):
    """The longest wait doubles with every failure in a row and never passes the cap."""
    assert Backoff(base_s=0.5, cap_s=30).after_failures(failures, 1.0) == bound


@given(failures=st.integers(1, 10**9), share=shares, base=st.floats(1e-3, 10), factor=st.floats(1, 1e4))
def test_jitter_is_a_share_of_the_whole_bound(failures, share, base, factor):
    """Any draw gives a wait from nothing to the bound, so that lots spread over all of it."""
    backoff = Backoff(base_s=base, cap_s=base * factor)
    bound = backoff.after_failures(failures, 1.0)
    assert 0 <= bound <= backoff.cap_s
    assert math.isclose(backoff.after_failures(failures, share), share * bound)


@given(share=shares)
def test_a_refusal_is_asked_about_rarely(share):
    """A refusal waits between half of its span and all of it, however lucky the draw."""
    assert 150 <= Backoff(halted_s=300).after_refusal(share) <= 300


@pytest.mark.parametrize("bad", [{"base_s": 0.0}, {"base_s": 40.0}, {"halted_s": 0.0}, {"cap_s": math.inf}])
def test_a_backoff_that_cannot_work_is_refused(bad):
    """Bounds that would hammer the cloud or wait for ever are a configuration error."""
    with pytest.raises(BadConfig, match="backoff"):
        Backoff(**bad)
