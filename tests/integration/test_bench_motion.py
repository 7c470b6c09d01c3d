"""`openlot bench motion` watches a clip with the motion gate and without it; `motion-stream` builds one to watch."""

import json
from dataclasses import asdict
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import write_detector, write_reader
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.errors import OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from benchmarks.motion.compare import Watched, motion_figures, watch_both_ways
from benchmarks.motion.idle import NoIdleStretch, idle_stretch
from benchmarks.motion.passages import timetable
from benchmarks.motion.stream import StreamPlan, build_stream
from benchmarks.videos.clips import Drive, Recipe, Shot
from benchmarks.videos.truth import SUFFIX, read_truth
from benchmarks.videos.watching import rendered_clip
from vision.pipeline import Pipeline

STANDS = Recipe("stands", 43, (Shot(2.0, (Drive(0, ((0.0, 5.0), (0.3, 4.6))),)),))
"""A vehicle that rolls a little, and then stands."""
EMPTY = Recipe("empty", 44, (Shot(1.6, ()), Shot(0.4, (Drive(0, ((0.0, 14.0), (0.4, 5.0))),))))
"""A lane that is idle until a vehicle comes."""


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


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of a minute with one vehicle, built from an idle lane."""
    folder = tmp_path_factory.mktemp("stream")
    file = folder / "stream.mp4"
    build_stream(rendered_clip(EMPTY, folder).file, StreamPlan(0.24, 1, seed=3, aside=0.0), file, lambda *counts: None)
    return file


def test_frames_without_motion_are_not_read(tmp_path: Path, clip: Path, models: tuple[str, str]) -> None:
    """The gate reads fewer frames of a clip that comes to rest, and tells the same vehicle; files hold both ways."""
    out = tmp_path / "out"
    options = ["--detector", models[0], "--reader", models[1], "--rounds", "2"]
    done = CliRunner().invoke(app, ["motion", str(clip), "--out", str(out), "--json", *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert 0 < found["frames_read"] < found["frames_decoded"] <= found["frames"]
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


def _line(text: str | None, *frames: int, told: int = 0) -> str:
    evidence = [{"index": index} for index in frames]
    return json.dumps({"text": text, "evidence": evidence, "told_at": told or frames[-1] + 30}) + "\n"


def test_figures_name_what_only_one_way_told(tmp_path: Path) -> None:
    """The same text at the same time is the same sighting, as is that of a vehicle that stood for an hour, told when
    it had gone; told again by one way only, it is named."""
    lines = [Watched("gated", 0, 20, 10, 1.0), Watched("every", 0, 100, 100, 8.0)]
    gated = [_line("A1", 3, 9), _line("A1", 60, 64), _line("B2", 70), _line("D4", 9, told=5000), _line(None, 5)]
    every = [_line("A1", 4), _line("A1", 700, 701), _line("B2", 72), _line("C3", 80), _line("D4", 900, told=5010)]
    (tmp_path / "gated.jsonl").write_text("".join(gated))
    (tmp_path / "every.jsonl").write_text("".join(every))
    (tmp_path / "motion.jsonl").write_text("".join(json.dumps(asdict(line)) + "\n" for line in lines))
    found = motion_figures(tmp_path)
    assert (found.cpu_ratio, found.cpu_ms_a_frame, found.cpu_ms_every_frame) == pytest.approx((0.125, 10, 80))
    assert (found.frames, found.frames_decoded, found.frames_read) == (100, 20, 10)
    assert (found.sightings_gated, found.sightings_every) == (4, 5)
    assert (found.unread_gated, found.unread_every) == (1, 0)
    assert [(told.text, told.first) for told in found.only_gated] == [("A1", 60)]
    assert [(told.text, told.first) for told in found.only_every] == [("A1", 700), ("C3", 80)]


def test_a_stopped_run_has_no_figures(tmp_path: Path, clip: Path, models: tuple[str, str]) -> None:
    """A folder in which one way is missing is refused, and so is writing into it."""
    (tmp_path / "motion.jsonl").write_text('{"way":"gated","round":0,"frames":1,"frames_read":1,"cpu_s":1}\n')
    (tmp_path / "gated.jsonl").touch()
    with pytest.raises(BadGateRuns):
        motion_figures(tmp_path)
    with pytest.raises(OutFolderTaken):
        watch_both_ways(Pipeline.load(*models), clip, 1, tmp_path, lambda each: None, lambda way, count: None)


def test_the_idle_stretch_ends_where_something_comes() -> None:
    """It is the longest run of frames of which no two differ: neither by what comes nor by what creeps."""
    creeping = [np.full((36, 64), 90 + 3 * step, np.uint8) for step in range(12)]
    still = [np.full((36, 64), 200, np.uint8) for _ in range(8)]
    blot = still[0].copy()
    blot[5:10, 5:15] = 90
    assert idle_stretch([*creeping, *still, blot, *still[:4]]) == range(12, 20)


def test_a_lane_that_is_never_idle_gives_no_stream(tmp_path: Path, clip: Path) -> None:
    """Nothing is made up where the clip has no idle stretch; nor do vehicles drive through one another."""
    moving = rendered_clip(Recipe("moving", 45, (Shot(1.2, (Drive(0, ((0.0, 9.0), (1.2, 4.6))),)),)), tmp_path).file
    with pytest.raises(NoIdleStretch):
        build_stream(moving, StreamPlan(0.4, 1), tmp_path / "out.mp4", lambda *counts: None)
    options = ["motion-stream", str(clip), "--out", str(tmp_path / "out.mp4"), "--minutes", "0.1", "--vehicles", "600"]
    refused = CliRunner().invoke(app, options)
    assert refused.exit_code == 2
    assert "give them longer" in refused.stderr


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_vehicles_pass_one_after_the_other(seed: int, vehicles: int) -> None:
    """Whatever the seed, all vehicles pass within the stream, none before the one ahead has gone."""
    passages = timetable(np.random.default_rng(seed), 20 * 20 * 12, vehicles, 20.0)
    ends = [0, *(passage.start + passage.frames for passage in passages)]
    assert [passage.car for passage in passages] == list(range(vehicles))
    assert all(passage.start >= end for passage, end in zip(passages, ends, strict=False))
    assert ends[-1] <= 20 * 20 * 12


def test_a_stream_is_what_a_camera_sends(stream: Path) -> None:
    """H.264 at the clip's rate with a keyframe every second and a half; its truth says when which plate is seen."""
    with av.open(str(stream)) as container:
        video = container.streams.video[0]
        keys = [index for index, packet in enumerate(container.demux(video)) if packet.size and packet.is_keyframe]
        assert video.codec_context.name == "h264"
        assert float(video.average_rate or 0) == 12.5
    assert keys == list(range(0, 180, 19))
    truth = read_truth(stream.with_name(stream.name + SUFFIX))
    (vehicle,) = truth.vehicles
    assert 0 < vehicle.first < vehicle.last < 180


def test_a_stream_is_told_alike_with_the_gate_and_without(stream: Path, tmp_path: Path) -> None:
    """With the shipped networks the vehicle in it is one sighting either way; idle groups are not even decoded."""
    watch_both_ways(
        Pipeline.load(precision="int8"), stream, 1, tmp_path / "out", lambda each: None, lambda way, count: None
    )
    found = motion_figures(tmp_path / "out")
    assert (found.only_gated, found.only_every, found.sightings_every) == ((), (), 1)
    assert found.unread_gated == found.unread_every
    assert found.frames == 180
    assert found.frames_decoded < 180
    assert found.frames_read < 0.4 * found.frames_decoded
    told = json.loads((tmp_path / "out" / "gated.jsonl").read_text())["text"]
    truth = read_truth(stream.with_name(stream.name + SUFFIX))
    assert truth.hash_of(told) == truth.vehicles[0].plate_hash
