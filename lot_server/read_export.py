"""The lot's corrected reads as a folder of labelled photos, which `openlot bench run --data` reads.

    DIR/photos/3fa9….jpg     the photos
    DIR/reads.jsonl          {"photo": "photos/3fa9….jpg", "read": "苏E05EV6", "text": "苏E05EV8",
                              "time": "2026-03-01T08:15:00.000000Z", "lane": "in-1"}

They show people's vehicles and where they were: the folder is its owner's alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lot_server.errors import ExportFolderTaken, PhotoUnavailable
from lot_server.loopback.schemas import CorrectedReadView
from lot_server.photos import PhotoFolder

READS, PHOTOS = "reads.jsonl", "photos"


@dataclass(frozen=True, slots=True)
class Exported:
    """How many reads were written, and how many have no whole photo any more."""

    written: int
    without_photo: int


def require_new(folder: Path) -> None:
    """Raises ExportFolderTaken where the folder holds something, or is none."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFolderTaken(f"{folder} holds something already: give --out a new folder")


def export_reads(reads: Sequence[CorrectedReadView], archive: PhotoFolder, folder: Path) -> Exported:
    """Make the folder and fill it; the list is written last, so that a folder without it is no whole export.

    Raises ExportFolderTaken.
    """
    require_new(folder)
    lines = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / PHOTOS).mkdir(mode=0o700)
        for read in reads:
            try:
                content = archive.read(read.photo)
            except PhotoUnavailable:
                continue
            name = f"{PHOTOS}/{read.photo}.jpg"
            _write_private(folder / name, content)
            lines.append(json.dumps(read.model_dump() | {"photo": name}, ensure_ascii=False) + "\n")
        _write_private(folder / READS, "".join(lines).encode())
    except OSError as error:
        raise ExportFolderTaken(f"{folder} cannot be written ({error.strerror}): give --out another folder") from error
    return Exported(len(lines), len(reads) - len(lines))


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
