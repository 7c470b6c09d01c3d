"""The whole of openlot, once through: a short day at a simulated lot with every service as a real process."""

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

OPENLOT = Path(sysconfig.get_path("scripts")) / "openlot"
CARS = 12


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OPENLOT, "demo", *arguments], capture_output=True, text=True, timeout=300, check=False)


def test_a_short_day_is_green(tmp_path: Path) -> None:
    """A day of twelve drawn vehicles ends green: money, spaces, photos and ledgers agree, every fault was survived."""
    out = tmp_path / "day"
    done = demo("--cars", str(CARS), "--seed", "3", "--out", str(out), "--speed", "1200")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdict"] == "green"
    assert len(summary["visits"]) == CARS - 2
    assert all(check["holds"] for check in summary["checks"])
    assert "scenes drawn by openlot itself" in done.stdout
    assert "one is turned away" in done.stdout


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """The demo refuses to write among other files, and says what to do."""
    (tmp_path / "mine.txt").write_text("mine")
    done = demo("--cars", str(CARS), "--out", str(tmp_path))
    assert done.returncode == 2
    assert "not an empty folder" in " ".join(done.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.data
def test_real_photos_are_carried_in_and_out(tmp_path: Path, openlot_data: Path) -> None:
    """Cars on real photos enter and leave on copies of their own, and all that does not hang on the reads agrees."""
    out = tmp_path / "day"
    done = demo("--photos", str(openlot_data / "val" / "gate"), "--cars", "11", "--out", str(out), "--speed", "1200")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["visits_on_real_photos"] == 9, done.stdout
    broken = [check["claim"] for check in summary["checks"] if not check["holds"]]
    assert set(broken) <= {"the read alone carries most visits"}, done.stdout
