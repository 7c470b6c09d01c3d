"""A disk that takes no more: the store goes on in the room it took beforehand, and folds that in later."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hand_lane import MORNING, HandClock, open_lot
from passing_vehicles import PassingVehicles

from lot_server.config import StoreSection
from lot_server.domain.ledger import GENESIS, verify
from lot_server.errors import DiskFull
from lot_server.handlers import Handlers
from lot_server.store.reserve import FRAME_BYTES, LogState, frames_in, reserve
from lot_server.store.store import Store
from lot_server.store.writer import Writer
from lot_server.store_watch import StoreWatch

RESERVE = 4 << 20


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """The operating system lets no file of this process grow beyond a size, as a full disk lets none grow at all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def sizes(database: Path) -> list[tuple[int, int]]:
    """Bytes and blocks of the database, its log and the log's index."""
    found = [database.with_name(database.name + suffix).stat() for suffix in ("", "-wal", "-shm")]
    return [(each.st_size, each.st_blocks) for each in found]


def test_a_thousand_passages_fit_into_the_reserve(tmp_path: Path) -> None:
    """While nothing can be folded in, passages take no block of the disk, and the default reserve lasts for 1,000."""
    database = tmp_path / "lot.db"
    store = Store(database, "test", StoreSection(tmp_path).rooms[0])
    with store.transaction() as work:
        open_lot(work)
    vehicles = PassingVehicles(store)
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM ledger").fetchall()
    before = sizes(database)
    for _ in range(50):
        vehicles.visit()
    store.checkpoint()
    assert sizes(database)[1:] == before[1:]
    assert store.log.frames > 0
    assert store.log.frames / 100 * 1000 < store.log.reserved
    reader.close()
    store.checkpoint()
    assert (store.log.frames, store.log.fault) == (0, None)
    store.close()


def test_a_disk_that_takes_no_more_stops_no_gate(tmp_path: Path) -> None:
    """Where the database may not grow, vehicles pass and a person is told; with room again all is in the database."""
    database = tmp_path / "lot.db"
    with sqlite3.connect(database) as padding:
        # Larger than the log, or the limit below would hold for the log as well.
        padding.execute("CREATE TABLE padding (content)")
        padding.execute("INSERT INTO padding VALUES (zeroblob(?))", (RESERVE,))
    padding.close()
    writer = Writer(database, "test", reserve_bytes=RESERVE)
    handlers = Handlers(HandClock())
    watch = StoreWatch(writer, handlers)

    async def alerts() -> list[str]:
        await watch.look()
        return [each.raised.code for each in await writer.transact(lambda work: work.open_alerts())]

    async def day() -> None:
        await writer.transact(open_lot)
        vehicles = await writer.transact(lambda _: PassingVehicles(writer._store))
        await writer.checkpoint()
        with no_file_grows_beyond(database.stat().st_size):
            for _ in range(8):
                await asyncio.get_running_loop().run_in_executor(writer._thread, vehicles.visit)
            state = await writer.checkpoint()
            assert state.fault is not None
            assert state.frames > 0
            assert await alerts() == ["disk_failed"]
            for _ in range(16):
                await asyncio.get_running_loop().run_in_executor(writer._thread, vehicles.visit)
            await writer.checkpoint()
            assert sorted(await alerts()) == ["disk_failed", "reserve_low"]
        assert await alerts() == []
        assert (await writer.checkpoint()).frames == 0

    asyncio.run(day())
    writer.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lot.db", "lot.db.lock"]
    store = Store(database, "test")
    with store.transaction() as work:
        assert verify(work.envelopes(), 0, GENESIS) == work.head()[1]
        assert sum(each.kind == "exit_confirmed" for each in work.envelopes()) == 24
    store.close()


def test_a_disk_without_room_for_the_reserve_is_said(tmp_path: Path) -> None:
    """A store opens where its reserve has no room, works, says so, and takes the room as soon as there is some."""
    store = Store(tmp_path / "lot.db", "test")
    with no_file_grows_beyond(1 << 20), pytest.raises(DiskFull, match="no room for the reserve"):
        reserve(tmp_path / "lot.db", RESERVE)
    store.close()
    with no_file_grows_beyond(1 << 20):
        store = Store(tmp_path / "lot.db", "test", RESERVE)
        assert isinstance(store.log.fault, DiskFull)
        with store.transaction() as work:
            open_lot(work)
    store.checkpoint()
    assert store.log == LogState(store.log.frames, (RESERVE - 32) // FRAME_BYTES)
    store.close()


def test_the_log_is_measured_frame_by_frame(tmp_path: Path) -> None:
    """The frames that are counted in the log are those that SQLite counts, in its first run and in one over an old."""
    store, log = Store(tmp_path / "lot.db", "test"), tmp_path / "lot.db-wal"
    with store.transaction() as work:
        open_lot(work)
    for _ in range(2):
        written = frames_in(log)
        assert written > 0
        assert store._driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1] == written
        store.checkpoint()
        assert store.log.frames == 0
        with store.transaction() as work:
            work.trail.add(MORNING, "ann", "open_lane", None, None)
    store.close()


def test_the_reserve_takes_no_lock_from_the_store(tmp_path: Path) -> None:
    """While a store with a reserve is open, another process that opens and closes it leaves its log and index alone."""
    store = Store(tmp_path / "lot.db", "test", 32 << 20)
    with store.transaction() as work:
        open_lot(work)
    store.checkpoint()
    before = [size for size, _ in sizes(tmp_path / "lot.db")[1:]]
    other = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM outbox').fetchone()"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", other, str(tmp_path / "lot.db")], check=True, timeout=60)
        with store.transaction() as work:
            work.trail.add(MORNING, "ann", "open_lane", None, None)
    assert [size for size, _ in sizes(tmp_path / "lot.db")[1:]] == before
    store.close()
