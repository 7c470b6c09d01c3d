"""The figures of a run, from its folder."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_folders import Given, failed, held_back, make_run, make_samples, prediction, process, read_plate

from benchmarks.cards.reliability import Judged, reliability
from benchmarks.errors import BadRunFolder, UnfinishedRun
from benchmarks.judging.calibration import calibrate, coverage, expected_error
from benchmarks.judging.figures import figures_of
from benchmarks.judging.speed import measure
from benchmarks.run_folder import Prediction, RunFolder
from benchmarks.types import Sample

judged = st.builds(Judged, st.floats(0, 1), st.booleans())


def right(sample: Sample, number: int) -> Prediction:
    """A candidate that reads everything."""
    return prediction(sample.id, *(read_plate(plate.text) for plate in sample.truth), number=number)


def mixed(sample: Sample, number: int) -> Prediction:
    """A candidate that fails on photo 0, misreads photo 1 and holds photo 2 back."""
    if sample.id == "0.jpg":
        return failed(sample.id, number)
    if sample.id == "1.jpg":
        return prediction(sample.id, read_plate("AB0X", 0.7), number=number)
    if sample.id == "2.jpg":
        return prediction(sample.id, held_back(sample.truth[0].text), number=number)
    return right(sample, number)


def eight(folder: Path) -> list[Sample]:
    return make_samples(folder, [f"AB0{i}" for i in range(7)] + [""], lambda i: {"light": "night" if i < 2 else "day"})


def test_every_figure_of_a_run_counts_failures_as_wrong(tmp_path: Path) -> None:
    """Of eight photos with seven plates a candidate that fails on one, misreads one and holds one back reads five."""
    folder = make_run(tmp_path, eight(tmp_path), [Given("good", right), Given("weak", mixed)], rounds=2)
    run = figures_of(folder, None, 1.0)
    weak = {name: interval and interval.value for name, interval in run.candidates[1].figures.items()}
    assert (run.photos, run.plates, run.baseline) == (8, 7, "good")
    assert weak == {
        "top1": pytest.approx(5 / 8),
        "top1_exact": pytest.approx(5 / 8),
        "plates_read": pytest.approx(4 / 7),
        "plates_exact": pytest.approx(4 / 7),
        "plates_without_province": pytest.approx(4 / 7),
        "plates_within_one": pytest.approx(5 / 7),
        "character_error_rate": pytest.approx(5 / 28),
        "found": pytest.approx(6 / 7),
        "precision": 1.0,
        "false_texts": pytest.approx(1 / 8),
        "failed": pytest.approx(1 / 8),
    }
    assert [(m.number, m.marks) for m in run.candidates[1].mistakes] == [
        (2, ("1>X at 4",)),
        (1, ("failed: unreadable_image",)),
        (3, ("held back, and right",)),
    ]


def test_figures_are_told_by_condition(tmp_path: Path) -> None:
    """Each value of a condition has its own photos and figures, with wider intervals."""
    folder = make_run(tmp_path, eight(tmp_path), [Given("weak", mixed)])
    by_light = {c.value: c for c in figures_of(folder, None, 1.0).candidates[0].conditions}
    assert {value: c.photos for value, c in by_light.items()} == {"day": 6, "night": 2}
    night, day = by_light["night"].figures["top1"], by_light["day"].figures["top1"]
    assert night is not None
    assert day is not None
    assert (night.value, day.value) == (0.0, pytest.approx(5 / 6))


def test_values_of_a_condition_stand_in_their_order(tmp_path: Path) -> None:
    """What is told by numbers goes by them, so that a report reads from near to far."""
    widths = ["over 240 px", "120 to 240 px", "under 60 px", "60 to 120 px"]
    samples = make_samples(tmp_path, [f"AB0{i}" for i in range(4)], lambda i: {"width": widths[i]})
    figures = figures_of(make_run(tmp_path, samples, [Given("good", right)]), None, 1.0).candidates[0]
    assert [c.value for c in figures.conditions] == ["under 60 px", "60 to 120 px", "120 to 240 px", "over 240 px"]


def test_a_candidate_without_boxes_has_no_recall_by_boxes(tmp_path: Path) -> None:
    """Where a candidate never tells a place, recall and precision are unknown, not nought."""

    def placeless(sample: Sample, number: int) -> Prediction:
        return prediction(sample.id, *(read_plate(plate.text, box=None) for plate in sample.truth), number=number)

    folder = make_run(tmp_path, eight(tmp_path), [Given("placeless", placeless)])
    figures = figures_of(folder, None, 1.0).candidates[0].figures
    assert figures["found"] is None
    assert figures["precision"] is None
    assert figures["plates_read"] is not None


def test_a_run_that_was_stopped_has_no_figures(tmp_path: Path) -> None:
    """What was not read is neither right nor wrong: the run has to go on first, and the message says how."""
    folder = make_run(tmp_path, eight(tmp_path), [Given("good", right)], rounds=2)
    path = tmp_path / "predictions" / "good.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))
    with pytest.raises(UnfinishedRun, match=r"3 of 16 photos; go on with .* openlot bench run"):
        figures_of(folder, None, 1.0)


def test_an_unknown_baseline_is_refused(tmp_path: Path) -> None:
    """A baseline that is no candidate of the run is named, with those that are."""
    folder = make_run(tmp_path, eight(tmp_path), [Given("good", right)])
    with pytest.raises(BadRunFolder, match="no candidate best; it holds good"):
        figures_of(folder, "best", 1.0)


def test_figures_need_no_photos_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose photos lie below a variable is judged where the variable is not set."""
    monkeypatch.delenv("OPENLOT_NOWHERE", raising=False)
    make_run(tmp_path, eight(tmp_path), [Given("good", right)])
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace(str(tmp_path / "photos"), "$OPENLOT_NOWHERE/photos"))
    assert figures_of(RunFolder(tmp_path), None, 1.0).photos == 8


def test_reads_that_change_between_rounds_are_told(tmp_path: Path) -> None:
    """A candidate that reads otherwise in the second round is unsteady, and counts by both rounds."""

    def unsteady(sample: Sample, number: int) -> Prediction:
        return right(sample, number) if number == 0 else prediction(sample.id, number=number)

    folder = make_run(tmp_path, eight(tmp_path), [Given("unsteady", unsteady)], rounds=2)
    figures = figures_of(folder, None, 1.0).candidates[0]
    read = figures.figures["plates_read"]
    assert figures.unsteady == 7
    assert read is not None
    assert read.value == 0.5


def test_the_calibration_error_weighs_bins_by_their_reads() -> None:
    """Nine right of ten said at 0.95 and nothing right of ten said at 0.6 are 0.05 and 0.6 off, so 0.325."""
    reads = [Judged(0.95, i > 0) for i in range(10)] + [Judged(0.6, False)] * 10
    assert expected_error(reliability(reads)) == pytest.approx(0.325)
    assert expected_error(reliability([])) is None


@given(st.lists(judged, min_size=1))
def test_the_calibration_error_is_a_share(reads: Sequence[Judged]) -> None:
    """It lies in 0..1 and is 0 for those who are certain and right."""
    error = expected_error(reliability(reads))
    assert error is not None
    assert 0 <= error <= 1
    assert expected_error(reliability([Judged(1.0, True)] * len(reads))) == 0


@given(st.lists(st.none() | judged, min_size=1))
def test_coverage_grows_as_confidence_falls(answers: Sequence[Judged | None]) -> None:
    """Each point answers more than the one before, at less confidence; the last answers all that was given."""
    points = coverage(answers)
    given_answers = [answer for answer in answers if answer is not None]
    assert [p.confidence for p in points] == sorted({a.confidence for a in given_answers}, reverse=True)
    assert all(later.coverage > earlier.coverage for earlier, later in pairwise(points))
    if points:
        assert points[-1].coverage == pytest.approx(len(given_answers) / len(answers))
        assert points[-1].accuracy == pytest.approx(sum(a.is_right for a in given_answers) / len(given_answers))


def test_abstaining_buys_accuracy() -> None:
    """With the two surest of four right and a fifth photo unanswered, 40 % can be answered without a mistake."""
    answers = [Judged(0.9, True), Judged(0.8, True), Judged(0.5, False), Judged(0.4, True), None]
    assert calibrate([], answers).covered == pytest.approx(0.4)


def test_speed_is_of_photos_that_were_read() -> None:
    """Times are over photos and rounds without the failed ones; memory is the largest, energy that of all photos."""
    rounds = [[prediction(f"{i}", ms=10.0 + i, cpu=20.0, number=n) for n in (0, 1)] for i in range(9)]
    rounds.append([failed("9", 0), failed("9", 1)])
    speed = measure(rounds, [process(0, photos=10), process(1, photos=10)], 4_000_000, 0)
    assert speed.p50 is not None
    assert (speed.p50.value, speed.photos_timed) == (14.0, 18)
    assert speed.p50.low <= 14 <= speed.p50.high
    assert speed.images_a_core_s == pytest.approx(50)
    assert (speed.megabytes, speed.peak_rss_mb, speed.joules_a_photo) == (4.0, 200.0, pytest.approx(24 / 20))
    assert speed.stages["detect"] == pytest.approx(7.0)
    assert speed.loads == ("cpu int8",)


def test_energy_is_that_of_the_processes_that_ended() -> None:
    """A killed process' joules are nobody's: photos that it read do not thin out those of the one that went on."""
    rounds = [[prediction(f"{i}")] for i in range(10)]
    assert measure(rounds, [process(photos=4)], None, 0).joules_a_photo == pytest.approx(12 / 4)


def test_what_was_not_measured_is_unknown() -> None:
    """A candidate that only ever failed has no times; one without bytes, processes or processor time has none."""
    speed = measure([[failed("0")]], [], None, 0)
    assert (speed.p50, speed.p95, speed.p99, speed.images_a_core_s) == (None, None, None, None)
    assert (speed.megabytes, speed.peak_rss_mb, speed.joules_a_photo, speed.cold_ms) == (None, None, None, None)
