"""What was seen at the gate, as files; figures are worked out from these alone.

visits.jsonl   a line for each vehicle that came (`Visit`)
runs.jsonl     a line for each run of a scenario, once it has ended (`GateRun`)
gate.json      one object: what was run, on which machine (`GatePlan`); last, so that it says all runs are there
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from benchmarks.errors import OutFolderTaken
from benchmarks.gate.errors import BadGateRuns
from benchmarks.gate.hardware import Mark
from benchmarks.gate.scenario import Scenario

FORMAT: Final = 1
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


_PLAN = TypeAdapter(GatePlan)
_RUN = TypeAdapter(GateRun)
_VISIT = TypeAdapter(Visit)


class GateFolder:
    """Reads and writes the folder of runs at the gate."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> None:
        """Make the folder. Raises OutFolderTaken where it holds something."""
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise OutFolderTaken(f"{self.path} is not an empty folder: give another --out, or remove it first")
        self.path.mkdir(parents=True, exist_ok=True)

    def add(self, run: GateRun, visits: Iterable[Visit]) -> None:
        """Append a run, and return when the disk has it."""
        _append(self.path / "visits.jsonl", map(_VISIT.dump_json, visits))
        _append(self.path / "runs.jsonl", [_RUN.dump_json(run)])

    def finish(self, plan: GatePlan) -> None:
        """Say what was run, now that all of it was."""
        (self.path / "gate.json").write_bytes(_PLAN.dump_json(plan, indent=2) + b"\n")

    def plan(self) -> GatePlan:
        """What was run. Raises BadGateRuns where it did not come to its end."""
        path = self.path / "gate.json"
        try:
            return _PLAN.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise BadGateRuns(f"{path} cannot be used ({error}): give a folder of finished runs") from error

    def runs(self) -> list[GateRun]:
        """Every run in the order in which they were made. Raises BadGateRuns."""
        return _lines(self.path / "runs.jsonl", _RUN)

    def visits(self) -> list[Visit]:
        """Every vehicle that came. Raises BadGateRuns."""
        return _lines(self.path / "visits.jsonl", _VISIT)


def _lines(path: Path, adapter: TypeAdapter[_T]) -> list[_T]:
    try:
        return [adapter.validate_json(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValidationError) as error:
        raise BadGateRuns(f"{path} cannot be used ({error}): run `openlot bench gate --photos` again") from error


def _append(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
