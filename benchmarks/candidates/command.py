"""Another program as a candidate: it is given photos and prints what `openlot read --json` prints.

It is started anew for each batch of photos. Its own `ms` count, so that loading its models does not; which stage took
how long, and on how many processors, it does not tell.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from benchmarks.candidates.outcome import Nature, Outcome, failed, plain_text
from benchmarks.candidates.spec import CommandSpec
from benchmarks.errors import CandidateFailed
from benchmarks.run_folder import Failure, ReadPlate
from vision.types import Box

_TAIL = 300
"""Characters of what a program complained of that an error shows."""


@dataclass(frozen=True)
class _Plate:
    text: str | None
    confidence: float
    guess: str | None = None
    box: tuple[float, float, float, float] | None = None
    color: str | None = None
    layout: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class _Report:
    file: str
    ms: float | None = None
    plates: tuple[_Plate, ...] = ()
    error: Failure | None = None


_REPORT = TypeAdapter(_Report)


class CommandCandidate:
    """Runs the program once for each batch."""

    def __init__(self, spec: CommandSpec) -> None:
        """Raises CandidateFailed where there is no such program."""
        if shutil.which(spec.command[0]) is None:
            raise CandidateFailed(f"there is no program {spec.command[0]}; give its path")
        self._spec = spec
        self.nature = Nature()

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """As `Candidate.read`."""
        for start in range(0, len(photos), self._spec.batch):
            yield from self._read_batch(photos[start : start + self._spec.batch])

    def close(self) -> None:
        """Each run of the program has ended by itself."""

    def _read_batch(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        with TemporaryFile() as complaints:
            process = subprocess.Popen(
                [*self._spec.command, *map(str, photos)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=complaints, text=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
            with process:
                if process.stdout is None:
                    raise RuntimeError("a program's output was to be read")
                given = 0
                for photo, line in zip(photos, process.stdout, strict=False):
                    yield _outcome(photo, line)
                    given += 1
                process.stdout.read()  # what it prints beyond the photos would block it, and belongs to none
            complaints.seek(0, os.SEEK_END)
            complaints.seek(max(0, complaints.tell() - _TAIL))
            tail = complaints.read().decode(errors="replace").strip()
        for _ in photos[given:]:
            yield failed("no_line", f"the program {_end(process.returncode)} without a line for the photo: {tail}")


def _outcome(photo: Path, line: str) -> Outcome:
    try:
        report = _REPORT.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return failed("bad_line", f"the program printed no `openlot read --json` line: {where} {first['msg']}")
    if Path(report.file).name != photo.name:
        return failed(
            "wrong_file", f"the program's line is about {report.file}, not {photo.name}; print in input order"
        )
    if report.error is not None:
        return failed(report.error.code, report.error.message)
    if report.ms is None:
        return failed(
            "bad_line", "the program's line lacks `ms`, the milliseconds from reading the file to the last plate"
        )
    return Outcome(tuple(map(_plate, report.plates)), {"total": report.ms}, None)


def _plate(plate: _Plate) -> ReadPlate:
    text = plain_text(plate.text) if plate.text is not None else ""
    guess = text or plain_text(plate.guess or "")
    box = Box(*plate.box) if plate.box is not None else None
    return ReadPlate(text or None, guess, plate.confidence, box, plate.color, plate.layout, plate.region)


def _end(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
