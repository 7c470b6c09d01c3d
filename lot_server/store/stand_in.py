"""Takes the store's place in memory while its disk takes nothing, so that the lanes go on deciding.

It begins as a copy of what decisions need: all that is inside or left lately, what waits for a person, money, passes
and prices. Whatever changes is kept as the statements that changed it, and put on the spare's disk before the answer;
once the store's disk works again, they are carried out there, transaction by transaction, in the same order.
"""

import itertools
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from lot_server.domain.clock import from_text, to_text
from lot_server.store.engine import typed_errors
from lot_server.store.spare import Spare, SpareRecord, Statement
from lot_server.store.unit_of_work import SqliteWork

log = logging.getLogger(__name__)
LATELY = timedelta(days=2)
"""How long after it ended a stay is among what decisions need."""

LAST_FACTS = 500
_NUMBERS = itertools.count(1)
# Of the tables that only ever grow; all of every other one. The stays come first: others name them.
_NEEDED = {
    "stay": "state IN ('intended', 'open') OR exited_at >= :since OR read_at >= :since",
    "passage": "state = 'intended' OR decided_at >= :since OR stay_id IN (SELECT stay_id FROM main.stay)",
    "photo": "passage_id IN (SELECT passage_id FROM main.passage)",
    "plate_correction": "stay_id IN (SELECT stay_id FROM main.stay)",
    "alert": "resolved_at IS NULL OR raised_at >= :since",
    "outbox": "seq > (SELECT coalesce(max(seq), 0) FROM store.outbox) - :facts",
    "audit": "number > (SELECT coalesce(max(number), 0) FROM store.audit) - :facts",
}


class StandIn:
    """One outage of the store's disk. Used in the store's thread, but for `uri`."""

    def __init__(self, path: Path, lot_id: str, spare: Spare) -> None:
        """Raises StoreError where the store cannot even be read."""
        self._path = path
        self._lot_id = lot_id
        self._spare = spare
        self.waiting: list[SpareRecord] = []
        """What the store must still take in, in order."""
        self._unwritten = 0
        self._statements: list[Statement] | None = None
        self.uri = f"file:/openlot-{id(self)}-{next(_NUMBERS)}?vfs=memdb"
        """Where others of this process read what stands here."""
        with typed_errors(path):
            self._memory = sqlite3.connect(self.uri, uri=True, isolation_level=None)
            try:
                self._next = _copy(self._memory, path) + 1
            except BaseException:
                self._memory.close()
                raise
        try:
            self._spare.rewind(self._next - 1)
        except OSError as error:
            log.error("the spare %s cannot be read: %s", spare.path, error.strerror)
        self._engine = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(self._engine, "begin", _begin)
        event.listen(self._engine, "before_cursor_execute", self._keep)

    @property
    def in_memory_alone(self) -> int:
        """How many transactions a power loss would lose now: those that the spare did not take."""
        return self._unwritten

    @contextmanager
    def transaction(self) -> Iterator[SqliteWork]:
        """As the store's, on memory; on the spare, if that can be, before it returns."""
        statements: list[Statement] = []
        with (
            typed_errors(self._path),
            self._engine.connect() as connection,
            connection.begin(),
            Session(connection) as session,
        ):
            work = SqliteWork(session, self._lot_id)
            seq, head = work.head()
            self._statements = statements
            try:
                yield work
                session.flush()
            finally:
                self._statements = None
        if statements:
            self.waiting.append(SpareRecord(self._next, seq, head, tuple(statements)))
            self._next += 1
            self._unwritten += 1
            self._write()

    def taken_in(self) -> None:
        """The store has the first record that waited."""
        del self.waiting[0]
        self._unwritten = min(self._unwritten, len(self.waiting))

    def close(self) -> None:
        """Let go of the memory."""
        self._engine.dispose()
        self._memory.close()

    def _write(self) -> None:
        """Put on the spare what is not there yet."""
        try:
            while self._unwritten:
                self._spare.append(self.waiting[-self._unwritten])
                self._unwritten -= 1
        except OSError as error:
            log.error("%d transactions are in memory alone: %s: %s", self._unwritten, self._spare.path, error.strerror)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.uri, uri=True, isolation_level=None)

    def _keep(self, _: Connection, __: Any, sql: str, values: Any, ___: Any, many: bool) -> None:
        if self._statements is not None and not sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            self._statements.append(Statement(sql, values, many))


def carry_out(connection: Connection, statements: Sequence[Statement]) -> None:
    """Do again on the store what was done in memory. Raises what SQLite raises."""
    for each in statements:
        values = [tuple(row) for row in each.values] if each.many else tuple(each.values)
        connection.exec_driver_sql(each.sql, values)


def _copy(memory: sqlite3.Connection, path: Path) -> int:
    """Fill the memory; the number of the spare's last record that the store has."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    # Read first by itself: what cannot be read at all is to be an error of the store, not of the memory.
    with closing(sqlite3.connect(uri, uri=True)) as store:
        version = store.execute("PRAGMA user_version").fetchone()[0]
        (folded,) = store.execute("SELECT folded FROM ledger").fetchone()
        last = store.execute("SELECT occurred_at FROM outbox ORDER BY seq DESC LIMIT 1").fetchone()
        made = store.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    values = {"since": to_text(from_text(last[0]) - LATELY) if last else "", "facts": LAST_FACTS}
    order = {"table": 0, "index": 1, "trigger": 2}
    # Without a name it would be looked for where the memory stands.
    memory.execute("ATTACH ? AS store", (f"{uri}&vfs=unix",))
    memory.execute("BEGIN")
    tables = [(name, sql) for kind, name, sql in made if kind == "table"]
    for _, sql in tables:
        memory.execute(sql)
    for name, _ in sorted(tables, key=lambda table: _place(table[0])):
        wanted = {key: value for key, value in values.items() if f":{key}" in _NEEDED.get(name, "")}
        memory.execute(f"INSERT INTO main.{name} SELECT * FROM store.{name} WHERE {_NEEDED.get(name, '1')}", wanted)  # noqa: S608
    for kind, _, sql in sorted(made, key=lambda each: order[each[0]]):
        if kind != "table":
            memory.execute(sql)
    memory.execute(f"PRAGMA user_version = {version}")
    memory.execute("COMMIT")
    memory.execute("DETACH store")
    return int(folded)


def _place(table: str) -> int:
    names = list(_NEEDED)
    return names.index(table) if table in names else len(names)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
