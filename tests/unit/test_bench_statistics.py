"""Error bars and tests of the bench, against what is known of them."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.judging.intervals import interval, quantile, rate, ratio, share
from benchmarks.judging.pairs import mcnemar, needed_photos

counts = st.integers(0, 60)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (10, 10, 1.0), (4, 16, 0.01181793212890625)],
)
def test_mcnemars_p_is_that_of_the_sign_test(only_first: int, only_second: int, p: float) -> None:
    """P is the two-sided binomial tail at one half, capped at 1, to the last digit."""
    assert mcnemar(only_first, only_second) == pytest.approx(p, rel=1e-12)


@given(counts, counts)
def test_mcnemars_p_is_exact_and_takes_no_side(b: int, c: int) -> None:
    """P equals the sum of binomial probabilities worked out in fractions, and is the same with candidates swapped."""
    tail = sum((Fraction(comb(b + c, k), 2 ** (b + c)) for k in range(min(b, c) + 1)), Fraction())
    assert mcnemar(b, c) == pytest.approx(float(min(Fraction(1), 2 * tail)), rel=1e-12)
    assert mcnemar(b, c) == mcnemar(c, b)


@given(counts, counts)
def test_mcnemars_p_falls_as_a_split_grows_uneven(b: int, c: int) -> None:
    """One more photo that only the better one reads never makes a difference less sure."""
    more, fewer = max(b, c), min(b, c)
    if more > fewer:
        assert mcnemar(more + 1, fewer) <= mcnemar(more, fewer)


def test_mcnemars_test_takes_large_counts() -> None:
    """Tens of thousands of photos overflow nothing."""
    assert 0 < mcnemar(10_000, 10_300) < 0.05
    assert mcnemar(0, 5_000) == 0.0


@given(st.integers(1, 80), st.integers(0, 80), st.integers(0, 5))
def test_an_interval_holds_its_share_and_stays_one(photos: int, right: int, seed: int) -> None:
    """A share's interval holds it, lies within 0..1, has a width though all are right or wrong, and keeps by seed."""
    outcomes = (np.arange(photos) < right).astype(np.float64)
    found = share(outcomes, np.ones(photos), seed)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(outcomes.mean())
    assert found.low < found.high
    assert found == share(outcomes, np.ones(photos), seed)


@pytest.mark.parametrize(("right", "photos"), [(50, 100), (180, 200), (970, 1000)])
def test_a_shares_interval_is_as_wide_as_wilsons(right: int, photos: int) -> None:
    """Where the textbook interval of a share is known, the bootstrap's ends lie within a fifth of its width of it."""
    found = share((np.arange(photos) < right).astype(np.float64), np.ones(photos), 3)
    assert found is not None
    p, z = right / photos, 1.959964
    middle = (p + z * z / (2 * photos)) / (1 + z * z / photos)
    half = z / (1 + z * z / photos) * (p * (1 - p) / photos + z * z / (4 * photos**2)) ** 0.5
    assert found.low == pytest.approx(middle - half, abs=0.4 * half)
    assert found.high == pytest.approx(middle + half, abs=0.4 * half)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 200 samples of 100 photos from a known share, the intervals of nine in ten at least hold it."""
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(200):
        found = share((rng.random(100) < 0.95).astype(np.float64), np.ones(100), trial)
        assert found is not None
        held += found.low <= 0.95 <= found.high
    assert held >= 180


def test_plates_of_one_photo_are_drawn_together() -> None:
    """Twenty photos of ten plates that fall together tell as little as twenty plates."""
    right = (np.arange(20) < 10).astype(np.float64)
    single, together = share(right, np.ones(20), 1), share(10 * right, np.full(20, 10.0), 1)
    assert single is not None
    assert together is not None
    assert together.high - together.low == pytest.approx(single.high - single.low)


def test_what_there_is_none_of_has_no_figure() -> None:
    """Without a whole there is no share and no rate."""
    assert share(np.zeros(3), np.zeros(3), 0) is None
    assert rate(np.zeros(3), np.zeros(3), 0) is None


def test_a_figure_that_never_varies_is_still_open() -> None:
    """Two candidates that agree on 50 photos may yet differ by some points; on 1000, by less than one."""
    widths = []
    for photos in (50, 1000):
        columns = np.column_stack([np.zeros(photos), np.ones(photos)])
        found = interval(columns, np.array([[1.0, 1.0], [-1.0, 1.0]]), ratio, 0)
        assert found.value == 0
        widths.append(found.high - found.low)
    assert widths[0] > 0.08
    assert widths[1] < 0.01


def test_a_median_has_an_interval_over_photos() -> None:
    """The interval of a quantile holds it and lies among the times; photos that failed are left out."""
    times = np.array([[10.0, 11.0], [12.0, 13.0], [14.0, np.nan], [np.nan, np.nan], [30.0, 31.0]])
    found = quantile(times, 0.5, 0)
    assert found.value == 13.0
    assert 10 <= found.low <= 13 <= found.high <= 31


def test_the_photos_needed_follow_from_the_error() -> None:
    """A tenth of the difference takes a hundred times the photos; the known factor is (1.96 + 0.84) squared."""
    assert needed_photos(100, 1.0, 1.0) == 785
    assert needed_photos(100, 1.0, 0.1) == 78489
    assert needed_photos(100, 1.0, 0.0) is None


def test_the_photos_needed_are_near_connors() -> None:
    """For 10 % read by one only and 5 % by the other, McNemar's test needs 469 photos (R. Connor, 1987)."""
    photos = 400
    differ = np.array([1.0] * 40 + [-1.0] * 20 + [0.0] * 340)
    found = interval(np.column_stack([differ, np.ones(photos)]), np.array([[1.0, 1.0], [-1.0, 1.0]]), ratio, 0)
    needed = needed_photos(photos, found.error, found.value)
    assert needed == pytest.approx(469, rel=0.1)
