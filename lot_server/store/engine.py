"""The one writing connection to a lot's SQLite file, and its failures as typed errors.

WAL with `synchronous=FULL`: a commit that returned survives a power loss. SQLite before 3.51.3 can corrupt a WAL
that two connections write or checkpoint, so a lock file keeps every other writing process out.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from lot_server.errors import (
    ContradictoryEvent,
    DiskFailed,
    DiskFull,
    StoreCorrupt,
    StoreError,
    StoreInUse,
    StoreReadOnly,
)

BUSY_SECONDS = 2.0
# No checkpoint of its own: one that fails on a full disk would be tried again, in vain, within every commit.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "wal_autocheckpoint = 0")
_PRIMARY_CODE = 0xFF


def open_engine(path: Path) -> Engine:
    """An engine whose connections begin every transaction as the writer. Nothing is opened yet."""

    def connect() -> sqlite3.Connection:
        # isolation_level None: the transaction begins where we say so, not before the first write.
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    # hide_parameters: an error's text goes to the log, and the parameters are plates.
    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def typed_errors(path: Path) -> Iterator[None]:
    """Raise a StoreError or ContradictoryEvent that says what to do in place of SQLite's and SQLAlchemy's errors."""
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise _typed(error.orig, path) from error
    except sqlite3.Error as error:
        raise _typed(error, path) from error


def _typed(error: sqlite3.Error, path: Path) -> Exception:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"the disk of {path} is full and nothing was recorded: free some space, then try again")
    if code == sqlite3.SQLITE_READONLY:
        return StoreReadOnly(f"{path} cannot be written: check its owner, mode and how its disk is mounted")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreCorrupt(f"{path} is damaged ({error}): keep it for recovery and restore the last copy")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreInUse(f"another program writes to {path}: stop it; only the lot server may write there")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return ContradictoryEvent(f"the event does not fit what is stored ({error}); nothing was recorded")
    if code == sqlite3.SQLITE_IOERR:
        return DiskFailed(f"the disk of {path} failed ({error}): look at the system log, replace the disk")
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(f"{path} cannot be opened: check that its folder exists and may be written")
    return StoreError(f"{path} failed ({error}): check the disk and the system log")


class WriterLock:
    """Holds `PATH.lock` for as long as this process may write. Raises StoreInUse where another process holds it."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.with_name(path.name + ".lock").open("a")
        except OSError as error:
            raise StoreError(f"{path.parent} cannot hold the store ({error.strerror}): check its mode") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise StoreInUse(f"another lot server has {path} open: stop it, or give this one another folder") from error

    def release(self) -> None:
        """Let another process write; a second call does nothing."""
        self._file.close()
