"""Who did what at a running lot, and what `openlot lot audit` says of it."""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from openlot_command import Result, openlot
from pixel_plates import UNREADABLE, write_picture


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("audited")))
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def worked(lot: LotProcess) -> Path:
    """A store on which every kind of order was given, one of them refused; its server has ended."""
    folder = lot.config.parent
    order = {"operator": "ann", "reason": "test"}
    lot.fate(lot.send("entry-1", [write_picture(folder / "a.png", "AB12CD")]))
    lot.until("entry-1", "idle")
    (stay,) = lot.get("/stays")["stays"]
    assert lot.request("GET", f"/photos/{stay['photos'][0]}?operator=bob").is_success
    lot.post(f"/stays/{stay['stay_id']}/plate", order | {"plate": "AB12CO"})
    vehicle = lot.send("exit-1", [write_picture(folder / "b.png", UNREADABLE)])
    lot.until("exit-1", "waiting_for_operator")
    lot.post("/lanes/exit-1/resolve", order | {"stay_id": stay["stay_id"]})
    lot.until("exit-1", "waiting_for_payment")
    paid = {"amount_minor": 200, "currency": "EUR", "provider": "cash", "provider_reference": "7", "operator": "cy"}
    lot.post("/lanes/exit-1/payment", paid)
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert lot.request("POST", "/lanes/exit-1/resolve", order | {"stay_id": "none"}).status_code == 409
    lot.post("/lanes/entry-1/open", order)
    lot.post("/exports/corrected-reads", order)
    assert lot.stop() == 0
    return lot.config


@pytest.fixture
def copy(worked: Path, tmp_path: Path) -> Path:
    """The configuration of a copy of that store."""
    shutil.copytree(worked.parent / "lot", tmp_path / "lot")
    return write_config(tmp_path)


def audit(config: Path, *words: str) -> Result:
    return openlot("lot", "audit", "--config", config, *words)


def change(config: Path, statement: str) -> None:
    with closing(sqlite3.connect(config.parent / "lot" / "lot.db")) as opened, opened:
        opened.execute(statement)


def test_every_order_leaves_an_entry(worked: Path) -> None:
    """Each look, correction, order, payment and export is there with who gave it, also one that was refused."""
    found = [(entry["actor"], entry["action"]) for entry in audit(worked, "--json").lines]
    assert found == [
        ("bob", "view_photo"),
        ("ann", "correct_plate"),
        ("ann", "resolve_stay"),
        ("cy", "take_payment"),
        ("ann", "resolve_stay"),
        ("ann", "open_lane"),
        ("ann", "export_reads"),
    ]
    assert [entry["number"] for entry in audit(worked, "--json", "--last", "2").lines] == [6, 7]
    assert "take_payment" in audit(worked).out


def test_a_whole_trail_verifies(worked: Path) -> None:
    """`--verify` names the last entry, and one noted elsewhere is looked for."""
    done = audit(worked, "--verify")
    assert done.status == 0
    noted = done.out.split()[-1]
    assert noted.startswith("7:")
    assert audit(worked, "--verify", "--expect", noted).status == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'bob' WHERE number = 3",
        "DELETE FROM audit WHERE number = 3",
        "UPDATE audit SET ledger_head = previous WHERE number = 3",
        "UPDATE outbox SET occurred_at = '2026-01-01T00:00:00.000000Z' WHERE seq = 4",
    ],
)
def test_a_change_is_found(copy: Path, statement: str) -> None:
    """A changed or removed entry, and a changed fact that entries are bound to, end with status 1."""
    change(copy, statement)
    done = audit(copy, "--verify")
    assert done.status == 1
    assert "broken_chain" in done.err


def test_a_cut_trail_is_found_by_a_noted_entry(copy: Path) -> None:
    """A trail that lost its end holds by itself, but not what was noted of it, as a backup does."""
    noted = audit(copy, "--verify").out.split()[-1]
    change(copy, "DELETE FROM audit WHERE number = 7")
    assert audit(copy, "--verify").status == 0
    done = audit(copy, "--verify", "--expect", noted)
    assert done.status == 1
    assert "cut" in done.err
