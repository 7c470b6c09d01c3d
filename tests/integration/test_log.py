"""The server's log: JSON lines where asked for, and nothing in it that must not leave the machine."""

import io
import json
import logging
import signal
import traceback
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from pixel_plates import UNREADABLE, write_picture

from lot_server.domain.clock import SystemClock
from lot_server.domain.events import EntryAdmitted, LotDescribed, TariffPublished
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.errors import ContradictoryEvent
from lot_server.log import LogSection, start_logging
from lot_server.store.store import Store

PLATES = ("AB12CD", "EF34GH", "ZZ99ZZ", "C0RRECT")
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path, more='\n[log]\nformat = "json"\n'), pixels=False)
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    process._command[1:3] = [str(script)]
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


SERVER = """
import sys

if __name__ == "__main__":
    import openlot
    import lot_server.main as server
    from pixel_plates import PixelReader

    server._shipped = lambda config: PixelReader
    openlot.main(sys.argv[1:])
"""


def test_the_log_of_a_bad_day_tells_no_plate_and_no_token(lot: LotProcess, tmp_path: Path) -> None:
    """Every line is a JSON object; refusals, misreads, corrections, payments, exports, bad requests, a dead camera and
    a broken store leave neither a plate nor the token there.
    """
    first, second, blocked, correct = PLATES
    order = {"operator": "ann", "reason": f"it says {correct}"}
    for plate in (first, UNREADABLE):
        lot.fate(lot.send("entry-1", [write_picture(tmp_path / "car.png", plate)]))
        lot.until("entry-1", "idle")
    lot.send("entry-1", [write_picture(tmp_path / "blocked.png", blocked)])
    lot.until("entry-1", "refused")
    lot.post("/simulated/lanes/entry-1/leave")
    lot.until("entry-1", "idle")
    stay = lot.get("/stays")["stays"][0]
    lot.post(f"/stays/{stay['stay_id']}/plate", order | {"plate": correct})
    lot.post("/exports/corrected-reads", order)
    lot.request("POST", f"/stays/{stay['stay_id']}/plate", order | {"plate": [second]})
    lot.request("POST", f"/stays/{second}/plate", order | {"plate": second})
    lot.request("GET", f"/photos/{second}?operator=ann")
    lot.request("GET", "/state", token="guessed-token")
    lot.post("/simulated/lanes/entry-1/camera", {"working": False})
    lot.fate(lot.send("entry-1", [write_picture(tmp_path / "b.png", second)]))
    lot.until("entry-1", "idle")
    lot.settle(stay["stay_id"], 5, "order-1")
    assert lot.settle(stay["stay_id"], 6, "order-1").status_code == 409
    token = (lot.folder / "loopback.token").read_text()
    assert lot.stop() == 0

    lines = [json.loads(line) for line in lot.log().splitlines()]
    assert {"info", "error"} <= {line["level"] for line in lines}
    assert all({"at", "level", "part", "event"} <= set(line) for line in lines)
    for secret in (*PLATES, token, "guessed-token"):
        assert secret not in lot.log()


def test_a_broken_rule_of_the_store_tells_no_plate(tmp_path: Path) -> None:
    """What the store raises, with all that it was raised from, holds none of the values that were to be written."""
    store = Store(tmp_path / "lot.db", "lot-1")
    entry = EntryAdmitted("s1", "p1", "entry-1", "AB12CD", "AB-12-CD", None, "read", None, (), None, 1, NOW)
    with store.transaction() as work:
        work.record(LotDescribed("Test lot", "1 Road", 0, 0, 9, 9, "UTC", "EUR"), NOW)
        work.record(TariffPublished(Tariff(1, "EUR", NOW, 0, (RateLine(0, 60, 100),), None, 0, 0)), NOW)
        work.record(entry, NOW)
    with pytest.raises(ContradictoryEvent) as raised, store.transaction() as work:
        work.record(entry, NOW)
    store.close()
    told = "".join(traceback.format_exception(raised.value))
    assert "IntegrityError" in told
    assert "AB12CD" not in told
    assert "AB-12-CD" not in told


@pytest.mark.parametrize(("level", "told"), [("info", True), ("warning", False)])
def test_the_level_is_kept(level: str, told: bool) -> None:
    """Lines below the level are left out, and libraries' below WARNING always."""
    root, ours = logging.getLogger(), logging.getLogger("lot_server")
    before = (root.handlers[:], root.level, ours.level)
    output = io.StringIO()
    try:
        with redirect_stderr(output):
            start_logging(LogSection("json", "info" if told else "warning"), SystemClock())
            logging.getLogger("lot_server.main").info("ready")
            logging.getLogger("httpx2").info("GET http://user:secret@relay/")
    finally:
        root.handlers[:], ours.level = before[0], before[2]
        root.setLevel(before[1])
        for name in ("vision", "models"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [line["event"] for line in lines] == (["ready"] if told else [])
