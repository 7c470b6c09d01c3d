"""How far the lot's money and its mirror are, looked up in its file beside it."""

import sqlite3
from pathlib import Path


class Glance:
    """Reads only, by a connection for each look: the file is the lot's, which may be cut off at any time."""

    def __init__(self, database: Path) -> None:
        self._uri = f"{database.absolute().as_uri()}?mode=ro"

    async def acked(self, seq: int) -> bool:
        """Whether the cloud has acknowledged a fact, as the lot knows."""
        return self._number("SELECT acked_seq FROM ledger") >= seq

    async def has_money(self, provider: str, count: int) -> bool:
        """Whether the lot has counted so many settlements of a provider."""
        return self._number("SELECT count(*) FROM settlement WHERE provider = ?", provider) >= count

    def head(self) -> int:
        """The last fact's number."""
        return self._number("SELECT coalesce(max(seq), 0) FROM outbox")

    def acked_seq(self) -> int:
        return self._number("SELECT acked_seq FROM ledger")

    def _number(self, query: str, *values: str) -> int:
        connection = sqlite3.connect(self._uri, uri=True)
        try:
            return int(connection.execute(query, values).fetchone()[0])
        finally:
            connection.close()
