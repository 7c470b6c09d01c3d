"""`openlot lot serve` as an administrator runs it: shipped weights, drawn vehicles, real files and real HTTP."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from lot_process import LotProcess, write_config

from benchmarks.simulation.bursts import WIDEST
from benchmarks.simulation.cameras import GateCamera, draw_look
from benchmarks.simulation.grain import Grain
from benchmarks.simulation.scenario import View
from lot_server.domain.events import EntryAdmitted, EntryRefused, ExitAdmitted, decode
from lot_server.domain.ledger import GENESIS, verify
from lot_server.photos import PhotoFolder
from lot_server.store.store import Store
from models.train.synthetic.glyphs import OpenGlyphs

Draw = Callable[..., list[Path]]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draw the burst of a vehicle at a gate: files of two pictures, fresh ones at every call."""
    rng = np.random.default_rng(7)
    camera = GateCamera(OpenGlyphs(), Grain(rng, WIDEST, WIDEST, 4.0), seed=1)

    def burst(kind: str, printed: str, view: View = "clear") -> list[Path]:
        pictures = camera.burst(rng, draw_look(rng, kind), kind, printed, view, 1.0, 2)
        folder = tmp_path / f"burst-{len(list(tmp_path.glob('burst-*')))}"
        folder.mkdir()
        files = [folder / f"{number}.jpg" for number in range(len(pictures))]
        for file, picture in zip(files, pictures, strict=True):
            file.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
        return files

    return burst


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path), pixels=False)
    process.start()
    yield process
    if process.running:
        process.stop(signal.SIGKILL)


def arrive(lot: LotProcess, frames: list[Path], behaviour: str = "cross") -> str:
    """What became of a vehicle that the entry lets in at once."""
    fate = lot.fate(lot.send("entry-1", frames, behaviour))
    lot.until("entry-1", "idle")
    return fate


def test_cars_come_and_go(lot: LotProcess, draw: Draw) -> None:
    """In by plate, in by ticket, backed out, a kill -9 between, out by payment and by operator: all of it adds up."""
    assert lot.get("/state")["free_spaces"] == 5

    assert arrive(lot, draw("eu", "AB 12 CD")) == "crossed"
    (reader_stay,) = lot.get("/stays")["stays"]
    assert (reader_stay["plate"], reader_stay["ticket_id"]) == ("AB12CD", None)

    assert arrive(lot, draw("eu", "RK-407-T"), "back_out") == "backed_out"
    assert lot.get("/state")["free_spaces"] == 4
    assert lot.get("/stays?state=intended")["stays"] == []

    assert arrive(lot, draw("cn_blue", "苏E·05EV8", "bare")) == "crossed"
    (ticket_stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["ticket_id"]]
    assert ticket_stay["plate"] is None
    before = lot.get("/state")
    assert before["free_spaces"] == 3

    assert lot.stop(signal.SIGKILL) == -signal.SIGKILL
    lot.start()
    after = lot.get("/state")
    assert (after["free_spaces"], after["ledger"]) == (3, before["ledger"])

    paying = lot.send("exit-1", draw("eu", "AB 12 CD"))
    lane = lot.until("exit-1", "waiting_for_payment")
    assert (lane["stay_id"], lane["due"]) == (reader_stay["stay_id"], {"minor": 200, "currency": "EUR"})
    assert lane["qr"] == "http://127.0.0.1/pay?lot=lot-1"
    assert lot.settle(lane["stay_id"], 200, "order-1").json() == {"outcome": "applied"}
    assert lot.fate(paying) == "crossed"
    lot.until("exit-1", "idle")

    asking = lot.send("exit-1", draw("cn_blue", "苏E·05EV8", "bare"))
    lot.until("exit-1", "waiting_for_operator")
    order = {"stay_id": ticket_stay["stay_id"], "operator": "ann", "reason": "ticket shown"}
    lot.post("/lanes/exit-1/resolve", order)
    lot.until("exit-1", "waiting_for_payment")
    payment = {"amount_minor": 200, "currency": "EUR", "provider": "cash", "provider_reference": "till-1"}
    lot.post("/lanes/exit-1/payment", payment)
    assert lot.fate(asking) == "crossed"
    lot.until("exit-1", "idle")

    assert lot.get("/state")["free_spaces"] == 5
    assert lot.get("/stays")["stays"] == []
    assert lot.stop() == 0
    check_records(lot.folder)


def check_records(folder: Path) -> None:
    """The ledger verifies from its first row, and every photo it names is in the archive, unchanged."""
    store, photos = Store(folder / "lot.db", "lot-1"), PhotoFolder(folder / "photos")
    with store.transaction() as work:
        envelopes = list(work.envelopes())
        assert verify(envelopes, 0, GENESIS) == work.head()[1]
    store.close()
    events = [decode(envelope.kind, envelope.body) for envelope in envelopes]
    passages = [event for event in events if isinstance(event, EntryAdmitted | ExitAdmitted | EntryRefused)]
    assert len(passages) == 5
    for passage in passages:
        assert passage.photos
        for name in passage.photos:
            assert cv2.imdecode(np.frombuffer(photos.read(name), np.uint8), cv2.IMREAD_COLOR) is not None
