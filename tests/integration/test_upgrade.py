"""`openlot lot upgrade`: a copy first, everything compared afterwards, and the way back where anything fails."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from pixel_plates import write_picture

import openlot
from lot_server.errors import StoreInUse, StoreOfAnotherLot, StoreTooNew, UpgradeFailed
from lot_server.store.migrations import MIGRATIONS
from lot_server.store.store import Store
from lot_server.store.upgrade import upgrade_store

FIRST_RELEASE = Path(__file__).parent.parent / "golden" / "lot_store_0_1_0.sql"
"""One stay that left and one inside: see test_store_migrations."""


def old_store(folder: Path) -> Path:
    """The database as 0.1.0 left it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(folder / "lot.db")) as written:
        written.executescript(FIRST_RELEASE.read_text(encoding="utf-8"))
    return folder / "lot.db"


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as read:
        return [*read.iterdump(), str(read.execute("PRAGMA user_version").fetchone())]


def test_a_first_release_with_a_vehicle_inside_is_upgraded(tmp_path: Path) -> None:
    """Ledger, money and the vehicle inside are as before, the copy is the old file; a second run changes nothing."""
    path = old_store(tmp_path / "lot")
    before = dump(path)
    done = upgrade_store(path, "lot-1")
    assert (done.before.schema, done.schema, done.before.inside) == (1, len(MIGRATIONS), ("stay-2",))
    assert done.copy is not None
    assert dump(done.copy) == before
    again = upgrade_store(path, "lot-1")
    assert (again.copy, again.before.ledger) == (None, done.before.ledger)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("ALTER TABLE nothing ADD COLUMN note TEXT", id="a statement fails"),
        pytest.param("DELETE FROM settlement", id="money is gone"),
        pytest.param("UPDATE stay SET state = 'closed'", id="a vehicle is gone"),
        pytest.param("UPDATE outbox SET body = '{}' WHERE seq = 2", id="the ledger changed"),
    ],
)
def test_an_upgrade_that_goes_wrong_is_put_back(tmp_path: Path, broken: str) -> None:
    """Whatever fails or comes out changed: the database is as it was, byte for byte in its rows, and it is said."""
    path = old_store(tmp_path / "lot")
    before = dump(path)
    with pytest.raises(UpgradeFailed, match="is as it was before"):
        upgrade_store(path, "lot-1", [*MIGRATIONS, ["PRAGMA foreign_keys = OFF", broken]])
    assert dump(path) == before
    assert upgrade_store(path, "lot-1").schema == len(MIGRATIONS)


def test_nothing_is_touched_that_cannot_be_upgraded(tmp_path: Path) -> None:
    """A store in use, of another lot or of a newer version is left as it is."""
    path = old_store(tmp_path / "lot")
    with pytest.raises(StoreOfAnotherLot):
        upgrade_store(path, "lot-2")
    store = Store(path, "lot-1")
    with pytest.raises(StoreInUse):
        upgrade_store(path, "lot-1")
    store.close()
    with pytest.raises(StoreTooNew):
        upgrade_store(path, "lot-1", MIGRATIONS[:-1])


def test_an_upgraded_lot_goes_on_with_the_vehicle_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command, then the server, then kill -9 and the server again: the vehicle that came before leaves after.

    An emergency that began before the kill goes on behind it.
    """
    config = write_config(tmp_path)
    old_store(tmp_path / "lot")
    with pytest.raises(SystemExit) as ended:
        openlot.main(["lot", "upgrade", "--config", str(config), "--operator", "ann", "--reason", "new version"])
    assert not ended.value.code
    assert "1 vehicles inside" in capsys.readouterr().out
    lot = LotProcess(config)
    lot.start()
    try:
        (inside,) = lot.get("/stays")["stays"]
        assert inside["plate"] == "CD34EF"
        lot.post("/emergency/hold", {"operator": "ann", "reason": "drill"})
        lot.stop(signal.SIGKILL)
        lot.start()
        assert lot.get("/emergency")["held"]
        assert all(lane["held"] for lane in lot.get("/state")["lanes"])
        lot.post("/emergency/release", {"operator": "ann", "reason": "over"})
        lot.until("exit-1", "idle")
        vehicle = lot.send("exit-1", [write_picture(tmp_path / "out.png", "CD34EF")])
        lane = lot.until("exit-1", "waiting_for_payment")
        assert lane["stay_id"] == inside["stay_id"]
        assert lot.settle(inside["stay_id"], lane["due"]["minor"], "late").is_success
        assert lot.fate(vehicle) == "crossed"
        assert lot.get("/clock")["simulated"] is False
        order = {"operator": "ann", "reason": "watch", "time": "2030-01-01T00:00:00Z"}
        assert lot.post("/clock/confirm", order)["moved_s"] > 0
        assert lot.get("/clock")["now"].startswith("2030-01-01T00:0")
    finally:
        if lot.running:
            lot.stop(signal.SIGKILL)
