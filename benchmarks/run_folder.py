"""A run's folder: who ran on what, what was read on each photo, and what each process cost. Figures are worked out from
these files alone, so that a report can be written again without running anything.

    run.json                 one object: what was run, on which machine (`Run`)
    samples.jsonl            a line for each photo: its true plates and its conditions (`Sample`)
    predictions/NAME.jsonl   a line for each photo and round that candidate NAME was given (`Prediction`)
    processes/NAME.jsonl     a line for each process that candidate NAME ran in (`ProcessRun`)

A candidate that failed on a photo has a line with its error. A folder whose run was killed lacks lines; it ends in
whole ones once the run goes on.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AwareDatetime, BeforeValidator, PlainSerializer, TypeAdapter, ValidationError

from benchmarks.errors import BadRunFolder, OutFolderTaken
from benchmarks.out_folder import make_out_folder
from benchmarks.types import Sample, TruePlate
from vision.types import Box

FORMAT: Final = 1
Stage = Literal["decode", "detect", "rectify", "read", "total"]
"""`rectify` is cutting the plates out and straightening them, and is part of `read` where a candidate does not tell it
apart; `total` runs from reading the file's bytes to the last plate."""

Setting = str | int | float | bool | tuple[str, ...]
_BEFORE_A_RUN = frozenset(
    {"held", "logs", "predictions", "processes", "samples.jsonl", "samples.jsonl.new", "run.json.new"}
)
_T = TypeVar("_T")


def _box(sides: object) -> object:
    """`[x1, y1, x2, y2]` as a Box; whatever else comes is left to be refused."""
    if isinstance(sides, list | tuple) and len(sides) == 4 and all(isinstance(side, int | float) for side in sides):
        return Box(*map(float, sides))
    if isinstance(sides, Box):
        return sides
    raise ValueError("a box is [x1, y1, x2, y2]")


_Box = Annotated[
    Box,
    BeforeValidator(_box),
    PlainSerializer(lambda box: [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)]),
]


@dataclass(frozen=True, slots=True)
class ReadPlate:
    """One plate that a candidate read. `text` is None where it was held back; `guess` is the best string either way.

    Both are normalised. `confidence` is in 0..1; colour, layout and region are None where a candidate does not tell.
    """

    text: str | None
    guess: str
    confidence: float
    box: _Box | None = None
    color: str | None = None
    layout: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing was read on a photo: a stable code, and a message for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a candidate read on one photo in one round (from 0): plates, surest first, or the error.

    `ms` has the milliseconds of the stages that the candidate tells apart, and none where it failed. `cpu_ms` is the
    processor time over all threads and processes of the candidate; None where it cannot be told (another machine, or a
    program that reads several photos).
    """

    sample: str
    round: int
    plates: tuple[ReadPlate, ...]
    ms: Mapping[Stage, float]
    cpu_ms: float | None
    error: Failure | None


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """What one process of a candidate cost, over all photos it was given; a process reads at most one round.

    `cold_ms` runs from starting the process to having read its first photo; `warm_ms` is the same photo read again,
    warmed up. `peak_rss_bytes` is the most memory it held, its own child processes' peaks added. `joules` is what the
    processor package used while it was at work, None where that cannot be read. `provider` and `precision` are what
    truly ran, None where the candidate does not tell. `photos` are those it was given after it was warmed up, all of a
    killed process' work being lost; None in runs of before this was kept.
    """

    round: int
    cold_ms: float
    warm_ms: float
    peak_rss_bytes: int
    wall_s: float
    cpu_s: float
    joules: float | None
    provider: str | None
    precision: str | None
    photos: int | None = None


@dataclass(frozen=True, slots=True)
class RunCandidate:
    """One candidate of a run: what it is, its settings as written, and its model files' bytes (None: unknown)."""

    name: str
    kind: str
    settings: Mapping[str, Setting]
    bytes: int | None


@dataclass(frozen=True, slots=True)
class RunDataset:
    """The photos of a run. `path` may begin with `$NAME`, an environment variable's: see `RunFolder.photo_folder`."""

    path: str
    format: str
    samples: int


@dataclass(frozen=True, slots=True)
class Run:
    """What was run: when, by which command, in how many rounds, on which machine (facts by name)."""

    format: Literal[1]
    created: AwareDatetime
    command: str
    rounds: int
    seed: int
    machine: Mapping[str, str | int | float | None]
    candidates: tuple[RunCandidate, ...]
    dataset: RunDataset


@dataclass(frozen=True, slots=True)
class _Truth:
    text: str
    box: _Box | None


@dataclass(frozen=True, slots=True)
class _SampleLine:
    id: str
    file: str
    truth: tuple[_Truth, ...]
    conditions: Mapping[str, str]


_RUN = TypeAdapter(Run)
_SAMPLE = TypeAdapter(_SampleLine)
_PREDICTION = TypeAdapter(Prediction)
_PROCESS = TypeAdapter(ProcessRun)


class RunFolder:
    """Reads and writes one run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / "run.json").is_file()

    @property
    def is_free(self) -> bool:
        """Whether a run may begin here: there is nothing but what one leaves that ended before it began to read."""
        if not self.path.exists():
            return True
        return self.path.is_dir() and all(entry.name in _BEFORE_A_RUN for entry in self.path.iterdir())

    def begin(self, run: Run, samples: Iterable[Sample]) -> None:
        """Write what is to be run. `run.json` comes last: where it lies, the rest is there."""
        for part in ("predictions", "processes"):
            (self.path / part).mkdir(parents=True, exist_ok=True)
        root = self.photo_folder(run).resolve()
        lines = [
            _SampleLine(
                sample.id,
                sample.path.resolve().relative_to(root).as_posix(),
                tuple(_Truth(plate.text, plate.box) for plate in sample.truth),
                sample.conditions,
            )
            for sample in samples
        ]
        _replace(self.path / "samples.jsonl", b"".join(_SAMPLE.dump_json(line) + b"\n" for line in lines))
        _replace(self.path / "run.json", _RUN.dump_json(run, indent=2) + b"\n")

    def run(self) -> Run:
        """What was run. Raises BadRunFolder."""
        path = self.path / "run.json"
        try:
            return _RUN.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise BadRunFolder(
                f"{path} cannot be used ({error}); give the --out folder of `openlot bench run`"
            ) from error

    def photo_folder(self, run: Run) -> Path:
        """Where a run's photos lie on this machine. Raises BadRunFolder where a variable in the path is not set."""
        folder = os.path.expandvars(run.dataset.path)
        if folder.startswith("$"):
            variable = run.dataset.path.split("/")[0].removeprefix("$")
            raise BadRunFolder(f"the photos lie in {run.dataset.path}: set {variable} to that folder")
        return Path(folder)

    def samples(self) -> list[Sample]:
        """The photos in the order of the data set, which need not lie on this machine. Raises BadRunFolder."""
        folder = Path(os.path.expandvars(self.run().dataset.path))
        return [
            Sample(
                line.id,
                folder / line.file,
                tuple(TruePlate(plate.text, plate.box) for plate in line.truth),
                line.conditions,
            )
            for line in _lines(self.path / "samples.jsonl", _SAMPLE)
        ]

    def predictions(self, name: str) -> list[Prediction]:
        """What candidate `name` read so far, in the order in which it did. Raises BadRunFolder."""
        return _lines(self.path / "predictions" / f"{name}.jsonl", _PREDICTION)

    def processes(self, name: str) -> list[ProcessRun]:
        """What the processes of candidate `name` cost so far. Raises BadRunFolder."""
        return _lines(self.path / "processes" / f"{name}.jsonl", _PROCESS)

    def add_predictions(self, name: str, predictions: Iterable[Prediction]) -> None:
        """Append, and return when the disk has them."""
        _append(self.path / "predictions" / f"{name}.jsonl", map(_PREDICTION.dump_json, predictions))

    def add_process(self, name: str, process: ProcessRun) -> None:
        """Append, and return when the disk has it."""
        _append(self.path / "processes" / f"{name}.jsonl", [_PROCESS.dump_json(process)])

    @contextmanager
    def held(self) -> Iterator[None]:
        """While one run writes here no other can. Raises OutFolderTaken where another does, OutFolderUnusable."""
        make_out_folder(self.path)
        with (self.path / "held").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise OutFolderTaken(
                    f"another run is at work in {self.path}; wait for it, or give another --out"
                ) from error
            yield

    def mend(self) -> None:
        """Cut off the half line that a killed run may have left at the end of a file."""
        for path in [*self.path.glob("predictions/*.jsonl"), *self.path.glob("processes/*.jsonl")]:
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(path, whole)


def stored_path(folder: Path) -> str:
    """A folder as a run keeps it: from $OPENLOT_DATA where it lies in that, so that results tell no one's folders."""
    collection = os.environ.get("OPENLOT_DATA")
    whole = folder.resolve()
    if collection and whole.is_relative_to(Path(collection).resolve()):
        return (Path("$OPENLOT_DATA") / whole.relative_to(Path(collection).resolve())).as_posix()
    return str(whole)


def now() -> datetime:
    """The time for `Run.created`, aware, whole seconds."""
    return datetime.now().astimezone().replace(microsecond=0)


def _lines(path: Path, adapter: TypeAdapter[_T]) -> list[_T]:
    """Every whole line of a file; none where there is no file yet."""
    if not path.is_file():
        return []
    content = path.read_bytes()
    found = []
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
        try:
            found.append(adapter.validate_json(line))
        except ValidationError as error:
            raise BadRunFolder(f"{path}:{number} is no line of a run ({error}); remove it and run again") from error
    return found


def _append(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(path)
