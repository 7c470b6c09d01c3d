"""`openlot bench motion` watches a clip with the motion gate and without it."""

import json
from pathlib import Path

import pytest
from tiny_models import write_detector, write_reader
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.errors import OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from benchmarks.motion.compare import Watched, motion_figures, watch_both_ways
from benchmarks.videos.clips import Drive, Recipe, Shot
from benchmarks.videos.watching import rendered_clip
from vision.pipeline import Pipeline

STANDS = Recipe("stands", 43, (Shot(2.0, (Drive(0, ((0.0, 5.0), (0.3, 4.6))),)),))
"""A vehicle that rolls a little, and then stands."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rendered clip."""
    return rendered_clip(STANDS, tmp_path_factory.mktemp("clip")).file


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two networks that find and read the same plate in every picture."""
    folder = tmp_path_factory.mktemp("models")
    detector = write_detector(folder, [(32.0, 32.0, 20.0, 8.0, 0.9)])
    return str(detector), str(write_reader(folder, "苏E05EV8"))


def test_frames_without_motion_are_decoded_but_not_read(tmp_path: Path, clip: Path, models: tuple[str, str]) -> None:
    """The gate reads fewer frames of a clip that comes to rest, and tells the same vehicle; files hold both ways."""
    out = tmp_path / "out"
    options = ["--detector", models[0], "--reader", models[1], "--rounds", "2"]
    done = CliRunner().invoke(app, ["motion", str(clip), "--out", str(out), "--json", *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert 0 < found["frames_read"] < found["frames"]
    assert (found["sightings_gated"], found["only_gated"], found["only_every"]) == (1, [], [])
    watched = [json.loads(line) for line in (out / "motion.jsonl").read_text().splitlines()]
    assert [(each["way"], each["round"]) for each in watched] == [
        ("gated", 0),
        ("every", 0),
        ("every", 1),
        ("gated", 1),
    ]
    assert {each["frames_read"] for each in watched if each["way"] == "every"} == {found["frames"]}
    again = CliRunner().invoke(app, ["motion", str(clip), "--out", str(out), *options])
    assert again.exit_code == 2
    assert "out_folder_taken" in again.stderr


def test_figures_name_what_only_one_way_told(tmp_path: Path) -> None:
    """Ratio and differences come from the files: a text told twice by one way and once by the other is named once."""
    lines = [Watched("gated", 0, 100, 10, 1.0), Watched("every", 0, 100, 100, 8.0)]
    kinds = {"gated": ["A1", "A1", "B2", None], "every": ["A1", "B2", "C3"]}
    for way, texts in kinds.items():
        (tmp_path / f"{way}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    written = "".join(json.dumps({name: getattr(line, name) for name in Watched.__slots__}) + "\n" for line in lines)
    (tmp_path / "motion.jsonl").write_text(written)
    found = motion_figures(tmp_path)
    assert (found.cpu_ratio, found.cpu_ms_a_frame, found.cpu_ms_every_frame) == pytest.approx((0.125, 10, 80))
    assert (found.sightings_gated, found.sightings_every) == (3, 3)
    assert (found.only_gated, found.only_every) == (("A1",), ("C3",))


def test_a_stopped_run_has_no_figures(tmp_path: Path, clip: Path, models: tuple[str, str]) -> None:
    """A folder in which one way is missing is refused, and so is writing into it."""
    (tmp_path / "motion.jsonl").write_text('{"way":"gated","round":0,"frames":1,"frames_read":1,"cpu_s":1}\n')
    (tmp_path / "gated.jsonl").touch()
    with pytest.raises(BadGateRuns):
        motion_figures(tmp_path)
    with pytest.raises(OutFolderTaken):
        watch_both_ways(Pipeline.load(*models), clip, 1, tmp_path, lambda watched: None)
