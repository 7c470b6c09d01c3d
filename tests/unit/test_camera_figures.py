"""Figures of cameras a core come from what was written, and from nothing else."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.cameras.cameras_folder import FORMAT, CamerasFolder, CamerasPlan, Line
from benchmarks.cameras.errors import BadCameraRuns
from benchmarks.cameras.figures import LATE_S, figures, held
from benchmarks.cameras.run import next_count
from benchmarks.cameras.stream import Stream
from benchmarks.cameras.watching import Watched

STREAM = Stream("10.mp4", 10, 300, 960, 540, ("AB123C",), 0.25, (0, 20))
PLAN = CamerasPlan(FORMAT, datetime(2026, 3, 2, tzinfo=UTC), "", 0, 2, (STREAM,), {}, {})
COST = Line("file", "gated", 10, 0, None, 0, 0, 300, Watched(60, 5.0, 0, (), ("AB123C",)))


def _costs() -> list[Line]:
    kinds = [replace(COST, kind=kind, way=way) for kind in ("file", "live") for way in ("gated", "every")]
    return [replace(line, turn=turn) for turn in range(2) for line in kinds]


def _held(texts: tuple[str, ...] = ("AB123C",), dropped: int = 0, late_s: float = 0.0) -> Line:
    delays = (0, 20, round(1000 * late_s))
    return Line("live", "gated", 10, 0, 2, 0, 0, 300, Watched(40, 6.0, dropped, delays, texts))


def _write(folder: CamerasFolder, lines: list[Line], plan: CamerasPlan = PLAN) -> None:
    folder.path.mkdir(exist_ok=True)
    folder.add(lines)
    folder.finish(plan)


def test_cameras_are_camera_seconds_by_processor_seconds(tmp_path: Path) -> None:
    """Thirty seconds watched in five are six cameras; a frame that was dropped was not watched."""
    lines = [
        replace(line, watched=replace(line.watched, dropped=30 if line.kind == "live" else 0)) for line in _costs()
    ]
    _write(folder := CamerasFolder(tmp_path), lines)
    found = figures(folder)
    assert [(each.kind, each.way, each.rate) for each in found] == [
        *(("file", "gated", 10), ("file", "every", 10)),
        *(("live", "gated", 10), ("live", "every", 10)),
    ]
    assert [each.cameras.value for each in found] == pytest.approx([6, 6, 5.4, 5.4])
    assert [each.dropped for each in found] == [0, 0, 0.1, 0.1]
    assert {(each.vehicles_an_hour, each.moving, each.most_held) for each in found} == {(120, 0.25, None)}


def test_rounds_that_differ_have_an_interval(tmp_path: Path) -> None:
    """Where a round took longer the interval says so, around the figure."""
    lines = [replace(line, watched=replace(line.watched, cpu_s=5.0 + line.turn)) for line in _costs()]
    _write(folder := CamerasFolder(tmp_path), lines)
    cameras = figures(folder)[0].cameras
    assert (cameras.low, cameras.value, cameras.high) == pytest.approx((5, 60 / 11, 6))


def test_the_most_cameras_held_are_found_among_the_attempts(tmp_path: Path) -> None:
    """What did not hold does not count, however many it were; each attempt is told."""
    more = [replace(_held(dropped=3), turn=0, cameras=2, camera=camera) for camera in range(2)]
    more += [replace(_held(late_s=LATE_S + 1), turn=1, cameras=3, camera=camera) for camera in range(3)]
    _write(folder := CamerasFolder(tmp_path), [*_costs(), *more])
    gated = next(each for each in figures(folder) if (each.kind, each.way) == ("live", "gated"))
    assert gated.most_held == 2
    assert [(each.cameras, each.is_held, each.late, each.vehicles) for each in gated.attempts] == [
        (2, True, 0, 2),
        (3, False, 3, 3),
    ]
    assert gated.attempts[0].cpu == pytest.approx(12 / 30)


@pytest.mark.parametrize(
    ("line", "is_held"),
    [
        pytest.param(_held(), True, id="all-in-time"),
        pytest.param(_held(texts=("AB123C", "XY987Z")), True, id="one-told-besides"),
        pytest.param(_held(texts=("ABI23C",)), True, id="look-alikes-count-as-one"),
        pytest.param(_held(texts=()), False, id="a-vehicle-missed"),
        pytest.param(_held(late_s=LATE_S), True, id="just-in-time"),
        pytest.param(_held(late_s=LATE_S + 0.1), False, id="late"),
        pytest.param(_held(dropped=90), True, id="frames-dropped-while-reading"),
        pytest.param(replace(_held(dropped=3), way="every"), True, id="every-frame-but-one-in-a-hundred"),
        pytest.param(replace(_held(dropped=4), way="every"), False, id="not-every-frame"),
        pytest.param(replace(_held(), watched=Watched(0, 0.0, 300, (), ("AB123C",))), False, id="no-frame-at-all"),
    ],
)
def test_cameras_are_held_when_nothing_is_missed_or_late(line: Line, is_held: bool) -> None:
    """One camera that misses a vehicle or falls behind is enough not to hold."""
    fine = _held() if line.way == "gated" else replace(line, watched=_held().watched)
    assert held([line], Counter(["AB123C"])).is_held is is_held
    if not line.watched.dropped:
        assert held([fine, line], Counter(["AB123C"])).is_held is is_held


def test_a_clip_nobody_labelled_is_judged_by_what_its_file_told(tmp_path: Path) -> None:
    """Without true plates, a live camera is to tell what the first watching of the file told."""
    plan = replace(PLAN, streams=(replace(STREAM, plates=None),))
    two = [replace(line, watched=replace(line.watched, texts=("A1", "B2"))) for line in _costs()]
    _write(folder := CamerasFolder(tmp_path), [*two, replace(_held(texts=("A1",)), cameras=1)], plan)
    gated = next(each for each in figures(folder) if (each.kind, each.way) == ("live", "gated"))
    assert gated.vehicles_an_hour == 240
    assert [(each.vehicles, each.missed, each.is_held) for each in gated.attempts] == [(2, 1, False)]


def test_a_stopped_measurement_has_no_figures(tmp_path: Path) -> None:
    """Neither a folder that was not finished nor one that lacks a round is taken for a whole one."""
    folder = CamerasFolder(tmp_path)
    folder.add(_costs())
    with pytest.raises(BadCameraRuns, match=r"cameras\.json"):
        figures(folder)
    folder.finish(replace(PLAN, rounds=3))
    with pytest.raises(BadCameraRuns, match="lacks rounds"):
        figures(folder)


def test_the_search_goes_on_from_what_held() -> None:
    """More cameras after a success, fewer after a failure, by at least one."""
    assert [next_count(count, True) for count in (1, 4, 10)] == [2, 5, 12]
    assert [next_count(count, False) for count in (1, 4, 12)] == [0, 3, 10]
