"""Keeps a disk busy until it is killed: writes and syncs blocks, as a process of its own.

python -m benchmarks.gate.disk_writer FILE
"""

import os
import sys
from pathlib import Path

BLOCK_BYTES = 4 << 20
FILE_BYTES = 128 << 20


def write_for_ever(file: Path) -> None:
    """Write and sync block after block, over and over in one file."""
    block = os.urandom(BLOCK_BYTES)
    with file.open("wb", buffering=0) as opened:
        while True:
            opened.seek(0)
            for _ in range(FILE_BYTES // BLOCK_BYTES):
                opened.write(block)
                os.fsync(opened.fileno())


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]))
