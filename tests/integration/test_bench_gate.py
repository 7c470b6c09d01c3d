"""`openlot bench gate`: vehicles through a real lot with simulated hardware, alone and beside everything else."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from openlot_command import openlot
from pixel_plates import PixelReader
from typer.testing import CliRunner

import benchmarks
from benchmarks.cli import app
from benchmarks.datasets.formats import load_dataset
from benchmarks.gate.figures import figures
from benchmarks.gate.gate_folder import FORMAT, GateFolder, GatePlan, GateRun, Visit
from benchmarks.gate.run import GateBench
from benchmarks.gate.scenario import Scenario, with_comparisons
from benchmarks.gate.vehicles import vehicles_on
from lot_server.config import SiteSection

PHOTOS = Path(benchmarks.__file__).parent / "sets" / "smoke"


def test_three_vehicles_pass_one_lane(tmp_path: Path) -> None:
    """Each is on file with its plate and its times in order, and counted once; figures come again from the files."""
    arguments = ["gate", "--out", str(tmp_path / "out"), "--json"]
    few = ("--lanes", 1, "--scenarios", "idle", "--runs", 1, "--visits", 3, "--workers", 1)
    done = openlot("bench", *arguments, "--photos", PHOTOS, *few)
    assert done.status == 0, done.err
    (found,) = json.loads(done.out)
    assert (found["scenario"], found["vehicles"], found["missed"]) == ("idle", 3, 0)
    folder = GateFolder(tmp_path / "out")
    visits = folder.visits()
    assert len({visit.photo for visit in visits}) == 3
    assert found["top1"] == sum(visit.plate in visit.true for visit in visits) / 3 > 0
    for visit in visits:
        assert visit.crossed
        assert 0 < visit.ms["frames"] < visit.ms["read"] < visit.ms["relay"]
    assert [(run.reads, run.confirmed) for run in folder.runs()] == [(3, 3)]
    assert sorted(path.name for path in folder.path.iterdir()) == ["gate.json", "runs.jsonl", "visits.jsonl"]
    again = CliRunner().invoke(app, [*arguments, "--page", str(tmp_path / "gate.md")])
    assert again.stdout == done.out
    page = (tmp_path / "gate.md").read_text()
    assert "| 1 | idle | 1 | 3 | 0 |" in page
    assert not any(plate in page for visit in visits for plate in visit.true)
    taken = CliRunner().invoke(app, [*arguments, "--photos", str(PHOTOS)])
    assert taken.exit_code == 2
    assert "out_folder_taken" in taken.stderr


def test_lanes_work_on_beside_a_busy_disk_and_a_dead_cloud(tmp_path: Path) -> None:
    """In every scenario two lanes let all through, and each run's visits are told and kept.

    A reader that finds no plate on a photo stands in for the networks, which the other test loads: all get tickets.
    """
    scenarios = with_comparisons([Scenario.FULL, Scenario.CLOUD_DOWN, Scenario.DISK_BUSY])
    plan = GatePlan(FORMAT, datetime(2026, 3, 2, tzinfo=UTC), "", 0, 1, 1, (2,), scenarios, {}, {})
    vehicles = vehicles_on(load_dataset(PHOTOS).samples, 2, 3, 0)
    bench = GateBench(plan, vehicles, 1, SiteSection("simulated", opening_s=0.05, drive_s=0.05), PixelReader)
    folder, told = GateFolder(tmp_path / "out"), []

    def tell(run: GateRun, visits: list[Visit]) -> None:
        told.append((run, visits))

    asyncio.run(bench.run(folder, tell))
    assert [run for run, _ in told] == folder.runs()
    assert [visit for _, visits in told for visit in visits] == folder.visits()
    assert {visit.lane for visit in folder.visits()} == {"in-1", "in-2"}
    found = {each.scenario: each for each in figures(folder)}
    assert {scenario: each.missed for scenario, each in found.items()} == dict.fromkeys(Scenario, 0)
    assert [ratio.against for ratio in found[Scenario.CLOUD_DOWN].ratios] == [Scenario.IDLE, Scenario.CLOUD_UP]


def test_wrong_usage_is_named(tmp_path: Path) -> None:
    """Unknown scenarios, impossible lanes and a folder without runs exit 2 and are named."""
    photos = ["gate", "--out", str(tmp_path / "out"), "--photos", str(PHOTOS)]
    for words, named in (["--scenarios", "noon"], "disk-busy"), (["--lanes", "0"], "--lanes"):
        done = CliRunner().invoke(app, [*photos, *words])
        assert done.exit_code == 2
        assert named in done.stderr
    done = CliRunner().invoke(app, ["gate", "--out", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "bad_gate_runs" in done.stderr
