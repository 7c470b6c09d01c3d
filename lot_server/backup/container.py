"""The two forms of a backup, a folder or one tar file: the same names inside, written and read the same way.

    lot.db             the database, one file
    photos/3f/3fa9….jpg
    manifest.json      what belongs to it

Nothing is compressed: photos are JPEG, and the database is small beside them.
"""

import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from lot_server.durable import sync
from lot_server.errors import BadBackup

DATABASE, MANIFEST = "lot.db", "manifest.json"
_BLOCK = 1 << 20


class Container(Protocol):
    """A backup that is being written; only its own user can read it."""

    def add(self, name: str, source: Path, like: Path | None = None) -> None:
        """Put a file's content in; `like`, a file of the same content, may be linked instead. Raises OSError."""
        ...

    def add_bytes(self, name: str, content: bytes) -> None: ...


class Contents(Protocol):
    """A backup that is read."""

    def open(self, name: str) -> IO[bytes]:
        """Raises BadBackup where nothing has the name."""
        ...


class FolderContainer:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder

    def add(self, name: str, source: Path, like: Path | None = None) -> None:
        target = self._place(name)
        if like is not None:
            try:
                target.hardlink_to(like)
                return
            except OSError:
                # Another disk, or one without links: a copy does as well.
                target.unlink(missing_ok=True)
        with source.open("rb") as given:
            self._write(target, given)

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add_from(name, io.BytesIO(content))

    def add_from(self, name: str, given: IO[bytes]) -> None:
        """Put in what a file gives from here on. Raises OSError."""
        self._write(self._place(name), given)

    def finish(self) -> None:
        """Return once the names of all files are on disk."""
        for folder, _, _ in os.walk(self._folder):
            sync(Path(folder))

    def _place(self, name: str) -> Path:
        target = self._folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return target

    def _write(self, target: Path, given: IO[bytes]) -> None:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as written:
            shutil.copyfileobj(given, written, _BLOCK)
            written.flush()
            os.fsync(written.fileno())


class TarContainer:
    """Members of an uncompressed tar file (POSIX pax)."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, source: Path, like: Path | None = None) -> None:  # noqa: ARG002
        with source.open("rb") as given:
            self._add(name, given, os.fstat(given.fileno()).st_size)

    def add_bytes(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content))

    def _add(self, name: str, given: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, given)


@contextmanager
def new_container(path: Path, tar: bool) -> Iterator[Container]:
    """A backup being written at `path`, which must not exist; all of it is on disk at the end. Raises OSError."""
    if not tar:
        folder = FolderContainer(path)
        yield folder
        folder.finish()
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as written:
        with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as opened:
            yield TarContainer(opened)
        written.flush()
        os.fsync(written.fileno())


class FolderContents:
    """Reads a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> IO[bytes]:
        try:
            return (self._folder / name).open("rb")
        except OSError as error:
            raise BadBackup(f"{self._folder} has no readable {name} ({error.strerror}): take another backup") from error


class TarContents:
    """Reads a tar file; its members are only ever asked for by name, so that none can name a place elsewhere."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def open(self, name: str) -> IO[bytes]:
        try:
            found = self._tar.extractfile(name)
        except (KeyError, tarfile.TarError, OSError) as error:
            raise BadBackup(f"the tar file has no readable {name}: take another backup") from error
        if found is None:
            raise BadBackup(f"{name} in the tar file is no plain file: take another backup")
        return found


@contextmanager
def open_backup(path: Path) -> Iterator[Contents]:
    """A finished backup, a folder or a tar file. Raises BadBackup."""
    if path.is_dir():
        yield FolderContents(path)
        return
    try:
        opened = tarfile.open(path, mode="r:")  # noqa: SIM115
    except (OSError, tarfile.TarError) as error:
        raise BadBackup(f"{path} is no backup: give the folder or .tar file that `openlot lot backup` made") from error
    with opened:
        yield TarContents(opened)
