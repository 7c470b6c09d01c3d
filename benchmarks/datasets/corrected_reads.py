"""A lot's own reads that an operator looked at: a folder with photos and `reads.jsonl`, one read a line.

    {"photo": "photos/8f3a.jpg", "read": "苏E05EV6", "text": "苏E05EV8", "time": "2026-03-01T08:15:00Z", "lane": "in-1"}

`photo` is the file's path below the folder, `read` what was read (null: nothing), `text` the plate that the operator
saw (null: there is none), `time` when it was taken, with its offset, `lane` where. A read that nobody looked
at has no line.
"""

from pathlib import Path

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from benchmarks.datasets.labels import picture_in, plate_text, sample_id, utf8
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate

READS = "reads.jsonl"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class CorrectedRead:
    """One line of the file."""

    photo: str
    read: str | None
    text: str | None
    time: AwareDatetime
    lane: str


_LINE = TypeAdapter(CorrectedRead)


def fits(folder: Path) -> bool:
    """Whether the folder holds a reads.jsonl."""
    return (folder / READS).is_file()


def read(folder: Path) -> list[Sample]:
    """Every photo, with its lane, and whether the lot read it right, among its conditions. Raises NoTruth."""
    path = folder / READS
    samples: dict[str, Sample] = {}
    for number, line in enumerate(utf8(path).splitlines(), 1):
        where = f"{path}:{number}"
        try:
            found = _LINE.validate_json(line)
        except ValidationError as error:
            raise NoTruth(f"{where} is not {{photo, read, text, time, lane}}: {error}") from error
        photo = picture_in(folder, found.photo, where)
        plates = () if found.text is None else (TruePlate(plate_text(found.text, where)),)
        was = tuple(plate.text for plate in plates)
        right = was == ((plate_text(found.read, where),) if found.read else ())
        known = {"lane": found.lane, "lot's read": "right" if right else "corrected"}
        sample = Sample(sample_id(photo, folder), photo, plates, known)
        if sample.id in samples:
            raise NoTruth(f"{where}: {found.photo} has a line already; keep the last correction only")
        samples[sample.id] = sample
    if not samples:
        raise NoTruth(f"{path} holds no line; export the lot's corrected reads again")
    return [samples[key] for key in sorted(samples)]
