"""Reading a lot's store beside its writer: each look on a connection of its own that cannot write.

A long look delays no gate: it takes no turn in the writer's thread, and WAL lets both go on at once. It sees what was
on disk when it began, and must not be kept open, or the WAL file could not shrink.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from lot_server.store.accounts import Accounts
from lot_server.store.day_figures import DayFigures
from lot_server.store.day_money import DayMoney
from lot_server.store.engine import BUSY_SECONDS, typed_errors
from lot_server.store.lane_history import LaneHistory
from lot_server.store.lot_versions import LotVersions
from lot_server.store.stay_list import StayList
from lot_server.store.unit_of_work import SqliteWork


class Look:
    """What may be asked of the store in one look; all answers are of one instant."""

    def __init__(self, session: Session, lot_id: str) -> None:
        self.work = SqliteWork(session, lot_id)
        self.accounts = Accounts(session)
        self.stays = StayList(session)
        self.lanes = LaneHistory(session)
        self.days = DayFigures(session)
        self.day_money = DayMoney(session)
        self.versions = LotVersions(session)


class ReadStore:
    """The store of a lot that runs, for any thread. Its looks raise StoreError and what they are asked raises."""

    def __init__(self, path: Path, lot_id: str) -> None:
        self._path, self._lot_id = path, lot_id
        self._engine = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def look(self) -> Iterator[Look]:
        """One look; nothing it gives may be asked further once it has ended."""
        with typed_errors(self._path), self._engine.connect() as connection, Session(connection) as session:
            yield Look(session, self._lot_id)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", timeout=BUSY_SECONDS, uri=True, isolation_level=None
        )


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
