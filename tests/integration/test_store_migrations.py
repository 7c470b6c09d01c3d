"""The schema on disk: forward only, a copy first, and the same as the tables the code uses."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.exc import OperationalError

from lot_server.domain.events import PlateCorrected
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.money import Money
from lot_server.errors import StoreError
from lot_server.store.engine import open_engine
from lot_server.store.migrations import MIGRATIONS, migrate
from lot_server.store.store import Store
from lot_server.store.tables import LotTable

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FIRST_RELEASE = Path(__file__).parent.parent / "golden" / "lot_store_0_1_0.sql"
"""A lot's database as 0.1.0 wrote it, as SQL: one stay that left and one inside, and its schema number."""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_engine(tmp_path / "lot.db")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def shape(metadata: MetaData) -> dict[str, object]:
    """What tells two schemas apart: columns with types and nullability, keys, indexes and checks."""
    return {
        table.name: (
            [(column.name, str(column.type), column.nullable, column.primary_key) for column in table.columns],
            sorted((index.name, tuple(index.columns.keys())) for index in table.indexes),
            sorted(key.target_fullname for key in table.foreign_keys),
        )
        for table in metadata.tables.values()
    }


def reflected(connection: Connection) -> dict[str, object]:
    metadata = MetaData()
    with connection.begin():
        metadata.reflect(connection)
    return shape(metadata)


def test_the_migrated_schema_is_the_one_the_code_uses(connection: Connection, tmp_path: Path) -> None:
    """All migrations together make the same tables as `tables.py` declares."""
    migrate(connection, tmp_path / "lot.db")
    declared = create_engine("sqlite://")
    with declared.connect() as other:
        LotTable.metadata.create_all(other)
        other.commit()
        expected = reflected(other)
    declared.dispose()
    assert reflected(connection) == expected


def test_migrating_copies_the_old_database_first(connection: Connection, tmp_path: Path) -> None:
    """A newer version finds the rows of the older one, and the copy beside it still has the older schema."""
    path = tmp_path / "lot.db"
    migrate(connection, path)
    with connection.begin():
        connection.exec_driver_sql("INSERT INTO ledger (lot_id, acked_seq) VALUES ('lot-1', 7)")
    migrate(connection, path, [*MIGRATIONS, ["ALTER TABLE ledger ADD COLUMN note TEXT"]])
    with connection.begin():
        assert connection.exec_driver_sql("SELECT * FROM ledger").fetchall() == [("lot-1", 7, 0, None)]
    copied = sqlite3.connect(tmp_path / f"lot.db.before-schema-{len(MIGRATIONS) + 1}")
    assert copied.execute("SELECT * FROM ledger").fetchall() == [("lot-1", 7, 0)]
    assert copied.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    copied.close()


def test_a_migration_that_fails_leaves_the_old_version_whole(connection: Connection, tmp_path: Path) -> None:
    """A version's statements and its number come together or not at all."""
    path = tmp_path / "lot.db"
    migrate(connection, path)
    before = reflected(connection)
    broken = ["ALTER TABLE ledger ADD COLUMN note TEXT", "ALTER TABLE nothing ADD COLUMN note TEXT"]
    with pytest.raises(OperationalError):
        migrate(connection, path, [*MIGRATIONS, broken])
    assert reflected(connection) == before
    with connection.begin():
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == len(MIGRATIONS)


def test_a_store_of_the_first_release_is_carried_forward(tmp_path: Path) -> None:
    """The database that 0.1.0 wrote opens with its ledger, stays and money, goes on, and its copy is as it was."""
    path = tmp_path / "lot.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(FIRST_RELEASE.read_text(encoding="utf-8"))
        before = list(old.iterdump())
    store = Store(path, "lot-1")
    with store.transaction() as work:
        (inside,) = work.open_stays()
        (gone,) = work.settlements("stay-1")
        assert (inside.plate, inside.photos, gone.amount) == ("CD34EF", ("b" * 64,), Money(400, "EUR"))
        assert (work.acked_seq, work.free_spaces()) == (3, 9)
        seq, head = work.head()
        assert verify(work.envelopes(), 0, GENESIS) == head
        assert work.record(PlateCorrected("stay-2", "CD34EG", "ann", "dirt"), NOW).previous == head
        assert work.trail.add(NOW, "ann", "correct_plate", "stay-2", "dirt").ledger_seq == seq + 1
    store.close()
    with closing(sqlite3.connect(tmp_path / f"lot.db.before-schema-{len(MIGRATIONS)}")) as copied:
        assert list(copied.iterdump()) == before
        assert copied.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_first_release_that_cannot_be_copied_is_not_touched(tmp_path: Path) -> None:
    """Where the copy cannot be written, nothing is changed and the error says so."""
    path = tmp_path / "lot.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(FIRST_RELEASE.read_text(encoding="utf-8"))
    (tmp_path / f"lot.db.before-schema-{len(MIGRATIONS)}.part").mkdir()
    with pytest.raises(StoreError, match="cannot be copied"):
        Store(path, "lot-1")
    with closing(sqlite3.connect(path)) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)


def test_the_newest_version_is_left_alone(connection: Connection, tmp_path: Path) -> None:
    """Opening an up-to-date database writes no copy."""
    migrate(connection, tmp_path / "lot.db")
    migrate(connection, tmp_path / "lot.db")
    assert [path.name for path in tmp_path.glob("*before*")] == []
