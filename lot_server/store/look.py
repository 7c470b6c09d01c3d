"""Reading a lot's store beside its writer: each look on a connection of its own that cannot write.

A long look delays no gate: it takes no turn in the writer's thread, and WAL lets both go on at once. It sees what was
on disk when it began, and must not be kept open, or the WAL file could not shrink.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from lot_server.store.accounts import Accounts
from lot_server.store.counting import Counting
from lot_server.store.day_figures import DayFigures
from lot_server.store.day_money import DayMoney
from lot_server.store.engine import BUSY_SECONDS, typed_errors
from lot_server.store.erasure import PlateTraces, traces
from lot_server.store.kept_photos import KeptPhotos, PhotoKind
from lot_server.store.lane_history import LaneHistory
from lot_server.store.lot_versions import LotVersions
from lot_server.store.rights import Rights
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
        self.photos = KeptPhotos(session)
        self.versions = LotVersions(session)
        self.rights = Rights(session)
        self.counting = Counting(session, lot_id)
        self._session = session

    def traces(self, plate: str, limits: Mapping[PhotoKind, datetime]) -> PlateTraces:
        """Where an erasable plate stands; reads the whole ledger."""
        return traces(self._session, plate, limits)


class ReadStore:
    """The store of a lot that runs, for any thread. Its looks raise StoreError and what they are asked raises."""

    def __init__(self, path: Path, lot_id: str, standing_in: Callable[[], str | None] = lambda: None) -> None:
        """`standing_in` says where the present state is while the store takes nothing, None while it has it."""
        self._path, self._lot_id = path, lot_id
        self._standing_in = standing_in
        self._engine = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def look(self) -> Iterator[Look]:
        """One look; nothing it gives may be asked further once it has ended."""
        with typed_errors(self._path), self._engine.connect() as connection, Session(connection) as session:
            yield Look(session, self._lot_id)

    def _connect(self) -> sqlite3.Connection:
        uri = self._standing_in() or f"{self._path.absolute().as_uri()}?mode=ro"
        return sqlite3.connect(uri, timeout=BUSY_SECONDS, uri=True, isolation_level=None)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
