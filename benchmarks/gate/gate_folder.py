"""What was seen at the gate, as files; figures are worked out from these alone.

gate.json      one object: what is run, on which machine (`GatePlan`)
visits.jsonl   a line for each vehicle that came (`Visit`)
runs.jsonl     a line for each run of a scenario, once it has ended (`GateRun`)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from benchmarks.errors import OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from benchmarks.gate.hardware import Mark
from benchmarks.gate.scenario import Scenario

FORMAT: Final = 1
PLAN, VISITS, RUNS = "gate.json", "visits.jsonl", "runs.jsonl"
STORE = "lot-"
"""How folders begin in which a run has its store while it lasts."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RunKey:
    """One run of a scenario with some lanes; `round` counts from 0, and all runs of a round are made in turn."""

    scenario: Scenario
    lanes: int
    round: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle: the photo it was shown by, its true plates, and the plate that the lane took it for.

    `ms` are milliseconds from the arming loop to: its frames decoded, its plate read, the relay told to open; what did
    not happen is missing. `waited_ms` is how long it stood behind the vehicle before it, which is not in `ms`.
    """

    run: RunKey
    lane: str
    photo: str
    true: tuple[str, ...]
    plate: str | None
    ms: Mapping[Mark, float]
    waited_ms: float
    crossed: bool


@dataclass(frozen=True, slots=True)
class GateRun:
    """One run: how long vehicles came for, reads made, passages that the store confirms, and alerts left open there.

    `load_before` and `load_after` are the machine's load over the last minute.
    """

    run: RunKey
    seconds: float
    vehicles: int
    reads: int
    confirmed: int
    alerts: tuple[str, ...]
    load_before: float
    load_after: float


@dataclass(frozen=True, slots=True)
class GatePlan:
    """What was run. `vehicles` is visits a lane and run; the rest as in docs/benchmarks."""

    format: Literal[1]
    created: AwareDatetime
    command: str
    seed: int
    runs: int
    vehicles: int
    lanes: tuple[int, ...]
    scenarios: tuple[Scenario, ...]
    settings: Mapping[str, str | int | float]
    machine: Mapping[str, str | int | float | None]

    @property
    def all_runs(self) -> int:
        """How many runs there are in all."""
        return self.runs * len(self.lanes) * len(self.scenarios)

    def goes_on_with(self, begun: GatePlan) -> bool:
        """Whether runs of this plan may stand beside those of `begun`: the same command on the same machine."""
        same_machine = all(self.machine.get(fact) == begun.machine.get(fact) for fact in ("processor", "cores"))
        return same_machine and replace(self, created=begun.created, machine=begun.machine) == begun


_PLAN = TypeAdapter(GatePlan)
_RUN = TypeAdapter(GateRun)
_VISIT = TypeAdapter(Visit)


class GateFolder:
    """Reads and writes the folder of runs at the gate."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, plan: GatePlan) -> frozenset[RunKey]:
        """Make the folder, or go on with one that this plan began; the runs that are there already.

        What a run that was stopped left behind is taken away. Raises OutFolderTaken where the folder holds anything
        else.
        """
        if not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir())):
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / PLAN).write_bytes(_PLAN.dump_json(plan, indent=2) + b"\n")
            return frozenset()
        if not (self.path / PLAN).is_file() or not plan.goes_on_with(self.plan()):
            raise OutFolderTaken(
                f"{self.path} holds something else than runs of this command: give another --out, or remove it first"
            )
        for left in self.path.glob(f"{STORE}*"):
            shutil.rmtree(left)
        runs = _whole_lines(self.path / RUNS, _RUN)
        done = frozenset(run.run for run in runs)
        visits = [visit for visit in _whole_lines(self.path / VISITS, _VISIT) if visit.run in done]
        _write(self.path / VISITS, map(_VISIT.dump_json, visits))
        _write(self.path / RUNS, map(_RUN.dump_json, runs))
        return done

    def add(self, run: GateRun, visits: Iterable[Visit]) -> None:
        """Append a run, and return when the disk has it."""
        _append(self.path / VISITS, map(_VISIT.dump_json, visits))
        _append(self.path / RUNS, [_RUN.dump_json(run)])

    def plan(self) -> GatePlan:
        """What is run. Raises BadGateRuns."""
        path = self.path / PLAN
        try:
            return _PLAN.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise BadGateRuns(f"{path} cannot be used ({error}): give a folder of finished runs") from error

    def runs(self) -> list[GateRun]:
        """Every run in the order in which they were made. Raises BadGateRuns."""
        return _lines(self.path / RUNS, _RUN)

    def visits(self) -> list[Visit]:
        """Every vehicle that came. Raises BadGateRuns."""
        return _lines(self.path / VISITS, _VISIT)


def _lines(path: Path, adapter: TypeAdapter[_T]) -> list[_T]:
    try:
        return [adapter.validate_json(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValidationError) as error:
        raise BadGateRuns(f"{path} cannot be used ({error}): run `openlot bench gate --photos` again") from error


def _whole_lines(path: Path, adapter: TypeAdapter[_T]) -> list[_T]:
    """As `_lines`, of a file that may be missing or end in the middle of a line."""
    if not path.exists():
        return []
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"\n") + 1])
    return _lines(path, adapter)


def _write(path: Path, lines: Iterable[bytes]) -> None:
    whole = path.with_suffix(".part")
    whole.unlink(missing_ok=True)
    _append(whole, lines)
    whole.replace(path)


def _append(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
