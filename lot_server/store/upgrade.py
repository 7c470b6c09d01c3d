"""Brings a store's file to the newest schema: a copy first, all of it checked after, put back if anything fails."""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from lot_server.domain.errors import DomainError
from lot_server.durable import sync
from lot_server.errors import StoreError, StoreOfAnotherLot, UpgradeFailed
from lot_server.store.engine import WriterLock, open_engine, typed_errors
from lot_server.store.migrations import MIGRATIONS, copy_place, migrate
from lot_server.store.read_only import reading, require_whole, schema_of, verify_audit, verify_ledger


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What an upgrade must leave as it is: ledger, audit trail, vehicles inside or driving in, money."""

    schema: int
    ledger: tuple[int, str]
    audit: tuple[int, str]
    inside: tuple[str, ...]
    settled: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The figures before, the schema after, and where the copy of before lies (None where nothing had to change)."""

    before: StoreFigures
    schema: int
    copy: Path | None


def upgrade_store(path: Path, lot_id: str, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> Upgrade:
    """Upgrade the store at `path` while no server has it open.

    Raises StoreInUse, StoreTooNew, StoreOfAnotherLot, StoreError with nothing changed, and UpgradeFailed once the copy
    of before is back in place.
    """
    if not path.is_file():
        raise StoreError(f"{path} is not there: check [store] folder in the configuration")
    lock = WriterLock(path)
    try:
        before = _figures(path, lot_id)
        if before.schema == len(migrations):
            return Upgrade(before, before.schema, None)
        copy = copy_place(path, migrations)
        # A copy that an earlier attempt left is of that time.
        copy.unlink(missing_ok=True)
        try:
            _migrate(path, migrations)
            _require_same(before, _figures(path, lot_id))
        except Exception as error:
            if not copy.exists():
                raise
            _put_back(copy, path)
            raise UpgradeFailed(
                f"the upgrade to schema {len(migrations)} failed ({error}): {path} is as it was before; go on with the "
                "openlot that wrote it, and report this"
            ) from error
        return Upgrade(before, len(migrations), copy)
    finally:
        lock.release()


def _migrate(path: Path, migrations: Sequence[Sequence[str]]) -> None:
    engine = open_engine(path)
    try:
        with typed_errors(path), engine.connect() as connection:
            migrate(connection, path, migrations)
    finally:
        engine.dispose()


def _figures(path: Path, lot_id: str) -> StoreFigures:
    """Read from a store that is found whole. Raises StoreError and its kinds, BrokenChain."""
    with reading(path) as connection:
        require_whole(connection)
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise StoreError(f"a row of {broken[0]} refers to nothing: restore the last backup")
        (owner,) = connection.execute("SELECT lot_id FROM ledger").fetchone() or (lot_id,)
        if owner != lot_id:
            raise StoreOfAnotherLot(f"{path} belongs to lot {owner!r}, not {lot_id!r}: correct [lot] id or [store]")
        return StoreFigures(
            schema_of(connection),
            verify_ledger(connection, lot_id),
            verify_audit(connection, lot_id),
            tuple(row[0] for row in _rows(connection, "stay_id FROM stay WHERE state IN ('open', 'intended')")),
            tuple(_rows(connection, "settlement_id, amount_minor FROM settlement")),
        )


def _rows(connection: sqlite3.Connection, query: str) -> list[tuple[str, int]]:
    return connection.execute(f"SELECT {query} ORDER BY 1").fetchall()


def _require_same(before: StoreFigures, after: StoreFigures) -> None:
    if before == replace(after, schema=before.schema):
        return
    other = [each.name for each in fields(before) if getattr(before, each.name) != getattr(after, each.name)]
    raise DomainError(f"{', '.join(name for name in other if name != 'schema')} came out changed")


def _put_back(copy: Path, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    shutil.copyfile(copy, part)
    sync(part)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    part.replace(path)
    sync(path.parent)
