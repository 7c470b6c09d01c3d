"""A store whose disk takes nothing at all: the lot decides in memory, and the store gets exactly what was done."""

import asyncio
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hand_lane import open_lot
from passing_vehicles import PassingVehicles

from lot_server.domain.ledger import GENESIS, Envelope, verify
from lot_server.errors import SpareRefused
from lot_server.store import engine
from lot_server.store.look import ReadStore
from lot_server.store.spare import Spare
from lot_server.store.store import Store
from lot_server.store.writer import TAKEN_AT_ONCE, Writer
from lot_server.store_watch import StoreWatch

LOT, VISITS = "test", 6


class Outages:
    """A lot whose store's disk a test makes read-only and writable again."""

    def __init__(self, folder: Path, spare: Path | None = None) -> None:
        self.folder = folder
        self.database = folder / "lot.db"
        self.writer = Writer(self.database, LOT, spare=spare, spare_bytes=1 << 20)
        self.vehicles = PassingVehicles(self.writer)
        self.watch = StoreWatch(self.writer, self.vehicles.handlers)
        asyncio.run(self.writer.transact(open_lot))

    def read_only(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(engine, "_PRAGMAS", (*engine._PRAGMAS, "query_only = ON"))
        self.writer._thread.submit(lambda: self.writer._store._driver.execute("PRAGMA query_only = ON")).result()

    def alerts(self) -> list[str]:
        async def told() -> list[str]:
            await self.watch.look()
            return [each.raised.code for each in await self.writer.transact(lambda work: work.open_alerts())]

        return asyncio.run(told())

    def go_back(self) -> None:
        """Let the store be tried again now, until it has all or fails."""
        self.writer._again_at = 0.0
        while self.writer.outage is not None and self.writer._again_at == 0.0:
            asyncio.run(self.writer.checkpoint())

    def facts(self) -> list[Envelope]:
        return asyncio.run(self.writer.transact(lambda work: list(work.envelopes())))


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[Outages]:
    (tmp_path / "lot").mkdir()
    lot = Outages(tmp_path / "lot")
    yield lot
    lot.writer.close()


def ledger_on(database: Path) -> list[tuple[int, str]]:
    """What the file itself has, whole."""
    with sqlite3.connect(database) as opened:
        rows = opened.execute("SELECT seq, hash FROM outbox ORDER BY seq").fetchall()
    opened.close()
    return rows


def test_gates_go_on_while_the_disk_is_read_only(lot: Outages) -> None:
    """Vehicles come, pay and go; a person is told; others see the present; the store then has every fact, once."""
    early = lot.vehicles.passage("entry", "京A11111")
    before = len(lot.facts())
    with pytest.MonkeyPatch.context() as patch:
        lot.read_only(patch)
        for _ in range(VISITS):
            lot.vehicles.visit(hours=1)
        assert lot.alerts() == ["store_read_only"]
        outage = lot.writer.outage
        assert outage is not None
        assert (outage.waiting > TAKEN_AT_ONCE, outage.in_memory_alone) == (True, 0)
        assert len(ledger_on(lot.database)) == before
        with ReadStore(lot.database, LOT, lambda: lot.writer.standing_in).look() as look:
            assert look.stays.page("left", "", "newest", 0, 50)[0] == VISITS
            assert [stay.stay_id for stay in look.work.open_stays()] == [early]
        lot.go_back()
        assert lot.writer.outage is not None
    decided = lot.facts()
    lot.go_back()
    assert lot.alerts() == []
    assert ledger_on(lot.database)[: len(decided)] == [(each.seq, each.hash) for each in decided]
    assert verify(lot.facts(), 0, GENESIS) == ledger_on(lot.database)[-1][1]
    lot.vehicles.visit(hours=1)


def test_a_kill_in_an_outage_loses_nothing_and_counts_nothing_twice(lot: Outages, tmp_path: Path) -> None:
    """What the spare has is carried out at the next start, also where a kill had cut that short before."""
    with pytest.MonkeyPatch.context() as patch:
        lot.read_only(patch)
        for _ in range(5):
            lot.vehicles.visit(hours=1)
        decided = [(each.seq, each.hash) for each in lot.facts()]
        shutil.copytree(lot.folder, tmp_path / "killed")
    killed = tmp_path / "killed" / "lot.db"
    store = Store(killed, LOT)
    for record in list(Spare(killed.with_name("lot.db.spare")).records(0))[:7]:
        store.take_in(record)
        store.take_in(record)
    assert store.folded == 7
    store.close()
    for _ in range(2):
        again = Writer(killed, LOT)
        assert again.refused is None
        again.close()
        assert ledger_on(killed) == decided


def test_outages_follow_each_other(lot: Outages) -> None:
    """The spare's room is used again; records of an earlier outage are never taken for those of a later one."""
    for _ in range(3):
        with pytest.MonkeyPatch.context() as patch:
            lot.read_only(patch)
            lot.vehicles.visit(hours=1)
            assert lot.writer.outage is not None
        lot.go_back()
        assert lot.writer.outage is None
    assert [each.number for each in Spare(lot.database.with_name("lot.db.spare")).records(0)][
        -1
    ] == lot.writer._thread.submit(lambda: lot.writer._store.folded).result()


def test_a_spare_that_takes_nothing_is_said(tmp_path: Path) -> None:
    """Where the spare's disk fails as well, the gates go on and a person is told that nothing is on disk."""
    (tmp_path / "lot").mkdir()
    lot = Outages(tmp_path / "lot", tmp_path / "missing" / "spare")
    with pytest.MonkeyPatch.context() as patch:
        lot.read_only(patch)
        lot.vehicles.visit(hours=1)
        assert sorted(lot.alerts()) == ["not_on_disk", "store_read_only"]
        (tmp_path / "missing").mkdir()
        lot.vehicles.visit(hours=1)
        assert lot.alerts() == ["store_read_only"]
    lot.go_back()
    assert lot.alerts() == []
    assert verify(lot.facts(), 0, GENESIS)
    lot.writer.close()


def test_a_spare_that_does_not_fit_is_set_aside(lot: Outages, tmp_path: Path) -> None:
    """Records that follow another ledger are kept for a person, and the lot starts."""
    with pytest.MonkeyPatch.context() as patch:
        lot.read_only(patch)
        lot.vehicles.visit(hours=1)
        shutil.copytree(lot.folder, tmp_path / "other")
    other = tmp_path / "other" / "lot.db"
    store = Store(other, LOT)
    PassingVehicles(store).visit()
    with pytest.raises(SpareRefused):
        store.take_in(next(Spare(other.with_name("lot.db.spare")).records(0)))
    store.close()
    writer = Writer(other, LOT)
    assert writer.refused == other.with_name("lot.db.spare.refused-1")
    writer.close()


def test_a_torn_record_is_none(lot: Outages) -> None:
    """A record that is not whole, and whatever stands behind it, is not read."""
    with pytest.MonkeyPatch.context() as patch:
        lot.read_only(patch)
        lot.vehicles.visit(hours=1)
        spare = lot.database.with_name("lot.db.spare")
        whole = [each.number for each in Spare(spare).records(0)]
        content = bytearray(spare.read_bytes())
        used = len(bytes(content).rstrip(b"\0"))
        content[used - 3] ^= 1
        torn = spare.with_name("torn")
        torn.write_bytes(bytes(content))
        assert [each.number for each in Spare(torn).records(0)] == whole[:-1]


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fails_in_the_middle_of_a_write(lot: Outages) -> None:
    """Where the operating system refuses the log's writes, the lot goes on in memory, and back when it may."""
    with no_file_grows_beyond(lot.database.stat().st_size + (200 << 10)):
        for _ in range(10):
            lot.vehicles.visit(hours=1)
            lot.writer._again_at = 0.0
        assert lot.database.stat().st_size <= (1 << 20)
    lot.go_back()
    assert verify(lot.facts(), 0, GENESIS) == ledger_on(lot.database)[-1][1]
    assert sum(each.kind == "exit_confirmed" for each in lot.facts()) == 10
