"""What the worker remembers over a restart: how far the cloud has applied the ledger, and why mirroring stopped."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lot_server.domain.clock import from_text, to_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS watermark (
    lot_id TEXT PRIMARY KEY, applied_seq INTEGER NOT NULL, head TEXT NOT NULL, acked_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS halt (
    lot_id TEXT PRIMARY KEY, code TEXT NOT NULL, message TEXT NOT NULL, halted_at TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Position:
    """The cloud said at `acked_at` that it has applied everything up to and with `applied_seq`, with this head."""

    applied_seq: int
    head: str
    acked_at: datetime


@dataclass(frozen=True, slots=True)
class Halt:
    """Mirroring stopped at `halted_at` because of something that a person must look at."""

    code: str
    message: str
    halted_at: datetime


class WatermarkStore:
    """One lot's watermark in a small SQLite file of its own, made where it is missing.

    A rollback journal, not WAL: `openlot sync status` opens the file while the worker writes it.
    """

    def __init__(self, path: Path, lot_id: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lot_id = lot_id
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(SCHEMA)

    def position(self) -> Position | None:
        """None before the first answer of the cloud."""
        query = "SELECT applied_seq, head, acked_at FROM watermark WHERE lot_id = ?"
        for applied_seq, head, acked_at in self._connection.execute(query, (self._lot_id,)):
            return Position(applied_seq, head, from_text(acked_at))
        return None

    def halt(self) -> Halt | None:
        """None while mirroring goes on."""
        query = "SELECT code, message, halted_at FROM halt WHERE lot_id = ?"
        for code, message, halted_at in self._connection.execute(query, (self._lot_id,)):
            return Halt(code, message, from_text(halted_at))
        return None

    def move(self, position: Position) -> None:
        """Remember where the cloud stands."""
        row = (self._lot_id, position.applied_seq, position.head, to_text(position.acked_at))
        self._connection.execute("INSERT OR REPLACE INTO watermark VALUES (?, ?, ?, ?)", row)

    def go_on(self) -> None:
        """Forget the halt, if there was one."""
        self._connection.execute("DELETE FROM halt WHERE lot_id = ?", (self._lot_id,))

    def stop(self, halt: Halt) -> None:
        """Remember why mirroring stopped, and since when for the same reason."""
        row = (self._lot_id, halt.code, halt.message, to_text(halt.halted_at))
        known = self.halt()
        if known is None or known.code != halt.code:
            self._connection.execute("INSERT OR REPLACE INTO halt VALUES (?, ?, ?, ?)", row)

    def close(self) -> None:
        self._connection.close()
