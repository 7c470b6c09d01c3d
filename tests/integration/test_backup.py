"""Backups of a lot: made while it takes vehicles, whole or not there at all, and put back to where nothing is."""

import hashlib
import io
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from openlot_command import openlot
from pixel_plates import write_picture

from lot_server.backup.backup import Backup, check_backup, make_backup, manifest_of
from lot_server.backup.container import open_backup
from lot_server.backup.restore import restore_backup
from lot_server.backup.shelf import Shelf
from lot_server.config import StoreSection
from lot_server.domain.events import EntryAdmitted, EntryConfirmed, LotDescribed, TariffPublished
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.errors import BackupInProgress, BadBackup, StoreError, StoreNotEmpty, StoreOfAnotherLot
from lot_server.store.store import Store

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LOT = "lot-1"
KILLS = 12
BACKUPS = """
import os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from lot_server.backup.backup import make_backup
from lot_server.backup.shelf import Shelf
from lot_server.config import StoreSection

def work(number):
    at = datetime(2026, 11, 22, 8, tzinfo=UTC) + timedelta(minutes=number)
    print(os.getpid(), flush=True)
    for step in range(1000):
        shelf = Shelf(Path(sys.argv[2]), "lot-1")
        made = make_backup(StoreSection(Path(sys.argv[1])), "lot-1", shelf, at + timedelta(seconds=step), 2, number % 2)
        print(made.path.name, flush=True)

for number, _ in enumerate(sys.stdin):
    worker = os.fork()
    if worker == 0:
        work(number)
    os.waitpid(worker, 0)
    print("dead", flush=True)
"""
"""Forks a maker of backups, folders and tar files in turn, for every line it is given."""


class Cellar:
    """A lot's store with a stay and two photos a vehicle, and no server that runs on it."""

    def __init__(self, folder: Path) -> None:
        self.section = StoreSection(folder)
        self.folder = folder
        folder.mkdir()
        store = Store(self.section.database, LOT)
        with store.transaction() as work:
            work.record(LotDescribed("Test lot", "1 Road", 0, 0, 99, 99, "UTC", "EUR"), NOW)
            work.record(TariffPublished(Tariff(1, "EUR", NOW, 0, (RateLine(0, 60, 100),), None, 0, 0)), NOW)
        store.close()

    def photo(self, content: bytes) -> Path:
        name = hashlib.sha256(content).hexdigest()
        path = self.section.photos / name[:2] / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def take(self, stay: str) -> list[Path]:
        """A vehicle drives in; its photos."""
        photos = [self.photo(f"{stay} {number}".encode() * 2000) for number in range(2)]
        store = Store(self.section.database, LOT)
        names = tuple(photo.stem for photo in photos)
        with store.transaction() as work:
            entry = EntryAdmitted(
                stay, f"p-{stay}", "entry-1", stay.upper(), None, None, "read", None, names, None, 1, NOW
            )
            work.record(entry, NOW)
            work.record(EntryConfirmed(stay, f"p-{stay}", NOW, 0), NOW)
        store.close()
        return photos


@pytest.fixture
def cellar(tmp_path: Path) -> Cellar:
    return Cellar(tmp_path / "lot")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "backups", LOT)


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path, spaces=500))
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


def back_up(cellar: Cellar, shelf: Shelf, second: int = 0, keep: int | None = None, tar: bool = False) -> Backup:
    return make_backup(cellar.section, LOT, shelf, NOW + timedelta(seconds=second), keep, tar)


def restore(backup: Path, folder: Path, lot_id: str = LOT) -> None:
    restore_backup(backup, StoreSection(folder), lot_id, "ann", "new machine", NOW + timedelta(hours=1))


def test_a_lot_that_takes_vehicles_is_backed_up_and_comes_back(lot: LotProcess, tmp_path: Path) -> None:
    """Each backup taken amid arrivals is one moment of the ledger with all its photos; the last one becomes a lot that
    serves, whose ledger goes on where the backup ends and whose audit trail says who made and who restored it.
    """
    stop = threading.Event()
    cars = [write_picture(tmp_path / f"{number}.png", f"AB{number:03d}CD") for number in range(200)]

    def arrivals() -> None:
        for car in cars:
            if stop.is_set():
                return
            lot.fate(lot.send("entry-1", [car]))
            lot.until("entry-1", "idle")

    lot.fate(lot.send("entry-1", [write_picture(tmp_path / "first.png", "FI125T")]))
    lot.until("entry-1", "idle")
    driving = threading.Thread(target=arrivals)
    driving.start()
    try:
        results = []
        for number in range(3):
            flags = ["--tar"] if number == 1 else []
            words = ["--config", lot.config, "--operator", "ann", *flags]
            results.append(openlot("lot", "backup", tmp_path / "backups", *words))
    finally:
        stop.set()
        driving.join()
    assert [(each.status, each.err) for each in results] == [(0, "")] * 3
    backups = sorted((tmp_path / "backups").glob("lot-1-*"), key=lambda path: path.stem)
    seqs = []
    for path in backups:
        with open_backup(path) as contents:
            manifest = manifest_of(contents)
            check_backup(contents, manifest)
        assert manifest.photos
        assert manifest.missing_photos == ()
        seqs.append(manifest.seq)
    assert seqs == sorted(seqs)
    assert lot.stop() == 0

    (tmp_path / "elsewhere").mkdir()
    config = write_config(tmp_path / "elsewhere", spaces=500)
    words = ["--config", config, "--operator", "bob", "--reason", "new machine"]
    restored = openlot("lot", "restore", backups[-1], *words)
    assert (restored.status, restored.err) == (0, "")
    again = openlot("lot", "restore", backups[-1], *words)
    assert again.status == 1
    assert "store_not_empty" in again.err

    new = LotProcess(config)
    new.start()
    try:
        state = new.get("/state")
        inside = new.get("/stays")["stays"]
        assert state["free_spaces"] == 500 - len(inside)
        for stay in inside:
            assert new.request("GET", f"/photos/{stay['photos'][0]}?operator=bob").is_success
        assert new.fate(new.send("entry-1", [cars[-1]])) == "crossed"
    finally:
        assert new.stop() == 0
    trail = openlot("lot", "audit", "--config", config, "--json").lines
    assert [(entry["actor"], entry["action"]) for entry in trail[:4]] == [
        ("ann", "make_backup"),
        ("ann", "make_backup"),
        ("ann", "make_backup"),
        ("bob", "restore_backup"),
    ]
    store = Store(config.parent / "lot" / "lot.db", LOT)
    with store.transaction() as work:
        envelopes = list(work.envelopes())
        assert verify(envelopes, 0, GENESIS) == work.head()[1]
        assert envelopes[manifest.seq - 1].hash == manifest.head
        assert len(envelopes) > manifest.seq
    store.close()


@pytest.mark.parametrize("tar", [False, True], ids=["folder", "tar"])
def test_a_stopped_lot_comes_back_byte_by_byte(cellar: Cellar, shelf: Shelf, tmp_path: Path, tar: bool) -> None:
    """What is restored has the rows of the store and its photos; only the lot's own user can read any of it."""
    photos = cellar.take("ab1") + cellar.take("cd2")
    made = back_up(cellar, shelf, tar=tar)
    assert stat.S_IMODE(made.path.stat().st_mode) == (0o600 if tar else 0o700)
    restore(made.path, tmp_path / "new" / "lot")
    for photo in photos:
        assert (tmp_path / "new" / "lot" / photo.relative_to(cellar.folder)).read_bytes() == photo.read_bytes()
    assert stat.S_IMODE((tmp_path / "new" / "lot" / "lot.db").stat().st_mode) == 0o600
    with (
        closing(sqlite3.connect(cellar.section.database)) as old,
        closing(sqlite3.connect(tmp_path / "new" / "lot" / "lot.db")) as new,
    ):
        for table in ("outbox", "stay", "passage", "settlement", "alert", "tariff", "lot", "ledger"):
            assert new.execute(f"SELECT * FROM {table}").fetchall() == old.execute(f"SELECT * FROM {table}").fetchall()


def test_a_killed_backup_leaves_none_under_its_name(cellar: Cellar, shelf: Shelf, tmp_path: Path) -> None:
    """After each of many SIGKILLs, whatever stands on the shelf under a backup's name is whole, and what had been
    finished and was not dropped for a newer one is there.
    """
    for number in range(20):
        cellar.take(f"ab{number}")
    command = [sys.executable, "-c", BACKUPS, str(cellar.folder), str(tmp_path / "backups")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for kill in range(KILLS):
            print("go", file=process.stdin, flush=True)
            pid = int(process.stdout.readline())
            finished = [process.stdout.readline().strip() for _ in range(1 + kill % 2)]
            for _ in range(kill * 40_000):
                pass
            os.kill(pid, signal.SIGKILL)
            finished += [line.strip() for line in iter(process.stdout.readline, "dead\n")]
            standing = shelf.backups()
            for path in standing:
                with open_backup(path) as contents:
                    manifest = manifest_of(contents)
                    check_backup(contents, manifest)
                    assert len(manifest.photos) == 40
            assert finished[-1] in {path.name for path in standing}
        process.stdin.close()
    back_up(cellar, shelf, second=3600 * 24)
    assert [path.name for path in (tmp_path / "backups").glob(".*.part")] == []


def test_only_the_newest_are_kept(cellar: Cellar, shelf: Shelf, tmp_path: Path) -> None:
    """With a limit the oldest backups go, other lots' and other files stay, and shared photos outlive the dropped."""
    (photo, _) = cellar.take("ab1")
    (tmp_path / "backups" / "lot-10-20260101T000000Z").mkdir()
    (tmp_path / "backups" / "notes.txt").write_text("mine")
    first = back_up(cellar, shelf).path
    made = [back_up(cellar, shelf, second, keep=2) for second in (1, 2, 3)]
    assert [each.dropped for each in made] == [(), (first,), (made[0].path,)]
    assert shelf.backups() == [made[1].path, made[2].path]
    assert (tmp_path / "backups" / "lot-10-20260101T000000Z").exists()
    assert (tmp_path / "backups" / "notes.txt").exists()
    kept = [path / photo.relative_to(cellar.folder) for path in shelf.backups()]
    assert kept[0].samefile(kept[1])
    assert kept[1].read_bytes() == photo.read_bytes()


def test_a_photo_that_rotted_in_the_last_backup_is_not_handed_on(cellar: Cellar, shelf: Shelf) -> None:
    """A linked photo whose bytes changed is taken from the store again."""
    (photo, _) = cellar.take("ab1")
    place = photo.relative_to(cellar.folder)
    (back_up(cellar, shelf).path / place).write_bytes(b"rot")
    assert (back_up(cellar, shelf, 1).path / place).read_bytes() == photo.read_bytes()


def test_a_photo_that_the_store_lost_is_said(tmp_path: Path) -> None:
    """The rest is backed up all the same; the command says how many photos are missing, and restoring does as well."""
    config = write_config(tmp_path)
    cellar = Cellar(tmp_path / "lot")
    (photo, _) = cellar.take("ab1")
    photo.unlink()
    made = openlot("lot", "backup", tmp_path / "backups", "--config", config, "--operator", "ann")
    assert made.status == 0
    assert "lacks 1 photos" in made.err
    cellar.folder.rename(tmp_path / "broken")
    (path,) = Shelf(tmp_path / "backups", LOT).backups()
    words = ["--config", config, "--operator", "ann", "--reason", "disk"]
    restored = openlot("lot", "restore", path, *words)
    assert restored.status == 0
    assert "1 missing" in restored.out


def test_one_backup_at_a_time(cellar: Cellar, shelf: Shelf) -> None:
    """A second backup to the same folder is refused while one is written."""
    with shelf.locked(), pytest.raises(BackupInProgress):
        back_up(cellar, shelf)


def test_a_store_is_never_overwritten(cellar: Cellar, shelf: Shelf, tmp_path: Path) -> None:
    """Restoring onto a folder with anything in it is refused and changes nothing; an empty folder is taken."""
    made = back_up(cellar, shelf)
    before = sorted(path.name for path in cellar.folder.iterdir())
    with pytest.raises(StoreNotEmpty):
        restore(made.path, cellar.folder)
    assert sorted(path.name for path in cellar.folder.iterdir()) == before
    (tmp_path / "empty").mkdir()
    restore(made.path, tmp_path / "empty")
    assert (tmp_path / "empty" / "lot.db").is_file()


def test_a_backup_of_another_lot_is_refused(cellar: Cellar, shelf: Shelf, tmp_path: Path) -> None:
    """The manifest's lot must be the configuration's, when backing up and when restoring."""
    with pytest.raises(StoreOfAnotherLot):
        restore(back_up(cellar, shelf).path, tmp_path / "new", "lot-2")
    with pytest.raises(StoreError, match="belongs to lot"):
        make_backup(cellar.section, "lot-2", Shelf(tmp_path / "backups", "lot-2"), NOW, None, False)
    assert Shelf(tmp_path / "backups", "lot-2").backups() == []


def change_photo(backup: Path) -> None:
    next(backup.glob("photos/*/*.jpg")).write_bytes(b"another")


def lose_photo(backup: Path) -> None:
    next(backup.glob("photos/*/*.jpg")).unlink()


def change_database(backup: Path) -> None:
    with closing(sqlite3.connect(backup / "lot.db")) as opened, opened:
        opened.execute("UPDATE stay SET plate = 'ZZ9'")


def change_ledger(backup: Path) -> None:
    """With a manifest that fits the changed file."""
    with closing(sqlite3.connect(backup / "lot.db")) as opened, opened:
        opened.execute("""UPDATE outbox SET body = replace(body, '"AB1"', '"ZZ9"')""")
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["database_sha256"] = hashlib.sha256((backup / "lot.db").read_bytes()).hexdigest()
    (backup / "manifest.json").write_text(json.dumps(manifest))


def cut_ledger(backup: Path) -> None:
    """With a manifest that fits the changed file but for the ledger's end."""
    with closing(sqlite3.connect(backup / "lot.db")) as opened, opened:
        opened.execute("DELETE FROM outbox WHERE seq = (SELECT max(seq) FROM outbox)")
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["database_sha256"] = hashlib.sha256((backup / "lot.db").read_bytes()).hexdigest()
    (backup / "manifest.json").write_text(json.dumps(manifest))


def lose_manifest(backup: Path) -> None:
    (backup / "manifest.json").unlink()


def spoil_manifest(backup: Path) -> None:
    (backup / "manifest.json").write_text('{"format": 1}')


@pytest.mark.parametrize(
    "spoil",
    [change_photo, lose_photo, change_database, change_ledger, cut_ledger, lose_manifest, spoil_manifest],
    ids=lambda spoil: str(spoil.__name__),
)
def test_a_backup_that_is_not_whole_is_refused(
    cellar: Cellar, shelf: Shelf, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """Any change of photo, database, ledger or manifest is found, and leaves no store behind."""
    cellar.take("ab1")
    made = back_up(cellar, shelf)
    spoil(made.path)
    with pytest.raises(BadBackup):
        restore(made.path, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backups", "lot"]


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    """A file that is no tar file, a tar file with a link for its database, and nothing at all are no backups."""
    (tmp_path / "x.tar").write_bytes(b"no tar")
    with tarfile.open(tmp_path / "y.tar", "w") as tar:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link, io.BytesIO())
    for name in ("x.tar", "y.tar", "z.tar"):
        with pytest.raises(BadBackup):
            restore(tmp_path / name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_store_is_not_passed_on(cellar: Cellar, shelf: Shelf) -> None:
    """A store whose ledger does not hold is reported and makes no backup; the earlier ones stay."""
    cellar.take("ab1")
    good = back_up(cellar, shelf)
    with closing(sqlite3.connect(cellar.section.database)) as opened, opened:
        opened.execute("""UPDATE outbox SET body = replace(body, '"AB1"', '"ZZ9"')""")
    with pytest.raises(BadBackup, match="seq 3"):
        back_up(cellar, shelf, 1, keep=1)
    assert shelf.backups() == [good.path]
