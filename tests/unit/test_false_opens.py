"""How careful a lot's own exits make matching, and what they tell of its lanes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.evidence import PPM
from lot_server.domain.false_opens import LanePair, MatchingRecord, first_month, lane_weights

LIMIT = 1e-4
counts = st.integers(0, 100_000)


@given(counts, counts, counts, counts, st.integers(0, 10**9))
def test_a_lot_never_makes_matching_less_careful(opened: int, wrong: int, asked: int, bad: int, doubt: int) -> None:
    """Whatever was measured, the doubt that is allowed is never more than what was fitted."""
    assert MatchingRecord(opened, wrong, asked, bad, doubt).carefulness(LIMIT) >= 1


@given(counts, st.integers(0, 50), st.integers(1, 50))
def test_each_wrong_open_that_is_found_makes_matching_more_careful(opened: int, wrong: int, more: int) -> None:
    """With more wrong opens among as many exits the allowed doubt never grows."""
    before, after = (MatchingRecord(opened, each, 0, 0, 0).carefulness(LIMIT) for each in (wrong, wrong + more))
    assert after >= before


@pytest.mark.parametrize(
    ("record", "careful"),
    [
        pytest.param(MatchingRecord(0, 0, 0, 0, 0), 1.0, id="a new lot"),
        pytest.param(MatchingRecord(10_000, 1, 0, 0, 0), 1.0, id="as many as the limit allows"),
        pytest.param(MatchingRecord(10_000, 3, 0, 0, 0), 2.0, id="three where the limit allows one"),
        pytest.param(MatchingRecord(0, 1, 0, 0, 0), 2.0, id="one in the first days"),
        pytest.param(MatchingRecord(0, 0, 50, 10, 10 * PPM), 1.0, id="answers as doubted"),
        pytest.param(MatchingRecord(0, 0, 50, 21, 10 * PPM), 2.0, id="twice as many answers otherwise as doubted"),
        pytest.param(MatchingRecord(10_000, 3, 50, 32, 10 * PPM), 3.0, id="the worse of both counts"),
    ],
)
def test_carefulness(record: MatchingRecord, careful: float) -> None:
    """What was found is weighed against what was expected, one added to both."""
    assert record.carefulness(LIMIT) == pytest.approx(careful)


def test_lanes_that_lead_here_weigh_more() -> None:
    """An entry whose vehicles leave here twice as often as others weighs more, one that never led here next to none."""
    pairs = (LanePair("north", "out-1", 1000), LanePair("south", "out-2", 1000))
    weights = lane_weights(pairs, "out-1")
    assert weights["north"] == pytest.approx(2, abs=0.05)
    assert 0 < weights["south"] < 0.05


def test_few_exits_say_little_of_lanes() -> None:
    """After two vehicles no lane is ruled out."""
    weights = lane_weights((LanePair("north", "out-1", 1), LanePair("south", "out-2", 1)), "out-1")
    assert all(0.8 < weight < 1.2 for weight in weights.values())


def test_a_lane_that_nobody_left_by_tells_nothing() -> None:
    """At a new exit all entries weigh alike."""
    assert lane_weights((LanePair("north", "out-1", 9),), "out-2") == {}


def test_three_months_count_across_the_new_year() -> None:
    """In January the exits since November count."""
    assert first_month(datetime(2027, 1, 31, tzinfo=UTC)) == "2026-11"
    assert first_month(datetime(2026, 12, 1, tzinfo=UTC)) == "2026-10"
