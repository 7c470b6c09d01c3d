"""Instants have one text, simulated clocks say so, and a configuration cannot slip one in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.clock import SimulatedClock, SystemClock, from_text, to_text, utc
from lot_server.domain.clock_config import clock_from_config
from lot_server.domain.errors import BadBody, BadClock, NaiveTime

ORIGIN = datetime(2026, 3, 2, 6, tzinfo=UTC)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SECTION = {"simulated": True, "origin": "2026-03-02T06:00:00Z", "speed": 60, "started_at": "2026-11-22T08:00:00Z"}


@given(st.datetimes(timezones=ZONES).filter(lambda instant: 1 < instant.year < 9999))
def test_equal_instants_have_equal_texts(instant: datetime) -> None:
    """A time survives its text, and its zone makes no difference to the bytes."""
    assert from_text(to_text(instant)) == instant
    assert to_text(utc(instant)) == to_text(instant)


def test_naive_times_are_refused() -> None:
    """A time without a zone is an error wherever it comes in."""
    with pytest.raises(NaiveTime):
        utc(ORIGIN.replace(tzinfo=None))
    with pytest.raises(NaiveTime):
        from_text("2026-03-02T06:00:00")


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-23:00"])
def test_texts_that_are_no_times_are_refused(text: str) -> None:
    """What is no ISO 8601 time, or outside the calendar, is an error that shows the form."""
    with pytest.raises(BadBody, match="2026-01-31"):
        from_text(text)


def test_a_simulated_clock_runs_fast_and_says_so() -> None:
    """It shows its origin plus the real time times its speed; spans shrink accordingly."""
    started = datetime.now(UTC) - timedelta(seconds=10)
    clock = SimulatedClock(ORIGIN, 60, started)
    assert clock.simulated
    assert clock.now() - ORIGIN >= timedelta(minutes=10)
    assert clock.real(timedelta(minutes=1)) == 1.0
    assert SystemClock().real(timedelta(minutes=1)) == 60.0
    assert not SystemClock().simulated


def test_a_configuration_without_a_section_has_the_worlds_clock() -> None:
    """Nobody gets a simulated clock without asking for it."""
    for section in (None, {}, {"simulated": False}):
        assert isinstance(clock_from_config(section), SystemClock)


@pytest.mark.parametrize("speed", [60, 60.0])
def test_a_simulated_clock_from_configuration(speed: float) -> None:
    """Texts and TOML's own times are both understood."""
    expected = SimulatedClock(ORIGIN, 60.0, datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert clock_from_config(SECTION | {"speed": speed}) == expected
    assert clock_from_config(SECTION | {"speed": speed, "origin": ORIGIN}) == expected


@pytest.mark.parametrize(
    ("section", "named"),
    [
        pytest.param(SECTION | {"simulated": False}, "simulated = true", id="hidden"),
        pytest.param({"speed": 60}, "simulated = true", id="not declared"),
        pytest.param(SECTION | {"simulated": "yes"}, "simulated", id="no truth value"),
        pytest.param(SECTION | {"seed": 1}, "seed", id="unknown key"),
        pytest.param(SECTION | {"speed": 0}, "speed", id="stands still"),
        pytest.param(SECTION | {"speed": -1}, "speed", id="runs backwards"),
        pytest.param(SECTION | {"speed": True}, "speed", id="truth for a speed"),
        pytest.param(SECTION | {"speed": float("nan")}, "speed", id="not a number"),
        pytest.param(SECTION | {"origin": "soon"}, "origin", id="no time"),
        pytest.param(SECTION | {"origin": "2026-03-02T06:00:00"}, "origin", id="naive text"),
        pytest.param(SECTION | {"origin": ORIGIN.replace(tzinfo=None)}, "origin", id="naive time"),
        pytest.param({key: SECTION[key] for key in ("simulated", "origin", "speed")}, "started_at", id="missing"),
    ],
)
def test_a_wrong_clock_section_is_refused_by_key(section: dict[str, object], named: str) -> None:
    """A section that cannot be followed is an error that names the key."""
    with pytest.raises(BadClock, match=named):
        clock_from_config(section)
