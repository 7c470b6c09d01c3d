"""A day of the simulated week at its four lanes: the lot's own parts, a real cloud, and faults of every kind."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.week.checks import FAST_ENOUGH
from benchmarks.week.cli import live_through
from benchmarks.week.report import WeekVerdict

VISITS, SEED = 50, 5


def a_day(folder: Path) -> WeekVerdict:
    folder.mkdir()
    return live_through(folder, SEED, VISITS, Console(file=io.StringIO()), days=1)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> WeekVerdict:
    """One day, lived through once for all of this file."""
    return a_day(tmp_path_factory.mktemp("week") / "first")


def test_a_day_with_every_fault_is_green(day: WeekVerdict) -> None:
    """Visits, money, spaces, passages, photos and both ledgers agree, whatever went wrong meanwhile."""
    # How fast it is depends on what else the machine does.
    assert [each for each in day.checks if not each.holds and each.claim != FAST_ENOUGH] == []


def test_reads_are_replayed_and_seen(day: WeekVerdict) -> None:
    """Most visits are read by replay, one in 50 from pixels, and both are counted."""
    visits = day.evidence.week.visits
    assert len(visits) == VISITS
    assert sum(each.car is not None for each in visits) == VISITS // 50
    assert 0 < day.from_pixels < day.replayed


def test_the_same_seed_tells_the_same_story(day: WeekVerdict, tmp_path: Path) -> None:
    """Lived through again, every fact has its kind and microsecond and every visit its times, payments and help."""
    assert a_day(tmp_path / "again").story == day.story
