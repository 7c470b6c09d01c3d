"""`openlot lot doctor`: each thing that may be wrong with a lot is found, named, and answered with what to do."""

import os
import signal
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest
from lot_process import LotProcess, write_config
from openlot_command import openlot
from pixel_plates import write_picture

from lot_server.config import LotConfig, load_config
from lot_server.doctor.finding import Finding
from lot_server.doctor.machine import check_clock, check_disk, check_modes
from lot_server.doctor.parts import check_parts
from lot_server.doctor.records import check_store, last_recorded
from lot_server.doctor.running import check_running
from lot_server.doctor.weights import check_weights
from lot_server.domain.clock import SystemClock
from lot_server.domain.events import EntryAdmitted, LotDescribed, TariffPublished
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.machine_time import MachineTime
from lot_server.photos import PhotoFolder
from lot_server.store.store import Store
from models.registry import SHIPPED, Registry
from vision.types import Frame


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("doctor")))
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


@pytest.fixture
def config(tmp_path: Path) -> LotConfig:
    """A lot with one vehicle inside and its photo, and no server that runs."""
    config = load_config(write_config(tmp_path))
    config.store.folder.mkdir(mode=0o700)
    now = datetime.now(UTC) - timedelta(minutes=5)
    photo = PhotoFolder(config.store.photos).keep(
        Frame(cv2.imread(str(write_picture(tmp_path / "car.png", "AB12CD"))), "car")
    )
    store = Store(config.store.database, "lot-1")
    with store.transaction() as work:
        work.record(LotDescribed("Test lot", "1 Road", 0, 0, 9, 9, "UTC", "EUR"), now)
        work.record(TariffPublished(Tariff(1, "EUR", now, 0, (RateLine(0, 60, 100),), None, 0, 0)), now)
        entry = EntryAdmitted("s1", "p1", "entry-1", "AB12CD", None, None, "read", None, (photo,), None, 1, now)
        work.record(entry, now)
    store.close()
    return config


class Later(SystemClock):
    """Shows the machine's time and some more."""

    def __init__(self, more: timedelta) -> None:
        self._more = more

    def now(self) -> datetime:
        return super().now() + self._more


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in findings}


def change(config: LotConfig, statement: str) -> None:
    with closing(sqlite3.connect(config.store.database)) as opened, opened:
        opened.execute(statement)


def test_a_sound_lot_passes(lot: LotProcess) -> None:
    """Of a running lot every check answers, with shipped models, and the command ends with status 0."""
    done = openlot("lot", "doctor", "--config", lot.config, "--json", "--least-free", "0")
    found = {str(line["check"]): line for line in done.lines}
    assert done.status == 0, done.out
    checks = ["configuration", "file modes", "disk", "store", "restored", "photos", "model detector", "model reader"]
    for check in [*checks, "reading", "server", "lane entry-1", "lane exit-1"]:
        assert found[check]["verdict"] == "ok", found[check]
    assert found["mirror"]["verdict"] == "warn"
    assert all(line["verdict"] == "ok" or line["advice"] for line in done.lines)


def test_a_lane_that_does_not_work_fails(lot: LotProcess, tmp_path: Path) -> None:
    """A camera that gives nothing shows as its lane's fault and as an alert, until it works again."""
    config = load_config(lot.config)
    lot.post("/simulated/lanes/entry-1/camera", {"working": False})
    car = write_picture(tmp_path / "a.png", "AB12CD")
    assert lot.fate(lot.send("entry-1", [car])) == "crossed"
    lot.until("entry-1", "idle")
    found = {finding.check: finding for finding in check_running(config)}
    assert (found["lane entry-1"].verdict, found["alerts"].verdict) == ("fail", "warn")
    assert "source_unavailable" in found["lane entry-1"].text
    lot.post("/simulated/lanes/entry-1/camera", {"working": True})
    assert lot.fate(lot.send("entry-1", [write_picture(tmp_path / "b.png", "CD34EF")])) == "crossed"
    lot.until("entry-1", "idle")
    assert {finding.verdict for finding in check_running(config)} == {"ok"}


def test_a_killed_server_fails(tmp_path: Path, config: LotConfig) -> None:
    """No server at all is a warning; an address at which nobody answers is a failure."""
    assert verdicts(check_running(config)) == {"server": "warn"}
    config.store.address.write_text('{"host": "127.0.0.1", "port": 1}')
    config.store.token.write_text("token")
    assert verdicts(check_running(config)) == {"server": "fail"}


def test_a_bad_configuration_is_all_that_is_said(tmp_path: Path) -> None:
    """Without a configuration nothing else can be checked: one failure, status 1, shown as a table as well."""
    file = write_config(tmp_path, more="\n[nonsense]\n")
    done = openlot("lot", "doctor", "--config", file, "--json")
    assert done.status == 1
    assert [(line["check"], line["verdict"]) for line in done.lines] == [("configuration", "fail")]
    assert "nonsense" in openlot("lot", "doctor", "--config", file).out


def test_a_sound_store_passes(config: LotConfig) -> None:
    """Ledger, audit trail and the photos of the vehicles inside; a store that was never begun is no failure."""
    assert verdicts(check_store(config)) == {"store": "ok", "restored": "ok", "photos": "ok", "mirror": "warn"}
    config.store.folder.rename(config.store.folder.with_name("gone"))
    assert verdicts(check_store(config)) == {"store": "warn"}
    assert last_recorded(config) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outbox SET body = replace(body, 'AB12CD', 'ZZ')",
        "UPDATE outbox SET body = '[' WHERE seq = 2",
        "DELETE FROM outbox WHERE seq = 2",
        "UPDATE ledger SET lot_id = 'lot-2'",
    ],
)
def test_a_changed_store_fails(config: LotConfig, statement: str) -> None:
    """A changed or missing fact, and another lot's store."""
    change(config, statement)
    assert verdicts(check_store(config))["store"] == "fail"


def test_a_damaged_file_fails(config: LotConfig) -> None:
    """Pages that are no pages, and a file that is no database."""
    with config.store.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    assert verdicts(check_store(config)) == {"store": "fail"}
    config.store.database.write_bytes(b"no database" * 100)
    assert verdicts(check_store(config)) == {"store": "fail"}


def test_a_lost_photo_fails(config: LotConfig) -> None:
    """A photo of a vehicle inside that is gone or changed."""
    (photo,) = config.store.photos.glob("*/*.jpg")
    photo.write_bytes(b"another")
    assert verdicts(check_store(config))["photos"] == "fail"


@pytest.mark.parametrize(
    ("hours", "acked", "verdict"), [(0, 3, "ok"), (0, 2, "ok"), (2, 2, "warn"), (30, 2, "fail"), (0, 0, "warn")]
)
def test_a_cloud_that_is_behind_is_said(config: LotConfig, hours: int, acked: int, verdict: str) -> None:
    """By the age of the oldest fact that the cloud lacks: an hour is a warning, a day a failure."""
    change(config, f"UPDATE ledger SET acked_seq = {acked}")
    assert verdicts(check_store(replace(config, clock=Later(timedelta(hours=hours)))))["mirror"] == verdict


def test_a_restored_store_is_said(config: LotConfig) -> None:
    """After a restore it is a warning, until the cloud acknowledges what was recorded since."""
    store = Store(config.store.database, "lot-1")
    with store.transaction() as work:
        work.trail.add(config.clock.now(), "ann", "restore_backup", "backup up to seq 3", "disk")
    store.close()
    assert verdicts(check_store(config))["restored"] == "warn"
    change(config, "UPDATE ledger SET acked_seq = 4")
    assert verdicts(check_store(config))["restored"] == "ok"


def test_a_clock_that_cannot_be_trusted_is_said(config: LotConfig, tmp_path: Path) -> None:
    """Before the last recorded fact is a failure; simulated or not synchronised a warning."""
    last = last_recorded(config)
    assert last is not None
    assert check_clock(config, last, True).verdict == "ok"
    assert check_clock(config, last, False).verdict == "warn"
    assert check_clock(config, last, None).verdict == "warn"
    assert check_clock(config, datetime.now(UTC) + timedelta(hours=1), True).verdict == "fail"
    (tmp_path / "simulated").mkdir()
    clock = (
        "\n[clock]\nsimulated = true\norigin = 2026-03-01T06:00:00Z\nspeed = 60\nstarted_at = 2026-11-22T09:00:00Z\n"
    )
    simulated = load_config(write_config(tmp_path / "simulated", more=clock))
    assert check_clock(simulated, None, True).verdict == "warn"
    assert MachineTime().synchronised() in (True, False, None)
    assert isinstance(config.clock, SystemClock)


def test_a_full_disk_is_said(config: LotConfig) -> None:
    """Less than asked for is a failure, less than twice that a warning, also before the folder is there."""
    free = os.statvfs(config.store.folder)
    gib = free.f_bavail * free.f_frsize / (1 << 30)
    assert check_disk(config, 0).verdict == "ok"
    assert check_disk(config, gib * 0.75).verdict == "warn"
    assert check_disk(config, gib * 2).verdict == "fail"


def test_files_that_others_may_use_fail(config: LotConfig, tmp_path: Path) -> None:
    """Store folder and token are for the lot's user alone, and nobody else changes the configuration."""
    file = tmp_path / "lot.toml"
    assert verdicts(check_modes(config, file)) == {"file modes": "ok"}
    config.store.folder.chmod(0o755)
    config.store.token.write_text("x")
    config.store.token.chmod(0o644)
    file.chmod(0o666)
    advice = [finding.advice for finding in check_modes(config, file)]
    assert advice == [f"chmod go= {config.store.folder}", f"chmod go= {config.store.token}", f"chmod go-w {file}"]


def missing(folder: Path) -> str:
    return 'detector = "nothing"'


def tampered(folder: Path) -> str:
    card = Registry().find("reader", "reader")
    text = card.path.read_text(encoding="utf-8")
    (folder / "reader.toml").write_text(text, encoding="utf-8")
    for file in card.files.values():
        target = folder / os.path.relpath(file.path, SHIPPED)
        target.resolve().parent.mkdir(parents=True, exist_ok=True)
        target.resolve().write_bytes(b"x" * file.bytes)
    return 'reader = "reader.toml"'


@pytest.mark.parametrize(("spoil", "check"), [(missing, "model detector"), (tampered, "model reader")])
def test_a_model_that_is_not_sound_fails(tmp_path: Path, spoil: Callable[[Path], str], check: str) -> None:
    """A model that is not there, and one whose bytes are not what its card says; then nothing is read with it."""
    folder = tmp_path / "lot"
    folder.mkdir()
    text = write_config(folder).read_text()
    (folder / "lot.toml").write_text(text.replace("[vision]", f"[vision]\n{spoil(folder)}"))
    found = verdicts(check_weights(load_config(folder / "lot.toml")))
    assert found[check] == "fail"
    assert "reading" not in found


def test_cameras_are_asked_where_no_server_runs(tmp_path: Path) -> None:
    """A folder with a picture gives a frame; one that is not there, and one without pictures, fail."""
    text = write_config(tmp_path).read_text()
    (tmp_path / "pictures").mkdir()
    write_picture(tmp_path / "pictures" / "a.png", "AB12CD")
    (tmp_path / "empty").mkdir()
    lanes = ""
    for number, place in enumerate(("pictures", "empty", "nowhere")):
        lanes += f'\n[[lanes]]\nid = "more-{number}"\ndirection = "entry"\ncamera = "folder:{place}"\n'
    (tmp_path / "lot.toml").write_text(text + lanes)
    found = verdicts(check_parts(load_config(tmp_path / "lot.toml")))
    assert found == {
        "camera entry-1": "ok",
        "camera exit-1": "ok",
        "camera more-0": "ok",
        "camera more-1": "fail",
        "camera more-2": "fail",
    }
