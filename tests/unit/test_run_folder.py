"""A run's folder gives back what was put into it, and only that."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import BadRunFolder, OutFolderTaken
from benchmarks.run_folder import (
    FORMAT,
    Failure,
    Prediction,
    ProcessRun,
    ReadPlate,
    Run,
    RunCandidate,
    RunDataset,
    RunFolder,
    now,
    stored_path,
)
from benchmarks.types import Sample, TruePlate
from vision.types import Box

TEXTS = st.text(max_size=12)
SIDES = st.integers(0, 90_000).map(lambda tenths: tenths / 10)
PLATES = st.builds(
    ReadPlate,
    text=TEXTS | st.none(),
    guess=TEXTS,
    confidence=st.floats(0, 1),
    box=st.builds(Box, SIDES, SIDES, SIDES, SIDES) | st.none(),
    color=TEXTS | st.none(),
    layout=TEXTS | st.none(),
    region=TEXTS | st.none(),
)
TIMES = st.floats(0, 1e6)
PREDICTIONS = st.builds(
    Prediction,
    sample=TEXTS,
    round=st.integers(0, 9),
    plates=st.lists(PLATES, max_size=3).map(tuple),
    ms=st.dictionaries(st.sampled_from(["decode", "detect", "read", "total"]), TIMES),
    cpu_ms=TIMES | st.none(),
    error=st.builds(Failure, TEXTS, TEXTS) | st.none(),
)
PROCESS = ProcessRun(0, 900.5, 40.25, 1 << 28, 3.5, 2.5, None, "cpu", "int8")


def begun(folder: Path) -> RunFolder:
    """A run of one photo, nothing read yet."""
    run = RunFolder(folder / "out")
    sample = Sample(
        "yard/a.jpg", folder / "yard" / "a.jpg", (TruePlate("苏E05EV8", Box(1, 2, 3, 4)),), {"light": "day"}
    )
    candidate = RunCandidate("one", "openlot", {"threads": 1, "regions": ("eu", "us"), "pause_s": 0.5}, 12)
    described = RunDataset(stored_path(folder), "truth", 1)
    run.begin(
        Run(FORMAT, now(), "openlot bench run", 1, 0, {"cores": 2, "load": 0.5}, (candidate,), described), [sample]
    )
    return run


@given(predictions=st.lists(PREDICTIONS, max_size=4))
def test_predictions_come_back_as_they_were_added(
    tmp_path_factory: pytest.TempPathFactory, predictions: list[Prediction]
) -> None:
    """Every prediction survives the file, whatever its texts, boxes, stages and errors."""
    run = begun(tmp_path_factory.mktemp("run"))
    for prediction in predictions:
        run.add_predictions("one", [prediction])
    assert run.predictions("one") == predictions


def test_what_is_run_and_what_it_cost_come_back(tmp_path: Path) -> None:
    """Candidates, photos, truth, conditions and processes are read back; a candidate without lines has none."""
    run = begun(tmp_path)
    run.add_process("one", PROCESS)
    (sample,) = run.samples()
    assert run.exists
    assert run.run().candidates[0].settings == {"threads": 1, "regions": ("eu", "us"), "pause_s": 0.5}
    assert (sample.id, sample.path) == ("yard/a.jpg", tmp_path / "yard" / "a.jpg")
    assert sample.truth == (TruePlate("苏E05EV8", Box(1, 2, 3, 4)),)
    assert (run.processes("one"), run.predictions("other")) == ([PROCESS], [])


def test_a_half_line_is_cut_off_and_not_read(tmp_path: Path) -> None:
    """What a killed run left of its last line counts for nothing, before and after it is mended."""
    run = begun(tmp_path)
    run.add_process("one", PROCESS)
    file = run.path / "processes" / "one.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:20])
    assert run.processes("one") == [PROCESS]
    run.mend()
    assert file.read_bytes() == whole


@pytest.mark.parametrize("name", ["run.json", "samples.jsonl", "predictions/one.jsonl"])
def test_a_file_that_no_run_wrote_is_an_error(tmp_path: Path, name: str) -> None:
    """Whatever is not as a run writes it is refused by its file's name."""
    run = begun(tmp_path)
    (run.path / name).write_text('{"format": 2}\n', encoding="utf-8")
    with pytest.raises(BadRunFolder, match=name):
        [run.run(), run.samples(), run.predictions("one")]


def test_a_folder_in_the_collection_is_kept_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos in $OPENLOT_DATA are found wherever it lies; without it that is said, and the truth is read."""
    monkeypatch.setenv("OPENLOT_DATA", str(tmp_path))
    run = begun(tmp_path)
    assert run.run().dataset.path == "$OPENLOT_DATA"
    assert run.samples()[0].path == tmp_path / "yard" / "a.jpg"
    monkeypatch.delenv("OPENLOT_DATA")
    with pytest.raises(BadRunFolder, match="set OPENLOT_DATA"):
        run.photo_folder(run.run())
    assert run.samples()[0].truth[0].text == "苏E05EV8"


def test_two_runs_never_write_to_one_folder(tmp_path: Path) -> None:
    """While one holds a folder another is refused, and not after."""
    run = begun(tmp_path)
    with run.held(), pytest.raises(OutFolderTaken, match="another run"), run.held():
        pass
    with run.held():
        pass
