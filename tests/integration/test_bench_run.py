"""`openlot bench run`: whole runs, killed ones, and candidates that die, as processes of their own."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from openlot_command import openlot
from shell_reader import grey_photos, photos_given, shell_reader
from tiny_models import write_detector, write_reader

from benchmarks.run_folder import RunFolder
from benchmarks.running.process import WARM_READS
from benchmarks.running.run import CHUNK, MOST_DEATHS

WARM_UP = 1 + WARM_READS
"""Photos that a process is given before any counts."""


def candidates(folder: Path, *tables: str) -> Path:
    """A TOML file of these candidates."""
    file = folder / "candidates.toml"
    file.write_text("\n".join(f"[[candidate]]\n{table}\n" for table in tables), encoding="utf-8")
    return file


def program(folder: Path, cases: str = "", name: str = "program") -> str:
    return f'name = "{name}"\nkind = "command"\ncommand = ["{shell_reader(folder, cases)}"]\nbatch = 1'


def arguments(folder: Path, file: Path, *more: object) -> tuple[object, ...]:
    return ("bench", "run", "--data", folder / "photos", "--candidate", file, "--out", folder / "out", *more)


def test_two_candidates_are_run_round_by_round_and_cost_is_kept(tmp_path: Path) -> None:
    """Every photo has a line for each candidate and round, every round a process with times, memory and provider."""
    grey_photos(tmp_path / "photos", CHUNK + 3)
    write_detector(tmp_path, [(32, 32, 20, 8, 0.9)])
    write_reader(tmp_path, "AB12CD")
    pipeline = 'detector = "tiny-detector.toml"\nreader = "tiny-reader.toml"\nprecision = "fp32"'
    file = candidates(tmp_path, f'name = "models"\nkind = "openlot"\n{pipeline}', program(tmp_path))
    done = openlot(*arguments(tmp_path, file, "--rounds", 2, "--seed", 7))
    assert done.status == 0, done.err
    run = RunFolder(tmp_path / "out")
    described = run.run()
    assert [(each.name, each.kind) for each in described.candidates] == [("models", "openlot"), ("program", "command")]
    assert (described.rounds, described.seed, described.dataset.samples) == (2, 7, CHUNK + 3)
    assert described.candidates[0].bytes == sum(file.stat().st_size for file in tmp_path.glob("*.onnx"))
    for name, text in (("models", "AB12CD"), ("program", "AB12")):
        found = run.predictions(name)
        assert len(found) == len({(each.sample, each.round) for each in found}) == 2 * (CHUNK + 3)
        assert {plate.text for each in found for plate in each.plates} == {text}
        assert [each.round for each in run.processes(name)] == [0, 1]
    orders = [[each.sample for each in run.predictions(name)] for name in ("models", "program")]
    assert orders[0] == orders[1]
    assert orders[0][: CHUNK + 3] != orders[0][CHUNK + 3 :]
    first = run.processes("models")[0]
    assert (first.provider, first.precision) == ("cpu", "fp32")
    assert first.cold_ms > 0
    assert first.warm_ms > 0
    assert first.peak_rss_bytes > 1 << 20
    assert first.wall_s > first.cold_ms / 1000
    assert first.cpu_s > 0
    assert first.photos == CHUNK + 3
    assert "failed" not in done.err
    assert f"openlot bench report {tmp_path / 'out'}" in done.err

    again = openlot(*arguments(tmp_path, file, "--rounds", 2, "--seed", 7))
    assert again.status == 0
    assert len(run.predictions("program")) == 2 * (CHUNK + 3)
    other = openlot(*arguments(tmp_path, file, "--rounds", 2, "--seed", 8))
    assert (other.status, "out_folder_taken" in other.err) == (2, True)


KILL_THE_RUN = """
    *) if [ "$(wc -l < "{seen}")" -eq {at} ]; then
         kill -9 "$(awk '{{print $4}}' "/proc/$PPID/stat")"; sleep 60
       fi ;;
"""


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """After kill -9 in the middle of the second chunk the first is on disk, and only what is lacking is read again."""
    count = CHUNK + 10
    grey_photos(tmp_path / "photos", count)
    cases = KILL_THE_RUN.format(seen=tmp_path / "seen.txt", at=WARM_UP + CHUNK + 4)
    file = candidates(tmp_path, program(tmp_path, cases))
    killed = openlot(*arguments(tmp_path, file))
    run = RunFolder(tmp_path / "out")
    assert killed.status == -9
    assert len(run.predictions("program")) == CHUNK
    assert run.processes("program") == []
    _wait_for_the_end_of(tmp_path / "reader.sh")
    lines = run.path / "predictions" / "program.jsonl"
    with lines.open("ab") as half:
        half.write(lines.read_bytes()[:30])

    before = len(photos_given(tmp_path))
    resumed = openlot(*arguments(tmp_path, file))
    assert resumed.status == 0, resumed.err
    found = run.predictions("program")
    assert len(found) == len({each.sample for each in found}) == count
    assert len(photos_given(tmp_path)) - before == WARM_UP + count - CHUNK
    assert [process.photos for process in run.processes("program")] == [count - CHUNK]


def test_a_photo_that_a_candidate_dies_or_hangs_on_is_counted(tmp_path: Path) -> None:
    """One photo kills the candidate's process, one takes for ever, one fails: all have lines, and the rest are read."""
    grey_photos(tmp_path / "photos", 8)
    cases = """
    *01.png) kill -9 $PPID; sleep 60 ;;
    *03.png) sleep 60 ;;
    *05.png) exit 3 ;;
    """
    done = openlot(*arguments(tmp_path, candidates(tmp_path, program(tmp_path, cases)), "--timeout", 5))
    assert done.status == 0, done.err
    run = RunFolder(tmp_path / "out")
    found = {each.sample: each.error.code if each.error else None for each in run.predictions("program")}
    failures = {"01.png": "process_died", "03.png": "timed_out", "05.png": "no_line"}
    assert found == {f"{number:02}.png": failures.get(f"{number:02}.png") for number in range(8)}
    assert len(run.processes("program")) == 3
    assert "program: 1 of 8 reads failed: timed_out: no outcome within 5 s; raise --timeout" in done.err


def test_a_candidate_that_dies_on_everything_ends_the_run(tmp_path: Path) -> None:
    """It is no endless loop of new processes, and says which candidate it was."""
    grey_photos(tmp_path / "photos", MOST_DEATHS + 1)
    file = candidates(tmp_path, program(tmp_path, "*) kill -9 $PPID; sleep 60 ;;", name="hopeless"))
    done = openlot(*arguments(tmp_path, file))
    assert done.status == 2
    assert "candidate_failed: hopeless" in done.err
    assert len(photos_given(tmp_path)) == MOST_DEATHS


def test_a_gpu_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A provider that was asked for and cannot be had ends the run before anything is read, and nothing else runs."""
    grey_photos(tmp_path / "photos", 1)
    file = candidates(tmp_path, 'name = "gpu"\nkind = "openlot"\nprovider = "tensorrt"', program(tmp_path))
    done = openlot(*arguments(tmp_path, file))
    assert done.status == 2
    assert "gpu: provider_unavailable" in done.err
    assert not RunFolder(tmp_path / "out").exists
    repaired = openlot(*arguments(tmp_path, candidates(tmp_path, program(tmp_path))))
    assert repaired.status == 0, repaired.err


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written into a folder that is no run's."""
    grey_photos(tmp_path / "photos", 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    done = openlot(*arguments(tmp_path, candidates(tmp_path, program(tmp_path))))
    assert (done.status, "out_folder_taken" in done.err) == (2, True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("name", "says"), [("photos/none", "no_truth"), ("photos", "unknown_format")], ids=["no folder", "no labels"]
)
def test_photos_without_labels_are_wrong_usage(tmp_path: Path, name: str, says: str) -> None:
    """What is no set of labelled photos is refused with its code."""
    (tmp_path / "photos").mkdir()
    done = openlot("bench", "run", "--data", tmp_path / name, "--out", tmp_path / "out")
    assert (done.status, f": {says}: " in done.err) == (2, True)


def test_ctrl_c_ends_every_process_and_the_run_can_go_on(tmp_path: Path) -> None:
    """An interrupted run leaves no process behind, says how to go on, and its folder is taken up again."""
    photos = grey_photos(tmp_path / "photos", 3)
    flag = tmp_path / "interrupted"
    cases = f'*) if [ ! -e "{flag}" ]; then : > "{flag}"; kill -2 "$(cat {tmp_path}/pid)"; sleep 60; fi ;;'
    file = candidates(tmp_path, program(tmp_path, cases))
    words = [sys.executable, "-m", "openlot", *map(str, arguments(tmp_path, file))]
    shell = f'echo $$ > "{tmp_path}/pid"; exec "$@"'
    done = subprocess.run(["sh", "-c", shell, "sh", *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 130, done.stderr
    assert "goes on" in done.stderr
    assert not _still_running(tmp_path / "reader.sh")
    again = openlot(*arguments(tmp_path, file))
    assert again.status == 0, again.err
    assert Counter(each.sample for each in RunFolder(tmp_path / "out").predictions("program")) == {
        photo.name: 1 for photo in photos
    }


def _wait_for_the_end_of(script: Path) -> None:
    """Returns once no process runs the script; processes of a killed run end by themselves, a little later."""
    for _ in range(600):
        if not _still_running(script):
            return
        time.sleep(0.05)
    raise AssertionError(f"{script} is still running")


def _still_running(script: Path) -> bool:
    """Whether a process runs the script, by /proc where there is one."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    return any(str(script).encode() in line for line in lines)
