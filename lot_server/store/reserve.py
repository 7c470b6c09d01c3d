"""Room for SQLite's write-ahead log, taken while the disk has some, so that a full disk stops no gate.

A commit writes to the log (`lot.db-wal`) and its index (`lot.db-shm`); a checkpoint moves the log into the database and
the log begins anew in the same file. Where both files have their blocks beforehand, commits go on while the database
cannot grow, and the first checkpoint on a disk with room folds them in. The layout of both files:
https://www.sqlite.org/walformat.html.
"""

import os
import subprocess
import sys
from bisect import bisect_left
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

_SALTS = slice(16, 24)
"""Where the log's header has the salts of its present run."""
_FRAME_SALTS = slice(8, 16)
"""Where each frame has the salts of the run that wrote it."""

_TAKE_ROOM = """
import os, sys
try:
    for path, size in zip(sys.argv[1::2], sys.argv[2::2]):
        os.posix_fallocate(os.open(path, os.O_RDWR), 0, int(size))
except OSError as error:
    sys.exit(error.strerror)
"""
_TAKE_ROOM_S = 60


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
    log, index = (database.with_name(database.name + suffix) for suffix in ("-wal", "-shm"))
    # Not here: a process that closes a file loses all locks that SQLite holds on it, and others would think the store
    # closed. https://www.sqlite.org/howtocorrupt.html, 2.2
    command = [sys.executable, "-I", "-S", "-c", _TAKE_ROOM, str(log), str(log_bytes)]
    command += [str(index), str(blocks * _INDEX_BLOCK_BYTES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TAKE_ROOM_S, check=False)
    if done.returncode != 0:
        why = done.stderr.strip() or f"status {done.returncode}"
        raise DiskFull(f"{database.parent} has no room for the reserve of {log_bytes >> 20} MiB ({why}): free some")
    return frames


def frames_in(log: Path) -> int:
    """The frames that the present run of a write-ahead log has written, whether the database has them or not.

    They come first, and what an earlier run left behind them has other salts. SQLite locks nothing on this file.
    """
    with log.open("rb", buffering=0) as opened:
        salts = opened.read(_LOG_HEADER_BYTES)[_SALTS]

        def is_of_this_run(frame: int) -> bool:
            opened.seek(_LOG_HEADER_BYTES + frame * FRAME_BYTES)
            return opened.read(_FRAME_SALTS.stop)[_FRAME_SALTS] == salts

        room = (opened.seek(0, os.SEEK_END) - _LOG_HEADER_BYTES) // FRAME_BYTES
        return bisect_left(range(max(0, room)), True, key=lambda frame: not is_of_this_run(frame))
