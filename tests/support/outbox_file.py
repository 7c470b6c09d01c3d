"""A lot's database with the ledger and outbox tables only, filled with sealed facts."""

import json
import sqlite3
from pathlib import Path

from lot_server.domain.codec import to_body
from lot_server.domain.events import AlertRaised
from lot_server.domain.ledger import GENESIS, Envelope, seal

SCHEMA = """
CREATE TABLE ledger (lot_id TEXT PRIMARY KEY, acked_seq INTEGER NOT NULL);
CREATE TABLE outbox (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, occurred_at TEXT NOT NULL, body TEXT NOT NULL,
                     previous TEXT NOT NULL, hash TEXT NOT NULL);
"""


def facts(lot_id: str, count: int, after: tuple[int, str] = (0, GENESIS), text: str = "look") -> list[Envelope]:
    """`count` sealed alerts that follow `after`."""
    seq, head = after
    envelopes = []
    for each in range(seq + 1, seq + 1 + count):
        event = AlertRaised(f"alert-{each}", "already_inside", "entry", None, None, text)
        envelopes.append(seal(lot_id, each, event.KIND, "2026-01-31T08:00:00.000000Z", to_body(event), head))
        head = envelopes[-1].hash
    return envelopes


class OutboxFile:
    """The one writer of the file at `path`, in WAL mode as the lot's store is."""

    def __init__(self, path: Path, lot_id: str) -> None:
        self.path, self.lot_id = path, lot_id
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.executescript(SCHEMA)
        self.connection.execute("INSERT INTO ledger VALUES (?, 0)", (lot_id,))
        self.head: tuple[int, str] = (0, GENESIS)

    def add(self, count: int, text: str = "look") -> list[Envelope]:
        """Record `count` more facts in one transaction."""
        envelopes = facts(self.lot_id, count, self.head, text)
        self.connection.execute("BEGIN IMMEDIATE")
        for each in envelopes:
            row = (each.seq, each.kind, each.occurred_at, json.dumps(each.body, ensure_ascii=False))
            self.connection.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", (*row, each.previous, each.hash))
        self.connection.execute("COMMIT")
        self.head = (envelopes[-1].seq, envelopes[-1].hash)
        return envelopes

    def close(self) -> None:
        self.connection.close()
