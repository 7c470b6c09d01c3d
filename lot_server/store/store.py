"""A lot's database: one writing connection, opened by and bound to one thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlmodel import Session, select

from lot_server.errors import ContradictoryEvent, SpareRefused, StoreCorrupt, StoreError, StoreOfAnotherLot
from lot_server.store.engine import WriterLock, open_engine, typed_errors
from lot_server.store.migrations import migrate
from lot_server.store.reserve import LogState, frames_in, reserve
from lot_server.store.spare import SpareRecord
from lot_server.store.stand_in import carry_out
from lot_server.store.tables import LedgerRow
from lot_server.store.unit_of_work import SqliteWork


class Store:
    """The lot's facts on disk. SQLite refuses every thread but the one that opened it.

    Raises StoreInUse, StoreCorrupt, StoreTooNew, StoreOfAnotherLot, StoreReadOnly, DiskFull, StoreError.
    """

    def __init__(self, path: Path, lot_id: str, reserve_bytes: int = 0) -> None:
        """`reserve_bytes` is the room that the log gets beforehand; without it the store opens all the same."""
        self._path = path
        self._lot_id = lot_id
        self._reserve_bytes = reserve_bytes
        self._lock = WriterLock(path)
        self._engine = open_engine(path)
        self.log = LogState(0, 0)
        """How the write-ahead log stood at the last checkpoint."""
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    def reopen(self) -> None:
        """Begin anew with the file, whose disk may work again; nobody else could write it meanwhile. Raises as the
        constructor does; then it may be tried again.
        """
        self._connection.close()
        self._open()

    def take_in(self, record: SpareRecord) -> None:
        """Carry out what was recorded beside the store, unless it has it already. Raises SpareRefused, StoreError."""
        try:
            with typed_errors(self._path), self._connection.begin(), Session(self._connection) as session:
                ledger = session.get_one(LedgerRow, self._lot_id)
                if record.number <= ledger.folded:
                    return
                follows = (ledger.folded + 1, *SqliteWork(session, self._lot_id).head())
                if follows != (record.number, record.seq, record.head):
                    raise SpareRefused(f"record {record.number} does not follow what the store has: compare both")
                ledger.folded = record.number
                session.flush()
                carry_out(self._connection, record.statements)
        except ContradictoryEvent as error:
            raise SpareRefused(f"record {record.number} contradicts what the store has: compare both") from error

    @property
    def folded(self) -> int:
        """The last record of the spare that the store has."""
        with self._connection.begin(), Session(self._connection) as session:
            return session.get_one(LedgerRow, self._lot_id).folded

    @contextmanager
    def transaction(self) -> Iterator[SqliteWork]:
        """BEGIN IMMEDIATE … COMMIT; any exception rolls everything back and is passed on, SQLite's as a StoreError."""
        with typed_errors(self._path), self._connection.begin(), Session(self._connection) as session:
            yield SqliteWork(session, self._lot_id)
            session.flush()

    def checkpoint(self) -> None:
        """Move what the log holds into the database, and take the log's room where it is still wanting.

        What fails stands in `log`; nothing is lost by it, and the next call tries again.
        """
        reserved, fault = self.log.reserved, None
        try:
            with typed_errors(self._path):
                _, written, moved = self._driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            frames = 0 if written == moved else int(written)
            reserved = reserved or reserve(self._path, self._reserve_bytes)
        except StoreError as error:
            fault, frames = error, frames_in(self._path.with_name(self._path.name + "-wal"))
        self.log = LogState(frames, reserved, fault)

    def close(self) -> None:
        """Let go of the file. Nothing may be asked afterwards."""
        self._connection.close()
        self._engine.dispose()
        self._lock.release()

    def _open(self) -> None:
        with typed_errors(self._path):
            self._connection = self._engine.connect()
            try:
                _check(self._connection, self._path)
                migrate(self._connection, self._path)
                self._claim()
            except BaseException:
                self._connection.close()
                raise
        self.log = LogState(0, 0)
        self.checkpoint()

    @property
    def _driver(self) -> sqlite3.Connection:
        found = self._connection.connection.driver_connection
        if not isinstance(found, sqlite3.Connection):
            raise StoreError(f"{self._path} is not open through sqlite3: report this as a fault")
        return found

    def _claim(self) -> None:
        with self._connection.begin(), Session(self._connection) as session:
            ledger = session.exec(select(LedgerRow)).first()
            if ledger is None:
                session.add(LedgerRow(lot_id=self._lot_id))
                session.flush()
            elif ledger.lot_id != self._lot_id:
                raise StoreOfAnotherLot(
                    f"{self._path} belongs to lot {ledger.lot_id!r}, not {self._lot_id!r}: correct [lot] id or [store]"
                )


def _check(connection: Connection, path: Path) -> None:
    with connection.begin():
        report = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    if report != "ok":
        raise StoreCorrupt(f"{path} is damaged ({report}): keep it for recovery and restore the last copy")
