"""The store: database, ledger, audit trail, photos, and how far the cloud has them."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

from lot_server.config import LotConfig, StoreSection
from lot_server.doctor.finding import Finding
from lot_server.domain.clock import from_text
from lot_server.domain.errors import DomainError
from lot_server.errors import PhotoUnavailable, StoreError
from lot_server.photos import PhotoFolder
from lot_server.store.read_only import DOUBT_SCHEMA, reading, require_whole, schema_of, verify_audit, verify_ledger

LATE, VERY_LATE = timedelta(hours=1), timedelta(days=1)
"""From when on facts that the cloud lacks are worth a look, and an outage."""

_COMPARE = "keep the store as it is and compare it with the last backup: `openlot lot restore`"


def check_store(config: LotConfig) -> Iterator[Finding]:
    """What the store's file says of itself."""
    if not config.store.database.is_file():
        yield Finding("store", "warn", f"{config.store.database} is not there yet", "start it: `openlot lot serve`")
        return
    try:
        with reading(config.store.database) as connection:
            require_whole(connection)
            owner, acked_seq = connection.execute("SELECT lot_id, acked_seq FROM ledger").fetchone()
            if owner != config.lot.id:
                advice = "correct [lot] id or [store] folder"
                yield Finding("store", "fail", f"it belongs to lot {owner!r}, not {config.lot.id!r}", advice)
                return
            seq, head = verify_ledger(connection, owner)
            number, _ = verify_audit(connection, owner)
            yield Finding("store", "ok", f"ledger whole up to {seq} ({head[:12]}), audit trail up to {number}")
            yield _restored(connection)
            yield from _doubted(connection)
            yield _photos(connection, config.store)
            yield _mirrored(connection, seq, acked_seq, config.clock.now())
    except (StoreError, DomainError) as error:
        yield Finding("store", "fail", str(error), _COMPARE)


def last_recorded(config: LotConfig) -> datetime | None:
    """When the last fact was recorded, by the lot's clock; None without a store that can be read."""
    try:
        with reading(config.store.database) as connection:
            found = connection.execute("SELECT occurred_at FROM outbox ORDER BY seq DESC LIMIT 1").fetchone()
    except StoreError:
        return None
    return None if found is None else from_text(found[0])


def _restored(connection: sqlite3.Connection) -> Finding:
    """Whether facts may stand in the cloud that this store lacks."""
    found = connection.execute(
        "SELECT at, subject, ledger_seq, number FROM audit WHERE action = 'restore_backup' ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if found is None:
        return Finding("restored", "ok", "this store was never restored from a backup")
    at, subject, seq, number = found
    recovered = connection.execute(
        "SELECT subject FROM audit WHERE action = 'recover_ledger' AND number > ? ORDER BY number LIMIT 1", (number,)
    ).fetchone()
    if recovered is not None:
        return Finding("restored", "ok", f"restored at {at} from {subject}; then {recovered[0]} was taken over")
    (acked,) = connection.execute("SELECT acked_seq FROM ledger").fetchone()
    if acked > seq:
        return Finding("restored", "ok", f"restored at {at} from {subject}; the cloud has later facts of this store")
    text = f"restored at {at} from {subject}: facts after seq {seq} may stand in the cloud alone"
    advice = "stop the server and run `openlot sync recover`; a fork in `openlot sync status` wants the backup anew"
    return Finding("restored", "warn", text, advice)


def _doubted(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A doubt about the clock that nothing has ended."""
    if schema_of(connection) < DOUBT_SCHEMA:
        return
    found = connection.execute(
        "SELECT seq, doubted_at, reason FROM clock_doubt WHERE trusted_at IS NULL ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    if found is not None:
        (count,) = connection.execute("SELECT count(*) FROM stay WHERE doubt_seq IS NOT NULL").fetchone()
        text = f"in doubt ({found[2]}) since it showed {found[1]}: the times of {count} stays are not sure"
        yield Finding("clock doubt", "fail", text, "compare it with a watch, then `openlot lot clock confirm`")


def _photos(connection: sqlite3.Connection, store: StoreSection) -> Finding:
    """The photos of the vehicles inside, which an operator may need at the exit."""
    rows = connection.execute("SELECT photos FROM stay WHERE state IN ('intended', 'open')")
    names = {name for (photos,) in rows for name in json.loads(photos)}
    photos, lost = PhotoFolder(store.photos), 0
    for name in names:
        try:
            photos.read(name)
        except PhotoUnavailable:
            lost += 1
    if lost:
        advice = f"copy them from a backup to {store.photos}"
        return Finding(
            "photos", "fail", f"{lost} of {len(names)} photos of vehicles inside are lost or changed", advice
        )
    return Finding("photos", "ok", f"{len(names)} photos of the vehicles inside are whole")


def _mirrored(connection: sqlite3.Connection, seq: int, acked_seq: int, now: datetime) -> Finding:
    """How far the cloud is behind."""
    if acked_seq == 0 and seq > 0:
        return Finding("mirror", "warn", "the cloud has none of the ledger", "run `openlot sync serve`, if it should")
    oldest = connection.execute(
        "SELECT occurred_at FROM outbox WHERE seq > ? ORDER BY seq LIMIT 1", (acked_seq,)
    ).fetchone()
    if oldest is None:
        return Finding("mirror", "ok", f"the cloud has all {seq} facts")
    age = now - from_text(oldest[0])
    text = f"the cloud has {acked_seq} of {seq} facts; the next one is {age.total_seconds() / 60:.0f} min old"
    if age < LATE:
        return Finding("mirror", "ok", text)
    advice = "look at `openlot sync status`; the gates do not depend on it"
    return Finding("mirror", "fail" if age >= VERY_LATE else "warn", text, advice)
