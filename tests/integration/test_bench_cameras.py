"""`openlot bench cameras`: streams watched from files and over RTSP, as processes that share a core."""

import json
from pathlib import Path

import pytest
from numbered_footage import write_clip
from tiny_models import write_detector, write_reader
from typer.testing import CliRunner

from benchmarks.cameras.cameras_folder import CamerasFolder
from benchmarks.cameras.run import MOST_EVERY
from benchmarks.cameras.stream import Wish, make_stream
from benchmarks.cameras.watching import Task, watch
from benchmarks.cli import app
from vision.pipeline import Pipeline

RATE = 50


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two networks that find and read the same plate in every picture."""
    folder = tmp_path_factory.mktemp("models")
    detector = write_detector(folder, [(32.0, 32.0, 20.0, 8.0, 0.9)])
    return str(detector), str(write_reader(folder, "苏E05EV8"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second in which nothing moves but the numbers."""
    return write_clip(tmp_path_factory.mktemp("clip") / "still.mp4", frames=RATE, rate=RATE)


def test_two_live_cameras_are_held_and_all_is_on_file(tmp_path: Path, clip: Path, models: tuple[str, str]) -> None:
    """Costs of every kind and way, an attempt to hold two cameras, and the same figures again from the files alone."""
    out = ["cameras", "--out", str(tmp_path / "out"), "--json"]
    few = ["--clip", str(clip), "--fps", str(RATE), "--rounds", "1", "--attempts", "1", "--most", "2"]
    done = CliRunner().invoke(app, [*out, *few, "--detector", models[0], "--reader", models[1]])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [(each["kind"], each["way"]) for each in found] == [
        *(("file", "gated"), ("file", "every"), ("live", "gated"), ("live", "every"))
    ]
    for each in found:
        assert each["cameras"]["value"] > 0
        if (each["kind"], each["way"]) != ("live", "every"):  # which a busy machine may have no time for
            assert [attempt["cameras"] for attempt in each["attempts"]] == ([2] if each["kind"] == "live" else [])
    folder = CamerasFolder(tmp_path / "out")
    costs = {(line.kind, line.way): line.watched for line in folder.lines() if line.cameras is None}
    assert costs["file", "every"].read == MOST_EVERY
    assert costs["file", "gated"].read < RATE / 2
    assert costs["file", "every"].dropped == costs["file", "gated"].dropped == 0
    assert len(costs["live", "every"].delays_ms) + costs["live", "every"].dropped == MOST_EVERY
    assert {line.camera for line in folder.lines() if line.cameras == 2} == {0, 1}
    assert CliRunner().invoke(app, out).stdout == done.stdout
    again = CliRunner().invoke(app, [*out, *few])
    assert again.exit_code == 2
    assert "out_folder_taken" in again.stderr


def test_a_drawn_stream_has_one_vehicle_and_is_quiet_around_it(tmp_path: Path) -> None:
    """The stream says whose plate is to be told, when nothing moves, and how much does."""
    stream = make_stream(Wish(None, 30, 200, 180, 1), 5, tmp_path)
    assert (stream.frames, stream.width, stream.height) == (90, 320, 180)
    assert stream.plates is not None
    assert len(stream.plates) == 1
    assert {0, 80} <= set(stream.quiet)
    assert 0.3 < stream.moving < 0.8


def test_a_part_of_a_stream_is_watched_alone(tmp_path: Path, clip: Path, models: tuple[str, str]) -> None:
    """Of a file the frames asked for are read, and no others."""
    task = Task(str(clip), "file", "every", RATE, RATE, 20, 12, False)
    watched = watch(Pipeline.load(*models), task)
    assert (watched.read, watched.dropped, watched.delays_ms) == (12, 0, ())


def test_streams_are_made_once_for_one_wish(tmp_path: Path, clip: Path) -> None:
    """A folder with streams alone is begun in again, without making them anew; one for another clip is refused."""
    folder, made = CamerasFolder(tmp_path / "out"), []
    wish = Wish(str(clip), 1, 120, 1080, 0)
    first = folder.begin(wish, [10, RATE], made.append)
    assert folder.begin(wish, [RATE], made.append) == first[1:]
    assert made == [10, RATE]
    assert [stream.frames for stream in first] == [10, RATE]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        pytest.param(["--fps", "60"], "bad_clip", id="more-frames-than-the-clip-has"),
        pytest.param(["--clip", "none.mp4"], "source_unavailable", id="no-such-clip"),
        pytest.param(["--detector", "none"], "watcher_failed", id="no-such-model"),
    ],
)
def test_what_cannot_be_measured_is_named(tmp_path: Path, clip: Path, words: list[str], named: str) -> None:
    """Exit status 2 and a stable code, and the folder may be begun in again once it is put right."""
    done = CliRunner().invoke(
        app, ["cameras", "--out", str(tmp_path / "out"), "--clip", str(clip), "--fps", "5", *words]
    )
    assert done.exit_code == 2
    assert named in done.stderr
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["streams"]
