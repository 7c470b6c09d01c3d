"""The loopback API of a running lot over real HTTP: who may call it, what it answers, and how it says no."""

import hashlib
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from lot_process import LotProcess, write_config
from pixel_plates import UNREADABLE, write_picture

from lot_server.domain.ledger import GENESIS


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("loopback"), spaces=50))
    process.start()
    yield process
    assert process.stop() == 0


def enter(lot: LotProcess, picture: Path) -> str:
    """A vehicle drives in; the id of its stay."""
    known = {stay["stay_id"] for stay in lot.get("/stays")["stays"]}
    assert lot.fate(lot.send("entry-1", [picture])) == "crossed"
    lot.until("entry-1", "idle")
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["stay_id"] not in known]
    return str(stay["stay_id"])


def problem(lot: LotProcess, method: str, path: str, body: object = None) -> tuple[int, str]:
    """Status and code of an answer that says no, which must also say why."""
    response = lot.request(method, path, body)
    answer = response.json()
    assert set(answer) == {"code", "message"}
    assert answer["message"]
    return response.status_code, answer["code"]


@pytest.mark.parametrize("path", ["/state", "/stays", "/photos/" + "0" * 64 + "?operator=ann", "/simulated/vehicles/x"])
@pytest.mark.parametrize("token", ["wrong", "%C3%A4"])
def test_nobody_gets_in_without_the_token(lot: LotProcess, path: str, token: str) -> None:
    """A wrong token is answered 401 on every route."""
    response = lot.request("GET", path, token=token)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


def test_a_missing_token_is_no_token(lot: LotProcess) -> None:
    """A request without the header is answered 401 as well."""
    address = json.loads((lot.folder / "loopback.json").read_text())
    response = httpx2.get(f"http://127.0.0.1:{address['port']}/loopback/v1/state", trust_env=False)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


def test_the_token_is_for_the_lots_user_only(lot: LotProcess) -> None:
    """loopback.token has mode 0600 and a long random token."""
    file = lot.folder / "loopback.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text()) >= 40


def test_state_tells_the_lot_the_ledger_and_each_lane(lot: LotProcess) -> None:
    """/state has what consoles and the demo rely on."""
    state = lot.get("/state")
    assert (state["lot_id"], state["spaces"], state["simulated"]) == ("lot-1", 50, False)
    assert state["now"].endswith("Z")
    assert set(state["ledger"]) == {"seq", "head", "acked_seq"}
    assert [(lane["lane_id"], lane["direction"], lane["state"]) for lane in state["lanes"]] == [
        ("entry-1", "entry", "idle"),
        ("exit-1", "exit", "idle"),
    ]


def test_a_stay_is_listed_with_its_photo(lot: LotProcess, tmp_path: Path) -> None:
    """A vehicle that drove in is among the stays, and its photo can be had by its hash."""
    stay_id = enter(lot, write_picture(tmp_path / "a.png", "PH0T01"))
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["stay_id"] == stay_id]
    assert (stay["plate"], stay["state"]) == ("PH0T01", "open")
    response = lot.request("GET", f"/photos/{stay['photos'][0]}?operator=ann")
    assert response.headers["content-type"] == "image/jpeg"
    assert hashlib.sha256(response.content).hexdigest() == stay["photos"][0]


def test_a_settlement_is_applied_once(lot: LotProcess, tmp_path: Path) -> None:
    """The first delivery applies, every repeat says so, another amount under the same reference is a conflict."""
    stay_id = enter(lot, write_picture(tmp_path / "a.png", "SETT1E"))
    seq = lot.get("/state")["ledger"]["seq"]
    assert lot.settle(stay_id, 200, "once").json() == {"outcome": "applied"}
    assert lot.settle(stay_id, 200, "once").json() == {"outcome": "already_applied"}
    conflict = lot.settle(stay_id, 300, "once")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "settlement_conflict")
    assert lot.get("/state")["ledger"]["seq"] == seq + 1


def test_a_settlement_for_an_unknown_stay_is_told(lot: LotProcess) -> None:
    """404 unknown_stay, so that the cloud can alert and refund."""
    response = lot.settle("nobody", 200, "lost")
    assert (response.status_code, response.json()["code"]) == (404, "unknown_stay")


def test_an_ack_moves_the_watermark(lot: LotProcess) -> None:
    """/acks stores what the cloud has applied, and calls a different hash a fork."""
    ledger = lot.get("/state")["ledger"]
    assert lot.post("/acks", {"applied_seq": 0, "head": GENESIS})["acked_seq"] == ledger["acked_seq"]
    assert lot.post("/acks", {"applied_seq": ledger["seq"], "head": ledger["head"]}) == {"acked_seq": ledger["seq"]}
    assert lot.get("/state")["ledger"]["acked_seq"] == ledger["seq"]
    beyond = {"applied_seq": ledger["seq"] + 9, "head": ledger["head"]}
    assert problem(lot, "POST", "/acks", beyond) == (409, "ledger_fork")
    assert problem(lot, "POST", "/acks", {"applied_seq": 1, "head": ledger["head"]}) == (409, "ledger_fork")


def test_a_plate_can_be_corrected(lot: LotProcess, tmp_path: Path) -> None:
    """An operator's correction, in any spelling, is what the stay is found by."""
    stay_id = enter(lot, write_picture(tmp_path / "a.png", "C0RR0"))
    lot.post(f"/stays/{stay_id}/plate", {"plate": "co-rr 0", "operator": "ann", "reason": "an O, not a zero"})
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["stay_id"] == stay_id]
    assert stay["plate"] == "CORR0"


def test_an_operator_resolves_and_opens(lot: LotProcess, tmp_path: Path) -> None:
    """An unreadable vehicle at the exit waits for the operator, who names its stay and then lets it go."""
    stay_id = enter(lot, write_picture(tmp_path / "a.png", "RES01VE"))
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "b.png", UNREADABLE)])
    lot.until("exit-1", "waiting_for_operator")
    (alert,) = [alert for alert in lot.get("/alerts")["alerts"] if alert["lane_id"] == "exit-1"]
    assert alert["code"]
    lot.post("/lanes/exit-1/resolve", {"stay_id": stay_id, "operator": "ann", "reason": "same car"})
    lane = lot.until("exit-1", "waiting_for_payment")
    assert lane["stay_id"] == stay_id
    lot.post("/lanes/exit-1/open", {"operator": "ann", "reason": "on the house"})
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert stay_id not in {stay["stay_id"] for stay in lot.get("/stays")["stays"]}
    assert [alert for alert in lot.get("/alerts")["alerts"] if alert["lane_id"] == "exit-1"] == []


def test_a_terminal_at_the_barrier_takes_the_money(lot: LotProcess, tmp_path: Path) -> None:
    """A payment at the lane settles the stay that waits there and opens the barrier."""
    car = write_picture(tmp_path / "a.png", "TERM1N")
    stay_id = enter(lot, car)
    vehicle = lot.send("exit-1", [car])
    due = lot.until("exit-1", "waiting_for_payment")["due"]
    paid = {"amount_minor": due["minor"], "currency": due["currency"], "provider": "cash", "provider_reference": "c-1"}
    assert lot.post("/lanes/exit-1/payment", paid) == {"outcome": "applied"}
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert stay_id not in {stay["stay_id"] for stay in lot.get("/stays")["stays"]}


def test_a_lane_holds_one_vehicle(lot: LotProcess, tmp_path: Path) -> None:
    """A second vehicle is answered 409 until the first has reversed away."""
    blocked = write_picture(tmp_path / "a.png", "ZZ99ZZ")
    vehicle = lot.send("entry-1", [blocked])
    second = {"frames": [str(blocked)], "behaviour": "cross"}
    assert problem(lot, "POST", "/simulated/lanes/entry-1/vehicles", second) == (409, "lane_occupied")
    lot.until("entry-1", "refused")
    assert lot.lane("entry-1")["message"] == "no_admission"
    lot.post("/simulated/lanes/entry-1/leave")
    assert lot.fate(vehicle) == "refused"
    lot.until("entry-1", "idle")
    assert problem(lot, "POST", "/simulated/lanes/entry-1/leave") == (409, "nothing_waits")


def test_a_dead_camera_is_loud_and_no_dead_end(lot: LotProcess, tmp_path: Path) -> None:
    """With a dead camera the lane shows the fault, an alert is raised, and the vehicle still gets in with a ticket."""
    lot.post("/simulated/lanes/entry-1/camera", {"working": False})
    vehicle = lot.send("entry-1", [write_picture(tmp_path / "a.png", "DEADC4M")])
    assert lot.fate(vehicle) == "crossed"
    assert lot.until("entry-1", "idle")["fault"] is not None
    assert [stay["plate"] for stay in lot.get("/stays")["stays"] if stay["ticket_id"]][-1] is None
    assert [alert for alert in lot.get("/alerts")["alerts"] if alert["lane_id"] == "entry-1"]
    lot.post("/simulated/lanes/entry-1/camera", {"working": True})
    enter(lot, write_picture(tmp_path / "a.png", "W0RKS1"))
    assert lot.lane("entry-1")["fault"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        pytest.param("GET", "/nothing", None, (404, "unknown_path"), id="path"),
        pytest.param("PUT", "/state", None, (405, "method_not_allowed"), id="method"),
        pytest.param("GET", "/photos/" + "0" * 64 + "?operator=ann", None, (404, "photo_unavailable"), id="photo"),
        pytest.param("GET", "/photos/" + "0" * 64, None, (422, "bad_request"), id="photo for nobody"),
        pytest.param("GET", "/stays?state=closed", None, (422, "bad_request"), id="query"),
        pytest.param("POST", "/settlements", {"stay_id": "x"}, (422, "bad_body"), id="settlement-lacks-fields"),
        pytest.param("POST", "/settlements", [1], (422, "bad_request"), id="settlement-no-object"),
        pytest.param("POST", "/acks", {"applied_seq": 1, "head": "x"}, (422, "bad_request"), id="ack"),
        pytest.param("POST", "/lanes/nowhere/open", {"operator": "a", "reason": "b"}, (404, "unknown_lane"), id="lane"),
        pytest.param(
            "POST", "/lanes/exit-1/open", {"operator": "", "reason": "b"}, (422, "bad_request"), id="no-operator"
        ),
        pytest.param(
            "POST",
            "/lanes/exit-1/resolve",
            {"stay_id": "x", "operator": "a", "reason": "b"},
            (409, "nothing_waits"),
            id="nobody-to-resolve",
        ),
        pytest.param(
            "POST",
            "/lanes/exit-1/payment",
            {"amount_minor": 100, "currency": "EUR", "provider": "cash", "provider_reference": "1"},
            (409, "nothing_waits"),
            id="nobody-to-pay",
        ),
        pytest.param(
            "POST",
            "/lanes/exit-1/payment",
            {"amount_minor": 1.5, "currency": "EUR", "provider": "cash", "provider_reference": "1"},
            (422, "bad_request"),
            id="float-amount",
        ),
        pytest.param(
            "POST",
            "/stays/nobody/plate",
            {"plate": "A1", "operator": "a", "reason": "b"},
            (404, "unknown_stay"),
            id="stay",
        ),
        pytest.param("GET", "/simulated/vehicles/nobody", None, (404, "unknown_vehicle"), id="vehicle"),
        pytest.param(
            "POST", "/simulated/lanes/exit-1/vehicles", {"frames": [], "colour": 1}, (422, "bad_request"), id="unknown"
        ),
    ],
)
def test_what_cannot_be_done_is_answered_typed(
    lot: LotProcess, method: str, path: str, body: object, expected: tuple[int, str]
) -> None:
    """Every refusal is {"code", "message"} with its status, and nothing is recorded."""
    before = lot.get("/state")["ledger"]
    assert problem(lot, method, path, body) == expected
    assert lot.get("/state")["ledger"] == before


def test_the_log_holds_no_plate_and_no_token(lot: LotProcess, tmp_path: Path) -> None:
    """Plates of vehicles that came and the token are nowhere in the server's log."""
    enter(lot, write_picture(tmp_path / "a.png", "SECRET7"))
    log = lot.log()
    assert "SECRET7" not in log
    assert (lot.folder / "loopback.token").read_text() not in log
    assert not re.search(r"POST|GET", log)


def test_the_address_is_written_for_other_programs(lot: LotProcess) -> None:
    """loopback.json names the host and the port that port 0 became."""
    address = json.loads((lot.folder / "loopback.json").read_text())
    assert address["host"] == "127.0.0.1"
    assert address["port"] > 0
