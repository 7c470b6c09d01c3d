"""A writer killed at any moment: what it acknowledged is there, and the ledger is whole."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lot_server.domain.events import EntryAdmitted, EntryConfirmed, LotDescribed, TariffPublished, decode
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.store.store import Store

ROUNDS = 30
WRITERS = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from lot_server.domain.events import EntryAdmitted, EntryConfirmed
from lot_server.store.store import Store

now = datetime(2026, 3, 1, 12, tzinfo=UTC)

def write(path):
    store = Store(path, "lot-1")
    with store.transaction() as work:
        number = work.head()[0]
    print(os.getpid(), flush=True)
    while True:
        number += 1
        stay, passage = f"s{number}", f"p{number}"
        with store.transaction() as work:
            entry = EntryAdmitted(stay, passage, "entry-1", "AB1", None, None, "read", None, (), None, 1, now)
            work.record(entry, now)
            seq = work.record(EntryConfirmed(stay, passage, now, 0), now).seq
        print(seq, flush=True)

for _ in sys.stdin:
    writer = os.fork()
    if writer == 0:
        write(Path(sys.argv[1]))
    os.waitpid(writer, 0)
    print("dead", flush=True)
"""
"""Forks a writer for every line it is given, so that the imports are paid for once."""


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITERS, str(tmp_path / "lot.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def acknowledged_before_kill(writers: subprocess.Popen[str], moment: random.Random) -> int:
    """Let a writer work, kill it after a random number of acknowledged commits; the last seq it acknowledged."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    print("go", file=writers.stdin, flush=True)
    pid = int(writers.stdout.readline())
    lines = [writers.stdout.readline() for _ in range(moment.randint(0, 8))]
    # Between two lines the writer is somewhere inside its next transaction; spin a little to vary where.
    for _ in range(moment.randint(0, 20_000)):
        pass
    os.kill(pid, signal.SIGKILL)
    lines += iter(writers.stdout.readline, "dead\n")
    return int(lines[-1]) if lines else 0


def test_a_kill_at_any_moment_loses_nothing_acknowledged(tmp_path: Path, writers: subprocess.Popen[str]) -> None:
    """After each of many SIGKILLs: every acknowledged event is there, no transaction is half there, the chain holds."""
    path = tmp_path / "lot.db"
    moment = random.Random(20261122)
    _publish(path)
    for _ in range(ROUNDS):
        acknowledged = acknowledged_before_kill(writers, moment)
        store = Store(path, "lot-1")
        with store.transaction() as work:
            seq, head = work.head()
            envelopes = list(work.envelopes())
            inside = {stay.stay_id for stay in work.open_stays()}
            assert work.intended_stays() == []
        store.close()
        assert seq >= acknowledged
        assert verify(envelopes, 0, GENESIS) == head
        events = [decode(each.kind, each.body) for each in envelopes]
        assert inside == {event.stay_id for event in events if isinstance(event, EntryConfirmed)}
        assert inside == {event.stay_id for event in events if isinstance(event, EntryAdmitted)}
    assert seq > 2
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()


def _publish(path: Path) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    store = Store(path, "lot-1")
    with store.transaction() as work:
        work.record(LotDescribed("Test lot", "1 Road", 0, 0, 9999, 9999, "UTC", "EUR"), now)
        work.record(TariffPublished(Tariff(1, "EUR", now, 0, (RateLine(0, 60, 100),), None, 0, 0)), now)
    store.close()
