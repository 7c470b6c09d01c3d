"""Reading the lot's outbox from its SQLite file."""

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from outbox_file import SCHEMA, OutboxFile, facts

from cloud_sync.errors import BadConfig, OutboxUnavailable
from cloud_sync.outbox import SqliteOutbox
from lot_server.domain.errors import BrokenChain
from lot_server.domain.ledger import GENESIS


@pytest.fixture
def file(tmp_path):
    file = OutboxFile(tmp_path / "lot.db", "demo")
    yield file
    file.close()


@pytest.fixture
def outbox(tmp_path):
    outbox = SqliteOutbox(tmp_path / "lot.db", "demo")
    yield outbox
    outbox.close()


def test_envelopes_come_as_they_were_sealed(file, outbox):
    """What the lot recorded is read back equal, in order, from any point on."""
    sealed = file.add(5)
    assert list(outbox.after(0, 10)) == sealed
    assert list(outbox.after(2, 2)) == sealed[2:4]
    assert list(outbox.after(5, 10)) == []
    assert outbox.head() == (5, sealed[-1].hash)
    assert outbox.hash_of(3) == sealed[2].hash
    assert outbox.hash_of(6) is None


def test_an_empty_outbox_stands_at_genesis(file, outbox):
    """A lot that recorded nothing has the head that the first fact follows."""
    assert outbox.head() == (0, GENESIS)


def test_a_missing_database_is_waited_for(tmp_path, outbox):
    """The worker may start before the lot server ever did."""
    with pytest.raises(OutboxUnavailable, match="start the lot server"):
        outbox.changed()
    file = OutboxFile(tmp_path / "lot.db", "demo")
    assert outbox.changed()
    assert list(outbox.after(0, 1)) == []
    file.close()


def test_a_database_without_tables_is_waited_for(tmp_path, outbox):
    """A file that the lot server has not filled yet is no error that stops anything."""
    connection = sqlite3.connect(tmp_path / "lot.db")
    with pytest.raises(OutboxUnavailable):
        outbox.after(0, 1)
    connection.executescript(SCHEMA)
    connection.close()
    assert list(outbox.after(0, 1)) == []


def test_a_commit_is_noticed_once(file, outbox):
    """`changed` is true once after every commit of the lot server and false otherwise."""
    assert outbox.changed()
    assert not outbox.changed()
    file.add(1)
    assert outbox.changed()
    assert not outbox.changed()


def test_an_open_transaction_neither_blocks_nor_shows(file, outbox):
    """While the lot server writes, the reader sees what is committed, without waiting."""
    file.add(1)
    file.connection.execute("BEGIN IMMEDIATE")
    file.connection.execute("DELETE FROM outbox")
    assert len(outbox.after(0, 10)) == 1
    file.connection.execute("ROLLBACK")


def test_a_locked_database_is_tried_again(file, outbox):
    """A lock that lasts is reported as such, and reading goes on when it is gone."""
    file.add(1)
    file.connection.execute("PRAGMA journal_mode = DELETE")
    file.connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OutboxUnavailable, match="locked"):
        outbox.after(0, 1)
    file.connection.execute("ROLLBACK")
    assert len(outbox.after(0, 1)) == 1


def test_a_replaced_database_is_opened_again(tmp_path, file, outbox):
    """A file put in the place of the old one is read, not the old one's ghost."""
    file.add(3)
    assert outbox.head()[0] == 3
    other = OutboxFile(tmp_path / "other.db", "demo")
    other.add(1, text="another")
    other.connection.execute("PRAGMA journal_mode = DELETE")
    other.close()
    (tmp_path / "other.db").replace(tmp_path / "lot.db")
    for ending in ("-wal", "-shm"):
        (tmp_path / f"lot.db{ending}").unlink()
    assert outbox.changed()
    assert outbox.head()[0] == 1


def test_facts_that_only_the_write_ahead_log_holds_are_read(tmp_path):
    """After a kill of the lot server its last commits are in the log only; they are read there and left there."""
    program = (
        "import os, sys; from pathlib import Path; from outbox_file import OutboxFile;"
        "OutboxFile(Path(sys.argv[1]), 'demo').add(7); os.kill(os.getpid(), 9)"
    )
    support = os.pathsep.join(path for path in sys.path if path)
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "lot.db")], env=os.environ | {"PYTHONPATH": support}, check=False
    )
    files = [tmp_path / "lot.db", tmp_path / "lot.db-wal"]
    before = [file.read_bytes() for file in files]
    assert all(before)
    outbox = SqliteOutbox(tmp_path / "lot.db", "demo")
    assert list(outbox.after(0, 10)) == facts("demo", 7)
    outbox.close()
    assert [file.read_bytes() for file in files] == before


def test_reading_never_writes(tmp_path, file, outbox):
    """The reader's connection cannot change the lot's database."""
    file.add(1)
    outbox.head()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        outbox._connection.execute("DELETE FROM outbox")


def test_another_lots_database_is_a_configuration_error(tmp_path, file):
    """A path to another lot's file is named before anything is sent."""
    other = SqliteOutbox(tmp_path / "lot.db", "other")
    with pytest.raises(BadConfig, match="belongs to lot 'demo'"):
        other.head()
    other.close()


@pytest.mark.parametrize("body", ["{", "[]", "1", b"\xff"], ids=["no JSON", "list", "number", "blob"])
def test_a_row_that_is_no_envelope_is_loud(file, outbox, body):
    """A body that somebody spoilt is reported with its seq, never skipped."""
    file.add(2)
    file.connection.execute("UPDATE outbox SET body = ? WHERE seq = 2", (body,))
    with pytest.raises(BrokenChain, match="seq 2"):
        outbox.after(0, 10)


def test_a_path_with_odd_characters_is_opened(tmp_path):
    """A folder's name is a name, whatever a URI would make of it."""
    folder = tmp_path / "lot #1 100%?"
    folder.mkdir()
    file = OutboxFile(folder / "lot.db", "demo")
    file.add(1)
    outbox = SqliteOutbox(folder / "lot.db", "demo")
    assert outbox.head()[0] == 1
    outbox.close()
    file.close()
    shutil.rmtree(folder)
