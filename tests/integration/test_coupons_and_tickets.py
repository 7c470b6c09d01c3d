"""What changes a stay's fee beside its time, at a lot that runs: coupons, lost tickets, the plate's colour, and why."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from pixel_plates import UNREADABLE, write_picture

import openlot

PRICES = """
[[tariffs]]
version = 2
valid_from = 2026-01-02T00:00:00Z
free_minutes = 0
grace_minutes = 15
quote_minutes = 10
lost_ticket = 2000
lines = [{ start_minute = 0, block_minutes = 60, price = 200 }]

[[tariffs.classes]]
name = "new energy"
colors = ["green"]
percent_off = 50
"""
ORDER = {"operator": "ann", "reason": "a film"}


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("coupons"), spaces=50, more=PRICES))
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def park(lot: LotProcess, tmp_path: Path) -> Iterator[object]:
    """Drive a vehicle in; the id of its stay."""

    def enter(text: str | None) -> str:
        known = {stay["stay_id"] for stay in lot.get("/stays")["stays"]}
        picture = write_picture(tmp_path / "car.png", text or UNREADABLE)
        assert lot.fate(lot.send("entry-1", [picture])) == "crossed"
        lot.until("entry-1", "idle")
        (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["stay_id"] not in known]
        return str(stay["stay_id"])

    return enter


def fee(lot: LotProcess, stay_id: str) -> list[tuple[str, int]]:
    """The kinds and amounts of a fee's steps, which add up to what is due."""
    answer = lot.get(f"/stays/{stay_id}/fee")
    assert sum(step["amount"] for step in answer["steps"]) == answer["due"]
    return [(step["kind"], step["amount"]) for step in answer["steps"]]


def give(lot: LotProcess, stay_id: str, coupon_id: str, kind: str, value: int = 0) -> tuple[int, str]:
    """Status, and outcome or code, of a coupon."""
    body = {"coupon_id": coupon_id, "merchant": "cinema", "kind": kind, "value": value} | ORDER
    response = lot.request("POST", f"/stays/{stay_id}/coupons", body)
    answer = response.json()
    return response.status_code, answer.get("outcome", answer.get("code"))


def test_a_coupon_counts_once(lot: LotProcess, park) -> None:
    """The same coupon again changes nothing; its id for another stay or value is refused, and so is a bad value."""
    stay_id, other = park("COUP0N"), park("C0UP0N2")
    assert give(lot, stay_id, "c1", "amount", 50) == (200, "applied")
    assert give(lot, stay_id, "c1", "amount", 50) == (200, "already_applied")
    assert give(lot, stay_id, "c1", "amount", 60) == (409, "coupon_conflict")
    assert give(lot, other, "c1", "amount", 50) == (409, "coupon_conflict")
    assert give(lot, other, "c2", "percent", 100) == (422, "bad_coupon")
    assert give(lot, "nobody", "c3", "full") == (404, "unknown_stay")
    assert fee(lot, stay_id) == [("blocks", 200), ("coupon_amount", -50)]
    assert fee(lot, other) == [("blocks", 200)]


def test_a_coupon_opens_the_barrier_for_a_vehicle_that_waits(lot: LotProcess, park, tmp_path: Path) -> None:
    """A lane that waits for payment lets the vehicle go when a coupon covers the rest, and tells the fee later too."""
    stay_id = park("WA1T3R")
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "car.png", "WA1T3R")])
    assert lot.until("exit-1", "waiting_for_payment")["due"]["minor"] == 200
    assert give(lot, stay_id, "w1", "full") == (200, "applied")
    assert lot.fate(vehicle) == "crossed"
    assert fee(lot, stay_id) == [("blocks", 200), ("coupon_full", -200)]
    assert give(lot, stay_id, "w1", "full") == (200, "already_applied")
    assert give(lot, stay_id, "w2", "full") == (404, "unknown_stay")


def test_a_lost_ticket_has_its_rate(lot: LotProcess, park) -> None:
    """An operator says that a ticket is lost, once or twice, and the stay owes the rate for that."""
    stay_id = park(None)
    for _ in range(2):
        lot.post(f"/stays/{stay_id}/lost-ticket", ORDER)
    assert fee(lot, stay_id) == [("blocks", 200), ("lost_ticket", 1800)]
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["stay_id"] == stay_id]
    assert stay["ticket_lost"]
    response = lot.request("POST", "/stays/nobody/lost-ticket", ORDER)
    assert (response.status_code, response.json()["code"]) == (404, "unknown_stay")


def test_a_colour_that_was_read_wrong_is_corrected(lot: LotProcess, park) -> None:
    """The colour that an operator gives counts from then on; a correction without one leaves it."""
    stay_id = park("GR33N")
    before = fee(lot, stay_id)
    lot.post(f"/stays/{stay_id}/plate", ORDER | {"plate": "GR33N", "color": "green"})
    assert (before, fee(lot, stay_id)) == ([("blocks", 200)], [("blocks", 200), ("class", -100)])
    lot.post(f"/stays/{stay_id}/plate", ORDER | {"plate": "GR33M"})
    assert fee(lot, stay_id) == [("blocks", 200), ("class", -100)]
    response = lot.request("POST", f"/stays/{stay_id}/plate", ORDER | {"plate": "GR33N", "color": "pink"})
    assert (response.status_code, response.json()["code"]) == (422, "bad_request")


def test_the_fee_of_an_unknown_stay(lot: LotProcess) -> None:
    """A stay that never was is named so."""
    response = lot.request("GET", "/stays/nobody/fee")
    assert (response.status_code, response.json()["code"]) == (404, "unknown_stay")


def run_cli(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit status and output of `openlot lot`."""
    with pytest.raises(SystemExit) as ended:
        openlot.main(("lot", *words))
    return int(ended.value.code or 0), capsys.readouterr().out


def test_the_commands(lot: LotProcess, park, capsys: pytest.CaptureFixture[str]) -> None:
    """`coupon`, `lost-ticket`, `correct-plate --color` and `fee` do at the command line what the API does."""
    stay_id, config = park("C0MMAND"), ("--config", str(lot.config))
    who = ("--operator", "ann", "--reason", "a film")
    words = ("coupon", stay_id, "percent", "--value", "25", "--id", "k1", "--merchant", "cinema")
    assert run_cli(capsys, *words, *who, *config) == (0, "applied\n")
    assert run_cli(capsys, *words, *who, *config) == (0, "already_applied\n")
    assert run_cli(capsys, "correct-plate", stay_id, "C0MMAND", "--color", "green", *who, *config)[0] == 0
    status, out = run_cli(capsys, "fee", stay_id, *config)
    assert status == 0
    assert "1 × 1 h at 2.00 EUR  (20" in out
    assert "-1.00 EUR  50 % less for new energy" in out
    assert "-0.25 EUR  25 % off from cinema" in out
    assert out.endswith("fee 0.75 EUR, to pay 0.75 EUR\n")
    assert "new energy优惠 50%" in run_cli(capsys, "fee", stay_id, "--language", "zh", *config)[1]
    assert json.loads(run_cli(capsys, "fee", stay_id, "--json", *config)[1])["due"] == 75
    assert run_cli(capsys, "lost-ticket", stay_id, *who, *config) == (0, "done\n")
    assert "fee 20.00 EUR" in run_cli(capsys, "fee", stay_id, *config)[1]
    assert run_cli(capsys, "fee", "nobody", *config)[0] == 1
