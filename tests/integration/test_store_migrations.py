"""The schema on disk: forward only, a copy first, and the same as the tables the code uses."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.exc import OperationalError

from lot_server.store.engine import open_engine
from lot_server.store.migrations import MIGRATIONS, migrate
from lot_server.store.tables import LotTable


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
        connection.exec_driver_sql("INSERT INTO ledger VALUES ('lot-1', 7)")
    migrate(connection, path, [*MIGRATIONS, ["ALTER TABLE ledger ADD COLUMN note TEXT"]])
    with connection.begin():
        assert connection.exec_driver_sql("SELECT * FROM ledger").fetchall() == [("lot-1", 7, None)]
    copied = sqlite3.connect(tmp_path / "lot.db.before-schema-2")
    assert copied.execute("SELECT * FROM ledger").fetchall() == [("lot-1", 7)]
    assert copied.execute("PRAGMA user_version").fetchone() == (1,)
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
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == 1


def test_the_newest_version_is_left_alone(connection: Connection, tmp_path: Path) -> None:
    """Opening an up-to-date database writes no copy."""
    migrate(connection, tmp_path / "lot.db")
    migrate(connection, tmp_path / "lot.db")
    assert [path.name for path in tmp_path.glob("*before*")] == []
