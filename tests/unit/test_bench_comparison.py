"""Two candidates against each other, and what that means in words."""

from pathlib import Path

import pytest
from run_folders import Given, Reads, failed, make_run, make_samples, prediction, read_plate

from benchmarks.errors import NotComparable
from benchmarks.judging.comparison import Comparison, compare
from benchmarks.judging.intervals import Interval
from benchmarks.judging.reads import read_candidate
from benchmarks.judging.verdict import reason, verdict
from benchmarks.run_folder import Prediction, RunFolder
from benchmarks.types import Sample


def reads(right: range, cpu: float | None = 18.0, ms: float = 20.0) -> Reads:
    """A candidate that reads the photos whose numbers are in `right`."""

    def read(sample: Sample, number: int) -> Prediction:
        text = sample.truth[0].text
        told = text if int(sample.id.removesuffix(".jpg")) in right else "X" + text[1:]
        return prediction(sample.id, read_plate(told), number=number, ms=ms, cpu=cpu)

    return read


def run_of(folder: Path, *candidates: Given, photos: int = 200) -> RunFolder:
    samples = make_samples(folder, [f"AB{i:04d}" for i in range(photos)], lambda i: {})
    return make_run(folder, samples, candidates)


def compared(folder: RunFolder, first: str = "a", second: str = "b", worth: float = 1.0) -> Comparison:
    run, samples = folder.run(), folder.samples()
    return compare(read_candidate(folder, run, samples, first), read_candidate(folder, run, samples, second), worth)


def test_one_that_reads_surely_more_at_the_same_cost_is_worth_it(tmp_path: Path) -> None:
    """20 of 200 photos more are 10 points, surely; the verdict says switch."""
    found = compared(run_of(tmp_path, Given("a", reads(range(160))), Given("b", reads(range(180)))))
    assert (found.only_first, found.only_second, found.decision) == (0, 20, "switch")
    assert found.gain.value == pytest.approx(10)
    assert 5 < found.gain.low < 10 < found.gain.high < 15
    assert found.p == pytest.approx(2 / 2**20)
    assert verdict(found).endswith("costs the same: switch")


def test_what_reads_more_and_costs_too_much_is_not(tmp_path: Path) -> None:
    """Ten points more for sixteen times the cost are 2.5 points a doubling: not enough where 4 are asked for."""
    folder = run_of(tmp_path, Given("a", reads(range(160))), Given("b", reads(range(180), cpu=288.0)))
    found = compared(folder, worth=4.0)
    assert found.cost is not None
    assert found.cost.value == pytest.approx(16)
    assert found.net.value == pytest.approx(10 - 4 * 4)
    assert found.decision == "stay"
    assert compared(folder, worth=1.0).decision == "switch"


def test_swapping_the_two_swaps_the_verdict(tmp_path: Path) -> None:
    """The gain turns its sign, the cost over, and McNemar's p stays."""
    folder = run_of(tmp_path, Given("a", reads(range(160))), Given("b", reads(range(180), cpu=36.0)))
    one, other = compared(folder), compared(folder, "b", "a")
    assert one.gain.value == -other.gain.value
    assert one.p == other.p
    assert one.cost is not None
    assert other.cost is not None
    assert one.cost.value == pytest.approx(1 / other.cost.value)
    assert (one.decision, other.decision) == ("switch", "stay")


def test_too_few_photos_are_told_with_how_many_it_takes(tmp_path: Path) -> None:
    """One photo more of fifty proves nothing; many more photos are needed to tell, in two digits."""
    folder = run_of(tmp_path, Given("a", reads(range(45))), Given("b", reads(range(46))), photos=50)
    found = compared(folder)
    assert found.decision == "unsure"
    assert found.more_photos is not None
    assert found.more_photos > 100
    assert set(str(found.more_photos)[2:]) == {"0"}
    assert found.gain.low < 0 < found.gain.high
    assert verdict(found).endswith(f"costs the same: need {found.more_photos:,} more photos to tell")


def test_two_that_surely_differ_by_less_than_matters_are_alike(tmp_path: Path) -> None:
    """Where the whole interval lies below what matters, there is nothing to switch for."""
    folder = run_of(tmp_path, Given("a", reads(range(1900))), Given("b", reads(range(1900))), photos=2000)
    found = compared(folder)
    assert found.decision == "alike"
    assert "don't switch: at most 0." in verdict(found)


def test_time_counts_where_processor_time_says_nothing(tmp_path: Path) -> None:
    """On a GPU, or where processor time is unknown, cost is time on the clock."""
    folder = run_of(
        tmp_path,
        Given("a", reads(range(10)), provider="cuda"),
        Given("b", reads(range(10), ms=60.0)),
        Given("c", reads(range(10), cpu=None, ms=10.0)),
        photos=10,
    )
    one, other = compared(folder), compared(folder, "b", "c")
    assert one.cost is not None
    assert other.cost is not None
    assert (one.cost_of, round(one.cost.value, 3)) == ("time", 3.0)
    assert (other.cost_of, round(other.cost.value, 3)) == ("time", 0.167)


def test_cost_is_over_photos_that_both_read(tmp_path: Path) -> None:
    """A photo that one failed on has no cost for either; it still counts as wrong."""

    def fails(sample: Sample, number: int) -> Prediction:
        slow = reads(range(50), cpu=36.0)
        return failed(sample.id, number) if sample.id == "0.jpg" else slow(sample, number)

    found = compared(run_of(tmp_path, Given("a", reads(range(50))), Given("b", fails), photos=50))
    assert found.cost is not None
    assert found.cost.value == pytest.approx(2)
    assert found.only_first == 1


def test_other_photos_are_not_compared(tmp_path: Path) -> None:
    """Two runs are comparable only on the same photos with the same truth."""
    one = run_of(tmp_path / "one", Given("a", reads(range(5))), photos=5)
    other = run_of(tmp_path / "other", Given("b", reads(range(5))), photos=6)
    pair = [read_candidate(folder, folder.run(), folder.samples(), name) for folder, name in ((one, "a"), (other, "b"))]
    with pytest.raises(NotComparable, match="not given the same photos"):
        compare(*pair)


def told(gain: Interval, cost: float, net: Interval, decision: str, more: int | None = None) -> str:
    found = Comparison(
        "A", "B", 900, gain, Interval(cost, cost, cost, 0.0), "processor time", 1.0, net, 3, 14, 0.0127, decision, more,  # type: ignore[arg-type]
    )  # fmt: skip
    assert "McNemar's exact p 0.013" in reason(found)
    return verdict(found)


def test_a_verdict_is_one_sentence() -> None:
    """It tells how much more or less is read, how sure that is, what it costs, and what to do."""
    more, less = Interval(1.2, 0.3, 2.1, 0.4), Interval(-1.2, -2.1, -0.3, 0.4)
    assert told(more, 1.8, more, "switch") == "B reads 1.2 points more (0.3 to 2.1), costs 1.8×: switch"
    assert told(less, 0.5, less, "stay") == "B reads 1.2 points less (0.3 to 2.1), costs 0.50×: don't switch"
    open_ended = Interval(0.4, -0.5, 1.3, 0.4)
    assert told(open_ended, 1.02, open_ended, "unsure", 1234) == (
        "B reads 0.4 points more (−0.5 to +1.3), costs the same: need 1,234 more photos to tell"
    )
    assert told(Interval(0.01, -0.2, 0.2, 0.1), 1.0, Interval(0.01, -0.2, 0.2, 0.1), "alike") == (
        "B reads as much (−0.2 to +0.2), costs the same: don't switch: at most 0.2 points lie between them"
    )
