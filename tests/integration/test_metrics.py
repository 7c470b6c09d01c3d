"""`/metrics` of a running lot: every figure an operator would watch, and nobody's plate."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from lot_process import LotProcess, write_config
from pixel_plates import UNREADABLE, write_picture
from prometheus_client.parser import text_string_to_metric_families

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path))
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


def scrape(lot: LotProcess) -> str:
    assert lot._http is not None
    url = lot._http.base_url.copy_with(path="/metrics")
    token = (lot.folder / "loopback.token").read_text()
    answer = httpx2.get(url, headers={"authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.headers["content-type"].startswith("text/plain"), answer.text
    return answer.text


def figures(text: str) -> Figures:
    """Every sample by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def enter(lot: LotProcess, folder: Path, plate: str | None, behaviour: str = "cross") -> None:
    lot.fate(lot.send("entry-1", [write_picture(folder / f"{plate or 'none'}.png", plate)], behaviour))
    lot.until("entry-1", "idle")


def test_a_days_figures_add_up(lot: LotProcess, tmp_path: Path) -> None:
    """Vehicles, reads by outcome, waits, lanes, alerts, outbox and disk; a worker that dies is counted."""
    enter(lot, tmp_path, "AB12CD")
    enter(lot, tmp_path, "EF34GH", "back_out")
    enter(lot, tmp_path, UNREADABLE)
    enter(lot, tmp_path, None)
    vehicle = lot.send("exit-1", [tmp_path / "AB12CD.png"])
    lane = lot.until("exit-1", "waiting_for_payment")
    lot.settle(lane["stay_id"], 200, "order-1")
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")

    text = scrape(lot)
    found = figures(text)
    assert found["openlot_vehicles_total", (("direction", "entry"), ("outcome", "crossed"))] == 3
    assert found["openlot_vehicles_total", (("direction", "entry"), ("outcome", "backed_out"))] == 1
    assert found["openlot_vehicles_total", (("direction", "exit"), ("outcome", "crossed"))] == 1
    assert found["openlot_decisions_total", (("decision", "ticket"), ("direction", "entry"))] == 2
    assert found["openlot_decisions_total", (("decision", "paid"), ("direction", "exit"))] == 1
    reads = {
        outcome: found["openlot_reads_total", (("outcome", outcome),)] for outcome in ("plate", "unsure", "no_plate")
    }
    assert reads == {"plate": 3, "unsure": 1, "no_plate": 1}
    assert found["openlot_read_seconds_count", ()] == 5
    assert found["openlot_wait_seconds_count", (("lane", "entry-1"),)] == 4
    assert found["openlot_wait_seconds_count", (("lane", "exit-1"),)] == 1
    assert found["openlot_spaces", ()] == 5
    assert found["openlot_free_spaces", ()] == 3
    state = lot.get("/state")
    assert found["openlot_ledger_seq", ()] == found["openlot_outbox_waiting", ()] == state["ledger"]["seq"]
    assert found["openlot_facts_total", (("kind", "settlement_applied"),)] == 1
    assert found["openlot_lane_state", (("lane", "entry-1"), ("state", "idle"))] == 1
    assert found["openlot_lane_state", (("lane", "entry-1"), ("state", "reading"))] == 0
    assert found["openlot_lane_fault", (("lane", "entry-1"),)] == 0
    assert 0 < found["openlot_disk_free_bytes", ()] < found["openlot_disk_bytes", ()]
    assert found["openlot_vision_workers", ()] == 1
    assert found["openlot_vision_worker_deaths_total", ()] == 0
    for secret in ("AB12CD", "EF34GH", lane["stay_id"], (lot.folder / "loopback.token").read_text()):
        assert secret not in text


def test_what_goes_wrong_is_counted(lot: LotProcess, tmp_path: Path) -> None:
    """A camera that gives nothing is a failed read, a fault and an alert; an acknowledged ledger leaves no outbox."""
    lot.post("/simulated/lanes/entry-1/camera", {"working": False})
    enter(lot, tmp_path, "AB12CD")
    found = figures(scrape(lot))
    assert found["openlot_reads_total", (("outcome", "failed"),)] == 1
    assert found["openlot_lane_fault", (("lane", "entry-1"),)] == 1
    assert found["openlot_alerts_open", (("code", "source_unavailable"),)] == 1
    ledger = lot.get("/state")["ledger"]
    lot.post("/acks", {"applied_seq": ledger["seq"], "head": ledger["head"]})
    found = figures(scrape(lot))
    assert (found["openlot_outbox_waiting", ()], found["openlot_outbox_oldest_seconds", ()]) == (0, 0)


def test_a_dead_worker_is_counted(lot: LotProcess) -> None:
    """A vision worker that is killed is replaced, and the figure says so."""
    assert lot._process is not None
    children = Path(f"/proc/{lot._process.pid}/task/{lot._process.pid}/children").read_text().split()
    worker = next(pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(int(worker), signal.SIGKILL)
    for _ in range(1000):
        if figures(scrape(lot))["openlot_vision_worker_deaths_total", ()] == 1:
            break
        time.sleep(0.05)
    assert figures(scrape(lot))["openlot_vision_worker_deaths_total", ()] == 1


def test_figures_need_the_token(lot: LotProcess) -> None:
    """Nobody reads them without the loopback token."""
    assert lot._http is not None
    answer = httpx2.get(lot._http.base_url.copy_with(path="/metrics"), trust_env=False)
    assert answer.status_code == 401
