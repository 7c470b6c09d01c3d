"""What survives a power loss."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Return once a file's content, or the names in a folder, are on disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
