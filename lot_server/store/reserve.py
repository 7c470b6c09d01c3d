"""Room for SQLite's write-ahead log, taken while the disk has some, so that a full disk stops no gate.

A commit writes to the log (`lot.db-wal`) and its index (`lot.db-shm`); a checkpoint moves the log into the database and
the log begins anew in the same file. Where both files have their blocks beforehand, commits go on while the database
cannot grow, and the first checkpoint on a disk with room folds them in. The layout of both files:
https://www.sqlite.org/walformat.html.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from lot_server.errors import DiskFull, LotError

PAGE_BYTES = 4096
FRAME_BYTES = PAGE_BYTES + 24
"""A page in the log: the page and its header."""

_LOG_HEADER_BYTES = 32
_INDEX_BLOCK_BYTES = 32 * 1024
_FRAMES_A_BLOCK = 4062
"""Frames that the index's first block holds; the others hold a little more."""

_WRITTEN_AT, _MOVED_AT = 16, 96
"""Where the index says how many frames the log has, and how many of them the database has: 32 bits each."""


@dataclass(frozen=True, slots=True)
class LogState:
    """How full the log is: frames that it holds for the database, frames that have room for sure, and why the last
    checkpoint or the taking of room failed (None where both worked)."""

    frames: int
    reserved: int
    fault: LotError | None = None


def reserve(database: Path, log_bytes: int) -> int:
    """Give the log of an open database at least so many bytes on disk; the number of frames they hold.

    Raises DiskFull where there is no room for them.
    """
    frames = max(0, log_bytes - _LOG_HEADER_BYTES) // FRAME_BYTES
    if frames == 0:
        return 0
    blocks = frames // _FRAMES_A_BLOCK + 1
    for suffix, size in (("-wal", log_bytes), ("-shm", blocks * _INDEX_BLOCK_BYTES)):
        path = database.with_name(database.name + suffix)
        try:
            handle = os.open(path, os.O_RDWR)
            try:
                os.posix_fallocate(handle, 0, size)
            finally:
                os.close(handle)
        except OSError as error:
            text = f"{path.parent} has no room for the reserve of {log_bytes >> 20} MiB ({error.strerror}): free some"
            raise DiskFull(text) from error
    return frames


def frames_kept(database: Path) -> int:
    """The frames in the log of an open database; 0 once the database has them all, since the log begins anew then."""
    with database.with_name(database.name + "-shm").open("rb") as index:
        head = index.read(_MOVED_AT + 4)
    (written,), (moved,) = struct.unpack_from("=I", head, _WRITTEN_AT), struct.unpack_from("=I", head, _MOVED_AT)
    return 0 if written == moved else int(written)
