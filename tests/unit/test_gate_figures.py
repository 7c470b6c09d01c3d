"""From the files of runs at a gate to figures, and what the runs are made of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.errors import NoTruth, OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from benchmarks.gate.figures import figures, ratio_of_medians
from benchmarks.gate.gate_folder import FORMAT, GateFolder, GatePlan, GateRun, RunKey, Visit
from benchmarks.gate.hardware import FRAMES_A_SECOND, PacedCamera, Watch
from benchmarks.gate.run import run_order
from benchmarks.gate.scenario import Scenario, with_comparisons
from benchmarks.gate.vehicles import vehicles_on
from benchmarks.types import Sample, TruePlate
from lot_server.domain.clock import SystemClock
from vision.decode_image import decode_image

SCENARIOS = (Scenario.IDLE, Scenario.FULL)


def plan(runs: int = 2, lanes: tuple[int, ...] = (1,), scenarios: tuple[Scenario, ...] = SCENARIOS) -> GatePlan:
    return GatePlan(
        FORMAT, datetime(2026, 3, 2, tzinfo=UTC), "openlot bench gate", 0, runs, 4, lanes, scenarios, {}, {}
    )


def visit(key: RunKey, relay_ms: float | None, plate: str | None = "B0X1") -> Visit:
    ms = {} if relay_ms is None else {"frames": relay_ms / 2, "read": relay_ms * 0.75, "relay": relay_ms}
    return Visit(key, "in-1", "a.jpg", ("BOX1",), plate, ms, 5.0, relay_ms is not None)


def written(folder: Path, waits: dict[Scenario, Sequence[float | None]], rounds: int = 2) -> GateFolder:
    """The same waits in every round, 36 s each; who did not get through is not confirmed."""
    gate = GateFolder(folder)
    gate.begin(plan(rounds, scenarios=tuple(waits)))
    for number in range(rounds):
        for scenario, each in waits.items():
            key = RunKey(scenario, 1, number)
            confirmed = sum(wait is not None for wait in each)
            run = GateRun(key, 36.0, len(each), len(each), confirmed, ("late",) if number else (), 0.5, 0.75)
            gate.add(run, [visit(key, wait) for wait in each])
    return gate


def test_figures_are_those_of_the_files(tmp_path: Path) -> None:
    """Percentiles, their parts, rates, missed vehicles and the ratio to idle come out of a made folder as they must."""
    gate = written(tmp_path / "out", {Scenario.IDLE: [100, 200, 300], Scenario.FULL: [200, 400, 600, None]})
    idle, full = figures(gate)
    assert (idle.scenario, idle.lanes, idle.runs, idle.vehicles, idle.missed) == (Scenario.IDLE, 1, 2, 6, 0)
    assert idle.relay_ms == pytest.approx((200, 300, 300))
    assert (idle.frames_ms, idle.read_ms, idle.rest_ms) == pytest.approx((100, 50, 50))
    assert (idle.reads_an_hour, idle.vehicles_an_hour) == pytest.approx((300, 300))
    assert (idle.load, idle.alerts, idle.ratios) == ((0.5, 0.75), ("late",), ())
    assert (full.vehicles, full.missed, full.vehicles_an_hour) == (8, 2, pytest.approx(300))
    (ratio,) = full.ratios
    assert (ratio.against, ratio.rounds) == (Scenario.IDLE, 2)
    assert ratio.of_medians.value == pytest.approx(2)
    assert ratio.of_medians.low < 2 < ratio.of_medians.high


def test_a_plate_counts_as_in_the_bench(tmp_path: Path) -> None:
    """O and 0 are one on a Latin plate, another plate is wrong, and so is none."""
    gate, key = GateFolder(tmp_path / "out"), RunKey(Scenario.IDLE, 1, 0)
    gate.begin(plan(1, scenarios=(Scenario.IDLE,)))
    plates = ["B0X1", "BOX1", "BOX7", None]
    gate.add(GateRun(key, 10.0, 4, 4, 4, (), 0, 0), [visit(key, 100, plate) for plate in plates])
    assert figures(gate)[0].top1 == 0.5


def test_a_scenario_in_which_no_barrier_opened_has_no_times(tmp_path: Path) -> None:
    """Without a relay there are no percentiles and no ratio, and every vehicle is missed."""
    gate = written(tmp_path / "out", {Scenario.IDLE: [100.0], Scenario.FULL: [None]})
    full = figures(gate)[1]
    assert (full.relay_ms, full.frames_ms, full.ratios, full.missed) == (None, None, (), 2)


def test_runs_that_did_not_end_have_no_figures(tmp_path: Path) -> None:
    """A folder that lacks runs, or a run's visits, is refused with what to do; so is one that is none."""
    gate = written(tmp_path / "out", {Scenario.IDLE: [100.0, 120.0]}, rounds=1)
    lines = (gate.path / "visits.jsonl").read_text().splitlines(keepends=True)
    (gate.path / "visits.jsonl").write_text(lines[0])
    with pytest.raises(BadGateRuns, match="lacks visits"):
        figures(gate)
    (gate.path / "runs.jsonl").write_text("")
    with pytest.raises(BadGateRuns, match="0 of 1 runs"):
        figures(gate)
    with pytest.raises(BadGateRuns, match=r"gate\.json"):
        figures(GateFolder(tmp_path / "none"))


def test_runs_that_were_stopped_go_on(tmp_path: Path) -> None:
    """Whole runs are kept, what a stopped one left is taken away, and another plan is refused."""
    gate = written(tmp_path / "out", {Scenario.IDLE: [100.0], Scenario.FULL: [200.0]}, rounds=1)
    whole = gate.runs(), gate.visits()
    stopped = visit(RunKey(Scenario.IDLE, 1, 1), 300.0)
    gate.add(GateRun(stopped.run, 1.0, 1, 1, 1, (), 0, 0), [stopped])
    torn = (gate.path / "runs.jsonl").read_bytes()[:-20]
    (gate.path / "runs.jsonl").write_bytes(torn)
    (gate.path / "lot-x7").mkdir()
    (gate.path / "lot-x7" / "lot.db").touch()
    same = replace(plan(1), created=datetime(2026, 3, 3, tzinfo=UTC))
    assert gate.begin(same) == {run.run for run in whole[0]}
    assert (gate.runs(), gate.visits()) == whole
    assert sorted(path.name for path in gate.path.iterdir()) == ["gate.json", "runs.jsonl", "visits.jsonl"]
    for other in plan(2), replace(same, machine={"cores": 64}), replace(same, seed=1):
        with pytest.raises(OutFolderTaken):
            gate.begin(other)


def test_the_ratio_knows_a_machine_that_was_slow_for_both() -> None:
    """Rounds that slow both alike leave the interval around the true ratio narrow."""
    rng = np.random.default_rng(1)
    pace = rng.uniform(1, 4, 12)
    below = [slow * rng.normal(100, 2, 40) for slow in pace]
    above = [slow * rng.normal(110, 2, 40) for slow in pace]
    found = ratio_of_medians(above, below, paired=False, seed=0)
    assert found is not None
    assert 1.05 < found.low < found.value < found.high < 1.16
    assert found == ratio_of_medians(above, below, paired=False, seed=0)


def test_the_ratio_knows_vehicles_that_came_alike() -> None:
    """Waits that differ between vehicles, and alike on both sides, leave the interval of pairs narrow."""
    rng = np.random.default_rng(1)
    below = [rng.uniform(100, 200, 10) for _ in range(10)]
    above = [1.1 * waits + rng.normal(0, 1, 10) for waits in below]
    below[0][3] = above[1][4] = np.nan
    paired, apart = (ratio_of_medians(above, below, paired, seed=0) for paired in (True, False))
    assert paired is not None
    assert apart is not None
    assert 1.08 < paired.low < paired.value < paired.high < 1.12
    assert paired.high - paired.low < (apart.high - apart.low) / 2


def test_a_camera_says_how_long_until_a_point_between_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever one asks, the pause is the part of a frame's time that is left until that point comes next."""
    now = 5.0
    monkeypatch.setattr("benchmarks.gate.hardware.time.perf_counter", lambda: now)
    camera = PacedCamera("in-1", b"", SystemClock(), Watch())
    for passed, phase, left in ((0.0, 0.25, 0.25), (0.5, 0.25, 0.75), (7.2, 0.25, 0.05), (2.9, 0.0, 0.1)):
        now = 5.0 + passed / FRAMES_A_SECOND
        assert camera.until(phase) * FRAMES_A_SECOND == pytest.approx(left, abs=1e-6)


def test_every_round_holds_every_run_in_an_order_of_its_own() -> None:
    """Runs are interleaved: a round makes each scenario with each number of lanes once, not always in one order."""
    order = run_order(plan(6, (1, 2)))
    rounds = [order[place : place + 4] for place in range(0, 24, 4)]
    for number, each in enumerate(rounds):
        assert Counter(each) == Counter(RunKey(scenario, lanes, number) for scenario in SCENARIOS for lanes in (1, 2))
    assert len({tuple((key.scenario, key.lanes) for key in each) for each in rounds}) > 1


def test_a_scenario_brings_what_it_is_held_against() -> None:
    """A dead cloud is run beside a live one and an idle lot, full load beside an idle lot."""
    assert with_comparisons([Scenario.CLOUD_DOWN]) == (Scenario.IDLE, Scenario.CLOUD_UP, Scenario.CLOUD_DOWN)
    assert with_comparisons([Scenario.FULL]) == (Scenario.IDLE, Scenario.FULL)


def test_vehicles_are_whole_photos_in_1080p(tmp_path: Path) -> None:
    """A photo fills the frame's height or width and nothing of it is cut off; photos without a plate bring nobody."""
    picture = np.full((400, 400, 3), 250, np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    shown = Sample("a.png", tmp_path / "a.png", (TruePlate("AB12"),))
    vehicles = vehicles_on([Sample("b.png", tmp_path / "b.png", ()), shown], 2, 3, 0)
    assert [(each.photo, each.plates, len(each.frames)) for each in vehicles] == [("a.png", ("AB12",), 3)] * 2
    frame = decode_image(vehicles[0].frames[0])
    assert frame.shape == (1080, 1920, 3)
    assert (frame > 200).all(axis=2).sum() == pytest.approx(1080 * 1080, rel=0.01)
    with pytest.raises(NoTruth):
        vehicles_on([Sample("b.png", tmp_path / "b.png", ())], 1, 3, 0)
