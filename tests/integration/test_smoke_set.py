"""The shipped set of rendered photos, and the whole bench over it with the shipped models."""

from pathlib import Path

import numpy as np
import pytest
from openlot_command import openlot

from benchmarks.datasets.formats import Format, load_dataset
from benchmarks.run_folder import RunFolder
from benchmarks.sets.render import KINDS, SMOKE, render, write

BOTH = """
[[candidate]]
name = "int8"
kind = "openlot"
precision = "int8"

[[candidate]]
name = "fp32"
kind = "openlot"
precision = "fp32"
"""


def test_the_shipped_set_is_what_its_command_renders(tmp_path: Path) -> None:
    """Rendered anew, the same photos show the same plates at the same places; all is small."""
    write(tmp_path, render())
    for shipped, fresh in zip(load_dataset(SMOKE).samples, load_dataset(tmp_path).samples, strict=True):
        assert (fresh.id, fresh.conditions) == (shipped.id, shipped.conditions)
        assert [plate.text for plate in fresh.truth] == [plate.text for plate in shipped.truth]
        for one, other in zip(fresh.truth, shipped.truth, strict=True):
            assert one.corners is not None
            assert other.corners is not None
            assert np.asarray(one.corners) == pytest.approx(np.asarray(other.corners), abs=0.5)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in SMOKE.iterdir()}
    assert sum(path.stat().st_size for path in SMOKE.iterdir()) < 400_000


def test_the_shipped_set_has_what_a_bench_must_tell_apart() -> None:
    """Regions, colours, rows, day and night, and a photo without a plate."""
    found = load_dataset(SMOKE)
    assert (found.format, len(found.samples)) == (Format.TRUTH, len(KINDS))
    for name, least in {"region": 4, "color": 4, "rows": 2, "light": 2, "distance": 2}.items():
        assert len({sample.conditions[name] for sample in found.samples if name in sample.conditions}) >= least
    assert sum(not sample.truth for sample in found.samples) == 1


def test_the_bench_runs_over_the_shipped_set(tmp_path: Path) -> None:
    """Both precisions of the shipped models read most of it, their processes tell which ran, and a report is made."""
    file = tmp_path / "candidates.toml"
    file.write_text(BOTH, encoding="utf-8")
    done = openlot("bench", "run", "--data", SMOKE, "--candidate", file, "--out", tmp_path / "out")
    assert done.status == 0, done.err
    run = RunFolder(tmp_path / "out")
    truth = {sample.id: [plate.text for plate in sample.truth] for sample in run.samples()}
    for candidate in run.run().candidates:
        assert [process.precision for process in run.processes(candidate.name)] == [candidate.settings["precision"]]
        found = run.predictions(candidate.name)
        assert all(set(each.ms) == {"decode", "detect", "rectify", "read", "total"} for each in found)
        right = [each.sample for each in found if [plate.text for plate in each.plates] == truth[each.sample]]
        assert len(right) >= len(KINDS) / 2
    sizes = [candidate.bytes for candidate in run.run().candidates]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert sizes[0] < sizes[1]
    report = openlot("bench", "report", run.path)
    assert report.status == 0, report.err
    assert (run.path / "report.html").stat().st_size > 50_000
    kept = openlot("bench", "compare", f"{run.path}:fp32", f"{run.path}:int8", "--max-loss", 10)
    assert kept.status == 0, kept.err
