"""The schema on disk, version by version, forward only.

A version's statements and its number commit together, so that a kill in between leaves the old version whole. Before
a database with content is changed, a copy of it is written beside it.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from lot_server.durable import sync
from lot_server.errors import StoreError, StoreTooNew

_FIRST = (
    """CREATE TABLE ledger (
        lot_id TEXT NOT NULL PRIMARY KEY,
        acked_seq INTEGER NOT NULL
    )""",
    """CREATE TABLE outbox (
        seq INTEGER NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        occurred_at TEXT NOT NULL,
        body TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    )""",
    """CREATE TABLE lot (
        lot_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        latitude_e6 INTEGER NOT NULL,
        longitude_e6 INTEGER NOT NULL,
        spaces INTEGER NOT NULL,
        time_zone TEXT NOT NULL,
        currency TEXT NOT NULL
    )""",
    """CREATE TABLE tariff (
        version INTEGER NOT NULL PRIMARY KEY,
        valid_from TEXT NOT NULL,
        body TEXT NOT NULL
    )""",
    """CREATE TABLE parking_pass (
        pass_id TEXT NOT NULL PRIMARY KEY,
        plate TEXT NOT NULL,
        kind TEXT NOT NULL,
        valid_from TEXT NOT NULL,
        valid_until TEXT NOT NULL
    )""",
    "CREATE INDEX parking_pass_by_plate ON parking_pass (plate)",
    """CREATE TABLE stay (
        stay_id TEXT NOT NULL PRIMARY KEY,
        state TEXT NOT NULL,
        plate TEXT,
        printed TEXT,
        ticket_id TEXT,
        entry_lane_id TEXT NOT NULL,
        read_at TEXT NOT NULL,
        entered_at TEXT,
        exited_at TEXT,
        evidence TEXT,
        photos TEXT NOT NULL,
        pass_id TEXT,
        tariff_version INTEGER NOT NULL,
        CONSTRAINT stay_state CHECK (state IN ('intended', 'open', 'closed', 'abandoned')),
        FOREIGN KEY (tariff_version) REFERENCES tariff (version)
    )""",
    "CREATE INDEX stay_by_state ON stay (state)",
    """CREATE TABLE passage (
        passage_id TEXT NOT NULL PRIMARY KEY,
        lane_id TEXT NOT NULL,
        direction TEXT NOT NULL,
        state TEXT NOT NULL,
        stay_id TEXT,
        plate TEXT,
        decision TEXT NOT NULL,
        evidence TEXT,
        photos TEXT NOT NULL,
        gross_minor INTEGER,
        paid_minor INTEGER,
        operator TEXT,
        reason TEXT,
        decided_at TEXT NOT NULL,
        ended_at TEXT,
        CONSTRAINT passage_direction CHECK (direction IN ('entry', 'exit')),
        CONSTRAINT passage_state CHECK (state IN ('intended', 'confirmed', 'abandoned', 'refused')),
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
    "CREATE INDEX passage_by_state ON passage (state)",
    "CREATE INDEX passage_by_stay ON passage (stay_id)",
    """CREATE TABLE settlement (
        settlement_id TEXT NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_reference TEXT NOT NULL,
        quoted_at TEXT NOT NULL,
        settled_at TEXT NOT NULL,
        CONSTRAINT settlement_once UNIQUE (provider, provider_reference),
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
    "CREATE INDEX settlement_by_stay ON settlement (stay_id)",
    """CREATE TABLE alert (
        alert_id TEXT NOT NULL PRIMARY KEY,
        code TEXT NOT NULL,
        lane_id TEXT,
        stay_id TEXT,
        passage_id TEXT,
        text TEXT NOT NULL,
        raised_at TEXT NOT NULL,
        resolved_at TEXT,
        operator TEXT,
        reason TEXT
    )""",
    "CREATE INDEX alert_by_resolved_at ON alert (resolved_at)",
    """CREATE TABLE plate_correction (
        seq INTEGER NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        before TEXT,
        after TEXT NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL,
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
)

_AUDIT = (
    """CREATE TABLE audit (
        number INTEGER NOT NULL PRIMARY KEY,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT,
        reason TEXT,
        ledger_seq INTEGER NOT NULL,
        ledger_head TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    )""",
)

_WHAT_PRICES_A_STAY = (
    "ALTER TABLE stay ADD COLUMN plate_color TEXT",
    "ALTER TABLE stay ADD COLUMN ticket_lost INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE coupon (
        coupon_id TEXT NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        merchant TEXT NOT NULL,
        kind TEXT NOT NULL,
        value INTEGER NOT NULL,
        reason TEXT NOT NULL,
        applied_at TEXT NOT NULL,
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
    "CREATE INDEX coupon_by_stay ON coupon (stay_id)",
)

_CONSOLE = (
    """CREATE TABLE account (
        name TEXT NOT NULL PRIMARY KEY,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        one_time INTEGER NOT NULL,
        added_at TEXT NOT NULL,
        CONSTRAINT account_role CHECK (role IN ('viewer', 'operator', 'administrator'))
    )""",
    """CREATE TABLE sign_in (
        secret_hash TEXT NOT NULL PRIMARY KEY,
        account TEXT NOT NULL,
        began_at TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        FOREIGN KEY (account) REFERENCES account (name)
    )""",
    "CREATE INDEX sign_in_by_account ON sign_in (account)",
    """CREATE TABLE lot_version (
        seq INTEGER NOT NULL PRIMARY KEY,
        described_at TEXT NOT NULL,
        facts TEXT NOT NULL
    )""",
    "INSERT INTO lot_version SELECT seq, occurred_at, body FROM outbox WHERE kind = 'lot_described'",
    "CREATE INDEX audit_by_action ON audit (action, ledger_seq)",
    "CREATE INDEX passage_by_lane ON passage (lane_id, decided_at)",
    "CREATE INDEX passage_by_ended_at ON passage (ended_at)",
    "CREATE INDEX settlement_by_settled_at ON settlement (settled_at)",
    "CREATE INDEX stay_by_entered_at ON stay (entered_at)",
    "CREATE INDEX stay_by_exited_at ON stay (exited_at)",
)

_WHAT_BECAME_OF_MATCHES = (
    """CREATE TABLE exit_count (
        month TEXT NOT NULL,
        entry_lane_id TEXT NOT NULL,
        exit_lane_id TEXT NOT NULL,
        exits INTEGER NOT NULL,
        unaided INTEGER NOT NULL,
        PRIMARY KEY (month, entry_lane_id, exit_lane_id)
    )""",
    """INSERT INTO exit_count
        SELECT substr(stay.exited_at, 1, 7), stay.entry_lane_id, passage.lane_id, count(*),
            sum(passage.operator IS NULL)
        FROM passage JOIN stay ON passage.stay_id = stay.stay_id
        WHERE passage.direction = 'exit' AND passage.state = 'confirmed'
        GROUP BY 1, 2, 3""",
    """CREATE TABLE match_judgement (
        passage_id TEXT NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        opened INTEGER NOT NULL,
        "right" INTEGER NOT NULL,
        doubt_ppm INTEGER NOT NULL,
        judged_at TEXT NOT NULL,
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
    "CREATE INDEX match_judgement_by_judged_at ON match_judgement (judged_at)",
)

_EMERGENCIES = (
    """CREATE TABLE emergency (
        seq INTEGER NOT NULL PRIMARY KEY,
        began_at TEXT NOT NULL,
        source TEXT NOT NULL,
        actor TEXT NOT NULL,
        reason TEXT NOT NULL,
        ended_at TEXT,
        ended_by TEXT,
        end_reason TEXT
    )""",
)

_CLOCK_DOUBTS = (
    """CREATE TABLE clock_doubt (
        seq INTEGER NOT NULL PRIMARY KEY,
        doubted_at TEXT NOT NULL,
        reason TEXT NOT NULL,
        since_seq INTEGER NOT NULL,
        boot_id TEXT NOT NULL,
        boot_us INTEGER NOT NULL,
        trusted_at TEXT,
        source TEXT,
        actor TEXT,
        trust_reason TEXT,
        shift_us INTEGER
    )""",
    "ALTER TABLE stay ADD COLUMN doubt_seq INTEGER",
)
_PHOTOS_OF_ALERTS = ("ALTER TABLE alert ADD COLUMN photos TEXT NOT NULL DEFAULT '[]'",)

_TICKETS_AND_OTHER_PLATES = (
    "ALTER TABLE stay ADD COLUMN other_plates TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE stay ADD COLUMN vehicle TEXT",
    "CREATE INDEX stay_by_ticket ON stay (ticket_id)",
)

_MONEY = (
    "ALTER TABLE stay ADD COLUMN forgiven_minor INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE stay ADD COLUMN balance_minor INTEGER NOT NULL DEFAULT 0",
    """UPDATE stay SET balance_minor =
        coalesce((SELECT max(gross_minor) FROM passage WHERE passage.stay_id = stay.stay_id
            AND direction = 'exit' AND state = 'confirmed'), 0)
        - coalesce((SELECT sum(amount_minor) FROM settlement WHERE settlement.stay_id = stay.stay_id), 0)
        WHERE state = 'closed'""",
    "CREATE INDEX stay_by_balance ON stay (balance_minor) WHERE balance_minor <> 0",
    "ALTER TABLE settlement ADD COLUMN taken_by TEXT",
    "ALTER TABLE settlement ADD COLUMN shift_id TEXT",
    "ALTER TABLE settlement ADD COLUMN tendered_minor INTEGER",
    "CREATE INDEX settlement_by_shift ON settlement (shift_id)",
    "CREATE INDEX coupon_by_merchant ON coupon (merchant, applied_at)",
    """CREATE TABLE refund (
        refund_id TEXT NOT NULL PRIMARY KEY,
        settlement_id TEXT NOT NULL,
        stay_id TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_reference TEXT NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL,
        refunded_at TEXT NOT NULL,
        shift_id TEXT,
        CONSTRAINT refund_once UNIQUE (provider, provider_reference),
        FOREIGN KEY (settlement_id) REFERENCES settlement (settlement_id),
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
    "CREATE INDEX refund_by_stay ON refund (stay_id)",
    "CREATE INDEX refund_by_refunded_at ON refund (refunded_at)",
    "CREATE INDEX refund_by_shift ON refund (shift_id)",
    """CREATE TABLE refund_ask (
        refund_id TEXT NOT NULL PRIMARY KEY,
        settlement_id TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        FOREIGN KEY (settlement_id) REFERENCES settlement (settlement_id)
    )""",
    "CREATE INDEX refund_ask_by_settlement ON refund_ask (settlement_id)",
    """CREATE TABLE cash_shift (
        shift_id TEXT NOT NULL PRIMARY KEY,
        account TEXT NOT NULL,
        opening_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        expected_minor INTEGER,
        counted_minor INTEGER,
        closed_at TEXT,
        closed_by TEXT,
        note TEXT
    )""",
    "CREATE INDEX cash_shift_by_account ON cash_shift (account, closed_at)",
    """CREATE TABLE merchant (
        name TEXT NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        value INTEGER NOT NULL,
        per_day INTEGER NOT NULL,
        active INTEGER NOT NULL
    )""",
    """CREATE TABLE coupon_batch (
        batch_id TEXT NOT NULL PRIMARY KEY,
        merchant TEXT NOT NULL,
        kind TEXT NOT NULL,
        value INTEGER NOT NULL,
        valid_until TEXT NOT NULL,
        codes INTEGER NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL,
        issued_at TEXT NOT NULL
    )""",
    """CREATE TABLE coupon_code (
        code_hash TEXT NOT NULL PRIMARY KEY,
        batch_id TEXT NOT NULL,
        FOREIGN KEY (batch_id) REFERENCES coupon_batch (batch_id)
    )""",
    "CREATE INDEX coupon_code_by_batch ON coupon_code (batch_id)",
    # A check cannot be changed in place. Whoever is signed in signs in again.
    "DELETE FROM sign_in",
    """CREATE TABLE account_of_now (
        name TEXT NOT NULL PRIMARY KEY,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        one_time INTEGER NOT NULL,
        added_at TEXT NOT NULL,
        merchant TEXT,
        CONSTRAINT account_role CHECK (role IN ('viewer', 'operator', 'administrator', 'merchant'))
    )""",
    "INSERT INTO account_of_now SELECT name, role, password_hash, one_time, added_at, NULL FROM account",
    "DROP TABLE account",
    "ALTER TABLE account_of_now RENAME TO account",
)

_EVIDENCE = (
    "ALTER TABLE passage ADD COLUMN photos_dropped_at TEXT",
    """CREATE TABLE photo (
        name TEXT NOT NULL,
        passage_id TEXT NOT NULL,
        PRIMARY KEY (name, passage_id),
        FOREIGN KEY (passage_id) REFERENCES passage (passage_id)
    )""",
    "CREATE INDEX photo_by_passage ON photo (passage_id)",
    "INSERT OR IGNORE INTO photo SELECT value, passage_id FROM passage, json_each(passage.photos)",
    # Whatever kind of passage comes to be recorded: no photo may be forgotten, or it would stay for ever.
    """CREATE TRIGGER photo_of_passage AFTER INSERT ON passage BEGIN
        INSERT OR IGNORE INTO photo SELECT value, NEW.passage_id FROM json_each(NEW.photos);
    END""",
    """CREATE TABLE dispute (
        seq INTEGER NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL,
        ended_at TEXT,
        ended_by TEXT,
        outcome TEXT,
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    )""",
    "CREATE INDEX dispute_by_stay ON dispute (stay_id)",
    "ALTER TABLE outbox ADD COLUMN erased_by INTEGER",
    "ALTER TABLE ledger ADD COLUMN folded INTEGER NOT NULL DEFAULT 0",
)

_RIGHTS_AND_COUNTS = (
    "ALTER TABLE lot ADD COLUMN kept_for_passes INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE lot ADD COLUMN members_only INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE stay ADD COLUMN pass_since TEXT",
    "ALTER TABLE stay ADD COLUMN waits_for TEXT",
    "ALTER TABLE stay ADD COLUMN allowed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE stay ADD COLUMN orphaned TEXT",
    "ALTER TABLE stay ADD COLUMN orphaned_at TEXT",
    "ALTER TABLE stay ADD COLUMN found_at TEXT",
    # What a pass makes free used to be looked up by the plate; now each stay says so itself.
    """UPDATE stay SET pass_id = (
        SELECT pass_id FROM parking_pass WHERE parking_pass.plate = stay.plate
            AND valid_from <= coalesce(entered_at, read_at) AND valid_until > coalesce(entered_at, read_at)
        ORDER BY valid_until DESC LIMIT 1
    ) WHERE pass_id IS NULL AND plate IS NOT NULL""",
    "ALTER TABLE parking_pass ADD COLUMN body TEXT NOT NULL DEFAULT '{}'",
    """UPDATE parking_pass SET body = json_object('kind', kind, 'pass_id', pass_id, 'plate', plate,
        'valid_from', valid_from, 'valid_until', valid_until)""",
    """CREATE TABLE pass_plate (
        plate TEXT NOT NULL,
        pass_id TEXT NOT NULL,
        PRIMARY KEY (plate, pass_id),
        FOREIGN KEY (pass_id) REFERENCES parking_pass (pass_id)
    )""",
    "INSERT INTO pass_plate SELECT plate, pass_id FROM parking_pass",
    "DROP INDEX parking_pass_by_plate",
    "ALTER TABLE parking_pass DROP COLUMN plate",
    """CREATE TABLE pass_version (
        seq INTEGER NOT NULL PRIMARY KEY,
        pass_id TEXT NOT NULL,
        made_at TEXT NOT NULL,
        operator TEXT,
        reason TEXT,
        body TEXT NOT NULL,
        FOREIGN KEY (pass_id) REFERENCES parking_pass (pass_id)
    )""",
    "CREATE INDEX pass_version_by_pass ON pass_version (pass_id)",
    """INSERT INTO pass_version SELECT seq, json_extract(body, '$.parking_pass.pass_id'), occurred_at, NULL, NULL,
        json_extract(body, '$.parking_pass') FROM outbox WHERE kind = 'pass_granted'""",
    """CREATE TABLE listed_plate (
        kind TEXT NOT NULL,
        plate TEXT NOT NULL,
        reason TEXT NOT NULL,
        valid_until TEXT,
        free INTEGER NOT NULL,
        when_full INTEGER NOT NULL,
        operator TEXT NOT NULL,
        listed_at TEXT NOT NULL,
        PRIMARY KEY (kind, plate),
        CONSTRAINT listed_plate_kind CHECK (kind IN ('block', 'allow'))
    )""",
    """CREATE TABLE stray (
        passage_id TEXT NOT NULL PRIMARY KEY,
        lane_id TEXT NOT NULL,
        direction TEXT NOT NULL,
        cause TEXT NOT NULL,
        passed_at TEXT NOT NULL,
        settled_at TEXT,
        settled_by TEXT,
        CONSTRAINT stray_direction CHECK (direction IN ('entry', 'exit'))
    )""",
    "CREATE INDEX stray_by_settled_at ON stray (settled_at)",
    """CREATE TABLE recount (
        seq INTEGER NOT NULL PRIMARY KEY,
        counted_at TEXT NOT NULL,
        inside INTEGER NOT NULL,
        uncounted INTEGER NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL
    )""",
    """CREATE TABLE reconciliation (
        day TEXT NOT NULL PRIMARY KEY,
        reconciled_at TEXT NOT NULL,
        body TEXT NOT NULL
    )""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _AUDIT,
    _WHAT_PRICES_A_STAY,
    _CONSOLE,
    _WHAT_BECAME_OF_MATCHES,
    _EMERGENCIES,
    _CLOCK_DOUBTS,
    _PHOTOS_OF_ALERTS,
    _TICKETS_AND_OTHER_PLATES,
    _MONEY,
    _EVIDENCE,
    _RIGHTS_AND_COUNTS,
)
"""The statements that lead from version N (its index) to N + 1. Never edited once released, only added to."""


def migrate(connection: Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the database at `path` to the newest version. Raises StoreTooNew, StoreError."""
    version = _version(connection)
    if version > len(migrations):
        raise StoreTooNew(
            f"{path} has schema {version}, this openlot knows {len(migrations)}: run the newer openlot, "
            "or restore the copy made before the upgrade"
        )
    if 0 < version < len(migrations):
        copy(connection, path, copy_place(path, migrations))
    for number, statements in enumerate(migrations[version:], start=version + 1):
        with connection.begin():
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"PRAGMA user_version = {number}")


def copy_place(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> Path:
    """Where the copy lies that is written before the database at `path` is changed."""
    return path.with_name(f"{path.name}.before-schema-{len(migrations)}")


def copy(connection: Connection, path: Path, target: Path) -> None:
    """A whole copy of the database, on disk and moved into place when it is complete. Raises StoreError."""
    partial = target.with_name(target.name + ".part")
    source = connection.connection.driver_connection
    if not isinstance(source, sqlite3.Connection):
        raise StoreError(f"{path} is not open through sqlite3: report this as a fault")
    try:
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(partial)) as written:
            source.backup(written)
        sync(partial)
        partial.replace(target)
        sync(target.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be copied to {target} ({error.strerror}): make room, check modes") from error


def _version(connection: Connection) -> int:
    with connection.begin():
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
