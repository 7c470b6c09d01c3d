"""The store's file read beside the program that writes it: ledger and audit trail, and whether they are whole.

A read-only connection in one read transaction sees one moment, and holds up no writer in WAL mode.
"""

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from lot_server.domain.audit import AuditEntry, verify_entries
from lot_server.domain.codec import from_body
from lot_server.domain.errors import BrokenChain
from lot_server.domain.events import PlateErased
from lot_server.domain.ledger import GENESIS, Envelope, digest, verify
from lot_server.errors import StoreCorrupt, StoreError
from lot_server.store.engine import BUSY_SECONDS, typed_errors

AUDIT_SCHEMA = 2
"""The schema that brought the audit trail."""

DOUBT_SCHEMA = 7
"""The schema that brought doubts about the clock."""

_AUDIT_COLUMNS = ", ".join(AuditEntry.__slots__)


@contextmanager
def reading(path: Path, file: Literal["live", "still"] = "live") -> Iterator[sqlite3.Connection]:
    """A connection within one read transaction; `still` is a file that nobody writes, which gets no files beside it.

    Raises StoreError and its kinds.
    """
    if not path.is_file():
        raise StoreError(f"{path} is not there: start the lot server once, or check [store] folder")
    uri = f"file:{quote(str(path.absolute()))}?{'mode=ro' if file == 'live' else 'immutable=1'}"
    connect = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    with typed_errors(path), closing(connect) as connection:
        connection.execute("BEGIN")
        yield connection


def schema_of(connection: sqlite3.Connection) -> int:
    """The number of the schema."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def require_whole(connection: sqlite3.Connection) -> None:
    """SQLite's own check of pages and indexes. Raises StoreCorrupt."""
    report = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if report != "ok":
        raise StoreCorrupt(f"the database is damaged ({report}): keep it for recovery and restore the last backup")


def verify_ledger(connection: sqlite3.Connection, lot_id: str) -> tuple[int, str]:
    """Seq and hash of the last fact, once every fact that is kept follows the one before. Raises BrokenChain, BadBody.

    Facts that the cloud has may have been pruned; then the chain is checked from the first that is kept.
    """
    erased, promised = _erasures(connection)
    rows = connection.execute("SELECT seq, kind, occurred_at, body, previous, hash FROM outbox ORDER BY seq")
    chain = (Envelope(lot_id, seq, kind, at, _json(seq, body), *hashes) for seq, kind, at, body, *hashes in rows)
    first = next(chain, None)
    if first is None:
        return 0, GENESIS
    seq, head = first.seq - 1, GENESIS if first.seq == 1 else first.previous
    for envelope in itertools.chain([first], chain):
        if envelope.seq in erased:
            _require_erased(envelope, (seq, head), promised.get(erased[envelope.seq], {}))
        else:
            verify([envelope], seq, head)
        seq, head = envelope.seq, envelope.hash
    return seq, head


def _erasures(connection: sqlite3.Connection) -> tuple[dict[int, int], dict[int, dict[int, str]]]:
    """By which fact each body that was written anew was, and what each such fact says the bodies' digests are."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(outbox)")}
    if "erased_by" not in columns:
        return {}, {}
    erased = dict(connection.execute("SELECT seq, erased_by FROM outbox WHERE erased_by IS NOT NULL"))
    facts = connection.execute("SELECT seq, body FROM outbox WHERE kind = ?", (PlateErased.KIND,))
    events = {seq: from_body(PlateErased, _json(seq, body)) for seq, body in facts}
    return erased, {seq: {each.seq: each.digest for each in event.facts} for seq, event in events.items()}


def _require_erased(envelope: Envelope, follows: tuple[int, str], digests: dict[int, str]) -> None:
    """A body without a plate is the one that the erasure left; its place in the chain is the one it had."""
    found = digest(envelope.lot_id, envelope.seq, envelope.kind, envelope.occurred_at, envelope.body)
    if (envelope.seq - 1, envelope.previous) != follows or digests.get(envelope.seq) != found:
        raise BrokenChain(f"seq {envelope.seq} is not as the erasure of a plate left it: compare it with a backup")


def verify_audit(connection: sqlite3.Connection, lot_id: str) -> tuple[int, str]:
    """Number and hash of the last audit entry, once all follow each other and the ledger. Raises BrokenChain.

    (0, GENESIS) where there is none, as in a schema before the trail.
    """
    if schema_of(connection) < AUDIT_SCHEMA:
        return 0, GENESIS
    head = verify_entries(lot_id, audit_entries(connection))
    foreign = connection.execute(
        "SELECT number FROM audit LEFT JOIN outbox ON seq = ledger_seq WHERE outbox.hash <> ledger_head "
        "OR ledger_seq > (SELECT coalesce(max(seq), 0) FROM outbox) ORDER BY number LIMIT 1"
    ).fetchone()
    if foreign is not None:
        raise BrokenChain(f"audit entry {foreign[0]} names another ledger than this lot's: compare it with a backup")
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()[0]), head


def audit_entries(connection: sqlite3.Connection, last: int | None = None) -> Iterator[AuditEntry]:
    """The audit trail, oldest first; only its `last` entries where given."""
    skipped = "SELECT max(number) - ? FROM audit" if last is not None else "SELECT coalesce(?, 0)"
    query = f"SELECT {_AUDIT_COLUMNS} FROM audit WHERE number > ({skipped}) ORDER BY number"  # noqa: S608
    return (AuditEntry(*row) for row in connection.execute(query, (last,)))


def _json(seq: int, body: object) -> dict[str, object]:
    try:
        found = json.loads(body) if isinstance(body, str) else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BrokenChain(f"the body of seq {seq} is no JSON object: compare the ledger with a backup")
    return found
