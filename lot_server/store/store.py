"""A lot's database: one writing connection, opened by and bound to one thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlmodel import Session, select

from lot_server.errors import StoreCorrupt, StoreOfAnotherLot
from lot_server.store.engine import WriterLock, open_engine, typed_errors
from lot_server.store.migrations import migrate
from lot_server.store.tables import LedgerRow
from lot_server.store.unit_of_work import SqliteWork


class Store:
    """The lot's facts on disk. SQLite refuses every thread but the one that opened it.

    Raises StoreInUse, StoreCorrupt, StoreTooNew, StoreOfAnotherLot, StoreReadOnly, DiskFull, StoreError.
    """

    def __init__(self, path: Path, lot_id: str) -> None:
        self._path = path
        self._lot_id = lot_id
        self._lock = WriterLock(path)
        self._engine = open_engine(path)
        try:
            with typed_errors(path):
                self._connection = self._engine.connect()
                try:
                    _check(self._connection, path)
                    migrate(self._connection, path)
                    self._claim()
                except BaseException:
                    self._connection.close()
                    raise
        except BaseException:
            self._lock.release()
            raise

    @contextmanager
    def transaction(self) -> Iterator[SqliteWork]:
        """BEGIN IMMEDIATE … COMMIT; any exception rolls everything back and is passed on, SQLite's as a StoreError."""
        with typed_errors(self._path), self._connection.begin(), Session(self._connection) as session:
            yield SqliteWork(session, self._lot_id)
            session.flush()

    def close(self) -> None:
        """Let go of the file. Nothing may be asked afterwards."""
        self._connection.close()
        self._engine.dispose()
        self._lock.release()

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
