"""The folder that a lot's backups stand in, by their names: `LOT-20261122T080000Z`, or the same with `.tar`.

Whatever stands there under such a name is whole: a backup is written as `.NAME.part` and gets its name at the end, and
one that is dropped loses its name first.
"""

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lot_server.durable import sync
from lot_server.errors import BackupInProgress

_STAMP = "%Y%m%dT%H%M%SZ"
_PART, _DATABASE = ".part", ".db"


class Shelf:
    """One lot's backups in a folder that it may share with others."""

    def __init__(self, folder: Path, lot_id: str) -> None:
        """Makes the folder where it is missing. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._name = re.compile(re.escape(lot_id) + r"-\d{8}T\d{6}Z(\.tar)?")
        self._lot_id = lot_id

    def backups(self) -> list[Path]:
        """The whole ones, oldest first."""
        return sorted(path for path in self._folder.iterdir() if self._name.fullmatch(path.name))

    def place(self, at: datetime, tar: bool) -> Path:
        """The final name of a backup made at an instant."""
        return self._folder / f"{self._lot_id}-{at.astimezone(UTC).strftime(_STAMP)}{'.tar' if tar else ''}"

    def part(self, place: Path) -> Path:
        """Where that backup is written."""
        return self._folder / f".{place.name}{_PART}"

    def database_part(self, place: Path) -> Path:
        """Where its database is copied to before it is put in."""
        return self._folder / f".{place.name}{_DATABASE}{_PART}"

    def finish(self, part: Path, place: Path) -> None:
        """Give a complete backup its name. Raises OSError."""
        part.rename(place)
        sync(self._folder)

    def drop_unfinished(self) -> None:
        """Remove what a backup that was killed left. Raises OSError."""
        for path in self._folder.iterdir():
            begun = path.name[1:].removesuffix(_PART).removesuffix(_DATABASE)
            if path.name.startswith(".") and path.name.endswith(_PART) and self._name.fullmatch(begun):
                _remove(path)

    def drop_oldest(self, keep: int) -> list[Path]:
        """Keep the newest `keep` backups; what was removed. Raises OSError."""
        dropped = self.backups()[:-keep]
        for path in dropped:
            part = self.part(path)
            path.rename(part)
            _remove(part)
        return dropped

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While no other backup of this lot is written here. Raises BackupInProgress, OSError."""
        with (self._folder / f".{self._lot_id}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackupInProgress(f"another backup is being written to {self._folder}: wait for it") from error
            yield


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
