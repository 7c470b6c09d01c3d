"""The lot's outbox, read from its SQLite file without ever writing to it.

Only the lot's server writes and checkpoints that file: two connections that do may lose data in SQLite before 3.51.3.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cloud_sync.errors import BadConfig, OutboxUnavailable
from lot_server.domain.errors import BrokenChain
from lot_server.domain.ledger import GENESIS, Envelope

BUSY_S = 0.25


class SqliteOutbox:
    """Reads table `outbox` of the lot `lot_id` at `path`, which need not exist yet, and may be replaced.

    Raises OutboxUnavailable where the file cannot be read now, BadConfig where it is another lot's.
    """

    def __init__(self, path: Path, lot_id: str) -> None:
        self._path = path
        self._lot_id = lot_id
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._version: int | None = None

    def changed(self) -> bool:
        """Whether another connection committed, or the file appeared or was replaced, since the last call."""
        [(version,)] = self._rows("PRAGMA data_version")
        known, self._version = self._version, version
        return bool(known != version)

    def head(self) -> tuple[int, str]:
        for seq, digest in self._rows("SELECT seq, hash FROM outbox ORDER BY seq DESC LIMIT 1"):
            return seq, digest
        return 0, GENESIS

    def hash_of(self, seq: int) -> str | None:
        for (digest,) in self._rows("SELECT hash FROM outbox WHERE seq = ?", seq):
            return str(digest)
        return None

    def after(self, seq: int, limit: int) -> Sequence[Envelope]:
        rows = self._rows(
            "SELECT seq, kind, occurred_at, body, previous, hash FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
            seq,
            limit,
        )
        return [self._envelope(row) for row in rows]

    def close(self) -> None:
        """Let go of the file; the next read opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = self._version = None

    def _envelope(self, row: tuple[Any, ...]) -> Envelope:
        seq, kind, occurred_at, text, previous, digest = row
        try:
            body = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise BrokenChain(f"the body of seq {seq} is no JSON: compare the lot's database with a backup") from error
        texts = (kind, occurred_at, previous, digest)
        if not isinstance(body, dict) or not all(isinstance(each, str) for each in texts):
            raise BrokenChain(f"seq {seq} is no envelope: compare the lot's database with a backup")
        return Envelope(self._lot_id, seq, kind, occurred_at, body, previous, digest)

    def _rows(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        try:
            return self._open().execute(query, values).fetchall()
        except sqlite3.Error as error:
            self.close()
            raise OutboxUnavailable(f"cannot read the lot's database {self._path} now: {error}") from error

    def _open(self) -> sqlite3.Connection:
        try:
            stat = self._path.stat()
        except OSError as error:
            self.close()
            raise OutboxUnavailable(f"{self._path} is not there yet: start the lot server") from error
        file = (stat.st_dev, stat.st_ino)
        if self._connection is None or file != self._file:
            self.close()
            uri = f"file:{quote(str(self._path.absolute()))}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
            self._file = file
            self._require_own(self._connection)
        return self._connection

    def _require_own(self, connection: sqlite3.Connection) -> None:
        for (owner,) in connection.execute("SELECT lot_id FROM ledger").fetchall():
            if owner != self._lot_id:
                self.close()
                raise BadConfig(f"{self._path} belongs to lot {owner!r}, not to {self._lot_id!r}: correct [lot]")
