"""`openlot bench video` watches labelled clips and counts; `bench video-truth` labels them."""

import json
import shutil
from pathlib import Path

import pytest
from openlot_command import openlot
from run_folders import Given, make_run, make_samples, prediction
from tiny_models import write_detector, write_reader
from typer.testing import CliRunner, Result

from benchmarks.cli import app
from benchmarks.videos.clips import Drive, Recipe, Shot
from benchmarks.videos.watching import rendered_clip

SHORT = Recipe("short", 41, (Shot(0.5, (Drive(0, ((0.0, 5.0), (0.5, 4.6))),)),))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one rendered clip and its truth."""
    folder = tmp_path_factory.mktemp("clips")
    rendered_clip(SHORT, folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for two networks that find and read the same plate in every picture."""
    folder = tmp_path_factory.mktemp("models")
    detector = write_detector(folder, [(32.0, 32.0, 20.0, 8.0, 0.9)])
    return ["--detector", str(detector), "--reader", str(write_reader(folder, "苏E05EV8"))]


def test_the_counts_of_each_clip_are_printed_and_its_sightings_kept(
    tmp_path: Path, clips: Path, models: list[str]
) -> None:
    """One object a clip says how its vehicles were read; what was sighted lies beside it, to be judged again."""
    result = openlot("bench", "video", "--data", clips, "--out", tmp_path, "--json", *models)
    assert result.status == 0
    (verdict,) = result.lines
    assert verdict == {
        "clip": "short.mp4",
        "vehicles": 1,
        "right": 0,
        "missed": 1,
        "doubled": 0,
        "wrong": 1,
        "unread": 0,
        "all_right": False,
    }
    (sighting,) = map(json.loads, (tmp_path / "short.mp4.jsonl").read_text(encoding="utf-8").splitlines())
    assert sighting["text"] == "苏E05EV8"


def test_a_list_becomes_the_truth_that_a_clip_is_judged_by(tmp_path: Path, clips: Path, models: list[str]) -> None:
    """A person's list is turned into hashes, and the clip is then right by it; a table says so."""
    labels = tmp_path / "list.csv"
    labels.write_text("plate,first,last,doubtful\n苏E·05EV8,0,5,\n", encoding="utf-8")
    clip = tmp_path / "short.mp4"
    clip.write_bytes((clips / "short.mp4").read_bytes())
    made = openlot("bench", "video-truth", clip, labels, "--out", tmp_path / "short.mp4.truth.json")
    assert made.status == 0
    assert "05EV8" not in (tmp_path / "short.mp4.truth.json").read_text(encoding="utf-8")
    result = openlot("bench", "video", "--data", tmp_path, "--out", tmp_path / "out", *models)
    assert result.status == 0
    assert "all right" in result.out


def test_a_folder_without_truth_is_an_error(tmp_path: Path) -> None:
    """Without a labelled clip the command fails and says how to label one."""
    result = openlot("bench", "video", "--data", tmp_path, "--out", tmp_path / "out")
    assert result.status == 2
    assert "video-truth" in result.err


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, clips: Path, models: list[str]) -> Path:
    """What is left of watching the clip."""
    folder = tmp_path_factory.mktemp("watched")
    assert openlot("bench", "video", "--data", clips, "--out", folder, "--name", "one", *models).status == 0
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run over two photos."""
    samples = make_samples(tmp_path / "run", ["KA05MG01", "KA05MG02"], lambda _: {})
    make_run(tmp_path / "run", samples, [Given("reader", lambda sample, number: prediction(sample.id, number=number))])
    return tmp_path / "run"


def report(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def renamed(watched: Path, folder: Path, name: str) -> Path:
    """The same folder under another name."""
    shutil.copytree(watched, folder)
    said = json.loads((folder / "video.json").read_text(encoding="utf-8"))
    (folder / "video.json").write_text(json.dumps(said | {"name": name}), encoding="utf-8")
    return folder


def test_what_was_sighted_is_part_of_the_report(tmp_path: Path, run: Path, watched: Path) -> None:
    """Page, Markdown and JSON count what was missed and wrong for each watcher, work from the kept files alone, and
    name neither plates nor, where they are to be shared, clips.
    """
    better = renamed(watched, tmp_path / "better", "other")
    (better / "short.mp4.jsonl").write_text("")
    asked = report(run, "--no-photos", "--video", watched, "--video", better)
    assert asked.exit_code == 0, asked.stderr
    told = json.loads((run / "report.json").read_text(encoding="utf-8"))
    counts = [(video["name"], video["clips"][0]["missed"], video["clips"][0]["wrong"]) for video in told["videos"]]
    assert counts == [("one", 1, 1), ("other", 1, 0)]
    texts = {name: (run / name).read_text(encoding="utf-8") for name in ("report.html", "report.md", "report.json")}
    assert "| wrong texts | 1 | **0** |" in texts["report.md"]
    assert "<h2>Video</h2>" in texts["report.html"]
    assert not any("E05EV8" in text or "short.mp4" in text or str(tmp_path) in text for text in texts.values())
    refused = report(run, "--video", watched)
    assert (refused.exit_code, "no_photos" in refused.stderr) == (2, True)


def test_videos_that_cannot_be_held_against_each_other_are_refused(tmp_path: Path, run: Path, watched: Path) -> None:
    """No such folder, one whose watching was stopped, two of one name, or other clips: exit 2, and what to do."""
    stopped = renamed(watched, tmp_path / "stopped", "stopped")
    (stopped / "video.json").unlink()
    other = renamed(watched, tmp_path / "other", "other")
    truth = json.loads((other / "short.mp4.truth.json").read_text(encoding="utf-8"))
    (other / "short.mp4.truth.json").write_text(json.dumps(truth | {"salt": "00"}), encoding="utf-8")
    for folders, code in (
        ([tmp_path / "none"], "bad_video_folder"),
        ([stopped], "bad_video_folder"),
        ([watched, watched], "not_comparable: two videos are called one"),
        ([watched, other], "not_comparable: the videos show other clips"),
    ):
        options = [word for folder in folders for word in ("--video", folder)]
        refused = report(run, "--no-photos", *options)
        assert (refused.exit_code, code in refused.stderr) == (2, True), refused.stderr
