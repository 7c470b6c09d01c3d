"""`openlot bench video` watches labelled clips and counts; `bench video-truth` labels them."""

import json
from pathlib import Path

import pytest
from openlot_command import openlot
from tiny_models import write_detector, write_reader

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
