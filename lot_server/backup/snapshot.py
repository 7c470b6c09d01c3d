"""The database of a backup: copied from a running lot without writing there, and checked as it stands in a file."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lot_server.domain.errors import DomainError
from lot_server.errors import BadBackup, StoreError
from lot_server.store.engine import typed_errors
from lot_server.store.read_only import reading, require_whole, schema_of, verify_audit, verify_ledger


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """Whose database it is, how far its ledger and its audit trail go, and which photos its rows name."""

    lot_id: str
    schema: int
    seq: int
    head: str
    acked_seq: int
    audit_number: int
    audit_head: str
    photos: tuple[str, ...]


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of a database, of one moment, while another program may write it.

    Raises StoreError and its kinds, OSError.
    """
    with reading(source) as opened:
        target.touch(mode=0o600, exist_ok=False)
        with typed_errors(target), closing(sqlite3.connect(target)) as written:
            opened.backup(written)
            # One file, not three: whoever reads the copy needs no write-ahead log beside it.
            written.execute("PRAGMA journal_mode = DELETE")


def database_facts(path: Path) -> DatabaseFacts:
    """What a database file that nobody writes holds, once it is found whole: pages, ledger and audit trail.

    Raises BadBackup.
    """
    try:
        with reading(path, "still") as opened:
            require_whole(opened)
            owner = opened.execute("SELECT lot_id, acked_seq FROM ledger").fetchone()
            if owner is None:
                raise ValueError("it belongs to no lot")
            ledger, trail = verify_ledger(opened, owner[0]), verify_audit(opened, owner[0])
            return DatabaseFacts(owner[0], schema_of(opened), *ledger, owner[1], *trail, _photos(opened))
    except (StoreError, DomainError, ValueError) as error:
        raise BadBackup(f"the database {path.name} is damaged ({error}): take another backup") from error


def _photos(opened: sqlite3.Connection) -> tuple[str, ...]:
    """The photos that are kept: not those that retention dropped, which no backup lacks."""
    if opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'photo'").fetchone():
        shown = "SELECT value FROM alert, json_each(alert.photos) WHERE resolved_at IS NULL"
        rows = opened.execute(f"SELECT name FROM photo UNION {shown} ORDER BY 1")  # noqa: S608
        return tuple(name for (name,) in rows)
    rows = opened.execute("SELECT photos FROM stay UNION SELECT photos FROM passage")
    return tuple(sorted({name for (names,) in rows for name in json.loads(names)}))
