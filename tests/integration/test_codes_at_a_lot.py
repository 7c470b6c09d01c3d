"""Codes that are held up to a running lot's exit, as pixels, and what its console shows of them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from console_client import CONSOLE, person
from lot_process import LotProcess, write_config
from pixel_plates import UNREADABLE, write_picture

import openlot
from cloud_sync.signing import new_key, sign_receipt
from lot_server.domain.clock import from_text
from lot_server.domain.money import Money
from lot_server.domain.receipt import Receipt
from lot_server.domain.stay import Settlement

PRIVATE, PUBLIC = new_key()


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    config = write_config(tmp_path_factory.mktemp("codes"), more=CONSOLE)
    keys = f'[payment]\nreceipt_keys = ["{PUBLIC}"]'
    config.write_text(config.read_text(encoding="utf-8").replace("[payment]", keys), encoding="utf-8")
    process = LotProcess(config)
    process.start()
    yield process
    assert process.stop() == 0


def held_up(path: Path, code: str) -> str:
    """A picture of a code before a grey gate."""
    dark = np.array([list(row) for row in segno.make(code, micro=False, error="m").matrix_iter(border=4)])
    grey = np.kron(1 - (dark > 0), np.full((5, 5), 220)).astype(np.uint8)
    picture = np.full((grey.shape[0] + 200, grey.shape[1] + 300, 3), 90, np.uint8)
    picture[100:-100, 150:-150] = grey[..., None]
    assert cv2.imwrite(str(path), picture)
    return str(path)


def show(lot: LotProcess, path: Path, code: str) -> None:
    lot.post("/simulated/lanes/exit-1/show", {"frames": [held_up(path, code)]})


def test_a_ticket_and_then_a_receipt_are_held_up(lot: LotProcess, tmp_path: Path) -> None:
    """A vehicle without a plate comes and goes by two pictures of codes, with nobody at the lot and no uplink."""
    unread = write_picture(tmp_path / "car.png", UNREADABLE)
    assert lot.fate(lot.send("entry-1", [unread])) == "crossed"
    (stay,) = lot.get("/stays")["stays"]
    lot.until("exit-1", "idle")
    vehicle = lot.send("exit-1", [unread])
    lot.until("exit-1", "waiting_for_operator")
    show(lot, tmp_path / "ticket.png", stay["ticket_id"])
    lot.until("exit-1", "waiting_for_payment")
    now = from_text(lot.get("/state")["now"])
    paid = Settlement("s1", stay["stay_id"], Money(200, "EUR"), "sandbox", "o-1", now, now)
    show(lot, tmp_path / "receipt.png", sign_receipt(PRIVATE, Receipt("lot-1", paid)))
    assert lot.fate(vehicle) == "crossed"
    assert lot.get("/stays")["stays"] == []


def test_a_ticket_that_is_none_is_shown_with_its_photos(
    lot: LotProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says why a ticket does not count; the page of its alert shows the vehicle, and is answered."""
    lot.until("exit-1", "idle")
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "car.png", UNREADABLE)])
    lot.until("exit-1", "waiting_for_operator")
    order = ["--config", str(lot.config), "--operator", "ann", "--reason", "shown"]
    with pytest.raises(SystemExit):
        openlot.main(["lot", "code", "exit-1", "ABCDE23456", *order])
    assert "unknown_ticket" in capsys.readouterr().err
    alert = next(each for each in lot.get("/alerts")["alerts"] if each["code"] == "unknown_ticket")
    li_na = person(lot, "li.na", "operator")
    try:
        assert "Ticket or receipt" in li_na.get("/").text
        page = li_na.get(f"/alerts/{alert['alert_id']}")
        assert "A ticket that was never given out here" in page.text
        assert "/photos/" in page.text
        refused = li_na.post("/lanes/exit-1/code", code="nonsense", reason="shown", passage_id=alert["passage_id"])
        assert "no ticket&#39;s number" in refused.text or "no ticket's number" in refused.text
        li_na.get(f"/alerts/{alert['alert_id']}")
        li_na.post(f"/alerts/{alert['alert_id']}/resolve", reason="copied")
        assert "copied" in li_na.get(f"/alerts/{alert['alert_id']}").text
        assert li_na.get("/alerts/none").status_code == 404
    finally:
        li_na.close()
    lot.post("/lanes/exit-1/open", {"operator": "ann", "reason": "helped"})
    assert lot.fate(vehicle) == "crossed"
