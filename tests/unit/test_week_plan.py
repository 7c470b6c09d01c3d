"""The plan of the simulated week: its visits, its faults, and the reads that stand for them."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import get_args

import numpy as np
import pytest

from benchmarks.matching.patterns import kinds_of
from benchmarks.matching.recording import load
from benchmarks.week.faults import Kind, plan_faults
from benchmarks.week.plan import BEGINS, DAYS, PIXELS_EVERY, VISITS, plan_week
from benchmarks.week.replay import Patterns, WeekReader
from benchmarks.week.virtual_loop import VirtualLoop, run
from lot_server.lane_read import from_sighting
from vision.types import Frame, Sighting


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    return Patterns(load())


def test_a_week_is_its_seed(patterns: Patterns) -> None:
    """The same seed plans the same week of 9,000 visits, another one another."""
    week = plan_week(patterns, 1)
    assert week == plan_week(patterns, 1)
    assert week != plan_week(patterns, 2)
    assert len(week.visits) == VISITS
    assert [each.arrives for each in week.visits] == sorted(each.arrives for each in week.visits)
    assert len({each.number for each in week.visits}) == VISITS
    assert sum(each.car is not None for each in week.visits) == VISITS // PIXELS_EVERY


def test_no_two_vehicles_have_a_plate(patterns: Patterns) -> None:
    """Only holders of a pass come again, so that whose stay it is can be told from the plate alone."""
    week = plan_week(patterns, 3)
    often = Counter(each.plate for each in week.visits)
    assert {plate for plate, count in often.items() if count > 1} <= set(week.passes)


def test_every_kind_of_fault_is_planned() -> None:
    """A week has each kind, the same for the same seed."""
    faults = plan_faults(1, DAYS)
    assert {each.kind for each in faults} == set(get_args(Kind))
    assert faults == plan_faults(1, DAYS)


def test_a_recorded_read_goes_through_fusion(patterns: Patterns) -> None:
    """A right read of a recorded pattern, laid over a plate, is that plate once its frames are fused."""
    [kinds, *_] = patterns.kinds
    plate = "苏E1A234"
    assert kinds_of(plate) == kinds
    reads = [patterns.read(kinds, number, plate, 1) for number in range(40)]
    right = [each for each in reads if each is not None and each.guess == plate and each.confidence > 0.95]
    assert len(right) > 10

    def fused(source: str) -> Sighting | None:
        async def main(_: VirtualLoop) -> Sighting | None:
            return await reader.sight(_frames(source))

        return run(main)

    reader = WeekReader(None)
    for number, read in enumerate(right[:3]):
        reader.replays[f"v{number}"] = read
        sighting = fused(f"v{number}")
        assert sighting is not None
        assert sighting.text == plate
        assert from_sighting(sighting, (), BEGINS, 0.5).plate == plate
    reader.replays["nothing"] = None
    assert fused("nothing") is None


async def _frames(source: str) -> AsyncIterator[Frame]:
    for index in range(3):
        yield Frame(np.zeros((60, 96, 3), np.uint8), source, index)
