"""Money at the console, over real HTTP: what operators, administrators and merchants take, give back and hand out."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import CONSOLE, PASSWORD, ConsoleClient, person
from lot_process import LotProcess, write_config
from pixel_plates import write_picture

import openlot
from lot_server.domain.money import Money
from lot_server.store.look import ReadStore

REASON = {"reason": "other", "note": "seen by eye"}


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("money"), spaces=50, more=CONSOLE))
    process.start()
    yield process
    assert process.stop() == 0
    assert not re.search(r"ERROR:(lot_server\.console|uvicorn)", process.log())


@pytest.fixture(scope="module")
def ann(lot: LotProcess) -> Iterator[ConsoleClient]:
    """An administrator, who reads English."""
    client = person(lot, "ann", "administrator")
    yield client
    client.close()


@pytest.fixture(scope="module")
def bob(lot: LotProcess) -> Iterator[ConsoleClient]:
    """An operator."""
    client = person(lot, "bob", "operator")
    yield client
    client.close()


def enter(lot: LotProcess, folder: Path, plate: str) -> str:
    """A vehicle drives in; the id of its stay."""
    assert lot.fate(lot.send("entry-1", [write_picture(folder / f"{plate}.png", plate)])) == "crossed"
    lot.until("entry-1", "idle")
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["plate"] == plate]
    return str(stay["stay_id"])


def hidden(page: str, name: str) -> str:
    """The value of the first field of a name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def money(lot: LotProcess):
    return ReadStore(lot.folder / "lot.db", "lot-1")


def test_a_day_at_the_desk(lot: LotProcess, ann: ConsoleClient, bob: ConsoleClient, tmp_path: Path) -> None:
    """Drawer, cash with change at the lane, an over-payment given back, a receipt, a count that differs, the report."""
    stay = enter(lot, tmp_path, "AA01AA")
    bob.get("/money")
    assert "Open since" in bob.post("/money/shift", opening="50", currency="EUR").text
    assert bob.post("/money/shift", opening="50", currency="EUR").status_code == 409

    vehicle = lot.send("exit-1", [write_picture(tmp_path / "x.png", "AA01AA")])
    lot.until("exit-1", "waiting_for_payment")
    page = bob.get("/").text
    assert "Why this amount?" in page
    assert "1 × 1 h at €2.00" in page
    cash = {name: hidden(page, name) for name in ("stay_id", "amount_minor", "currency", "reference")}
    bob.post("/lanes/exit-1/payment", method="cash", tendered="5,00", **cash)
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert lot.settle(stay, 200, "late-1").json() == {"outcome": "applied"}

    page = bob.get(f"/stays/{stay}").text
    assert "€5.00 handed over, €3.00 change" in page
    assert "Paid too much: to be given back" in page
    assert "Paid too much" in bob.get("/alerts").text
    assert f"/stays/{stay}" in bob.get("/money").text
    page = bob.get(f"/stays/{stay}").text
    at_desk = re.search(r"/settlements/([0-9a-f]{32})/refund", page)
    assert at_desk
    back = {"currency": "EUR", "reference": hidden(page, "reference"), **REASON}
    assert bob.post(f"/settlements/{at_desk[1]}/refund", amount="2.01", **back).status_code == 403
    assert "Give back" not in bob.post(f"/settlements/{at_desk[1]}/refund", amount="2", **back).text
    assert bob.post(f"/settlements/{at_desk[1]}/refund", amount="2", **back).status_code == 200
    assert "Paid too much" not in re.sub(r"<details.*", "", bob.get("/alerts").text, flags=re.S)

    receipt = bob.get(f"/stays/{stay}/bill").text
    for words in ("Receipt", "收据", "1 × 1 h at €2.00", "1 × 1 小时，每段 €2.00", "Change", "找零", "€3.00", "退款"):
        assert words in receipt
    shift = re.search(r"/money/shift/([0-9a-f]{32})/close", bob.get("/money").text)
    assert shift
    close = f"/money/shift/{shift[1]}/close"
    assert bob.post(close, counted="49.90", currency="EUR").status_code == 422
    assert "−€0.10" in bob.post(close, counted="49.90", currency="EUR", note="a coin").text

    page = ann.get("/day").text
    tiles = dict(re.findall(r'<span class="quiet">([^<]+)</span><strong>([^<]+)</strong>', page))
    assert tiles["Taken, less given back"] == "€2.00"
    rows = list(csv.reader(io.StringIO(ann.http.get("/day/money.csv").text.removeprefix("\ufeff"))))
    assert [(row[1], row[4], row[6], row[7]) for row in rows[1:]] == [
        ("payment", "cash", "2.00", "bob"),
        ("payment", "sandbox", "2.00", ""),
        ("refund", "cash", "-2.00", "bob"),
    ]


def test_a_debt_is_asked_for_when_its_plate_comes_again(
    lot: LotProcess, ann: ConsoleClient, bob: ConsoleClient, tmp_path: Path
) -> None:
    """Let out unpaid, it is listed by its plate; part is paid by terminal, an administrator gives up the rest."""
    stay = enter(lot, tmp_path, "BB02BB")
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "x.png", "BB02BB")])
    passage = lot.until("exit-1", "waiting_for_payment")["passage_id"]
    bob.get("/")
    bob.post("/lanes/exit-1/open", passage_id=passage, **REASON)
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert "BB02BB" in bob.get("/money").text
    again = enter(lot, tmp_path, "BB02BB")
    assert "owes €2.00 from before" in bob.get(f"/stays/{again}").text
    bob.get(f"/stays/{stay}")
    slip = {"method": "terminal", "amount_minor": "150", "currency": "EUR", "slip": "T1-0042"}
    assert "T1-0042" in bob.post(f"/stays/{stay}/payment", **slip).text
    assert bob.post(f"/stays/{again}/payment", **slip).status_code == 409
    assert bob.post(f"/stays/{stay}/forgive", **REASON).status_code == 403
    ann.get(f"/stays/{stay}")
    assert "Not asked for any more" in ann.post(f"/stays/{stay}/forgive", **REASON).text
    with money(lot).look() as look:
        assert look.work.owing.of_plate("BB02BB") == []
        assert look.work.settlements(stay)[0].amount == Money(150, "EUR")


def test_merchants_and_codes(lot: LotProcess, ann: ConsoleClient, bob: ConsoleClient, tmp_path: Path) -> None:
    """An administrator agrees and hands out codes; an operator takes one; a merchant's account does only its own."""
    stay, other = enter(lot, tmp_path, "CC03CC"), enter(lot, tmp_path, "DD04DD")
    ann.get("/merchants")
    terms = {"name": "影院", "kind": "amount", "value": "1.50", "per_day": "1", "active": "yes"}
    assert "€1.50" in ann.post("/merchants", **terms).text
    batch = {"merchant": "影院", "kind": "full", "value": "", "count": "2", "valid_until": "2099-12-31", **REASON}
    issued = ann.post("/merchants/codes", **batch)
    assert issued.headers["content-type"].startswith("text/csv")
    codes = [row[0] for row in csv.reader(io.StringIO(issued.text.removeprefix("\ufeff")))][1:]
    sheet = ann.post("/merchants/codes", sheet="yes", **batch)
    assert sheet.text.count("<svg") == 2
    ann.get("/merchants")
    assert ann.post("/merchants/codes", **{**batch, "valid_until": "soon"}).status_code == 422
    bob.get(f"/stays/{stay}")
    assert bob.post("/merchants/codes", **batch).status_code == 403
    assert "Paid for by 影院" in bob.post(f"/stays/{stay}/code", code=codes[0].lower()).text
    assert bob.post(f"/stays/{other}/code", code=codes[0]).status_code == 409
    assert bob.post(f"/stays/{other}/code", code="NOSUCHCODE").status_code == 404

    body = {"name": "desk", "role": "merchant", "operator": "root", "merchant": "影院"}
    one_time = str(lot.post("/accounts", body)["password"])
    assert lot.request("POST", "/accounts", {**body, "name": "x", "merchant": "nobody"}).status_code == 404
    desk = ConsoleClient(lot, "zh")
    assert desk.try_to_sign_in("desk", one_time).url.path == "/password"
    assert desk.post("/password", old=one_time, new=PASSWORD, again=PASSWORD).url.path == "/validate"
    for path in ("/stays", f"/stays/{other}", "/money", "/merchants", "/alerts", "/day", "/facts", "/trail", "/events"):
        assert desk.http.get(path).status_code == 403
    key = hidden(desk.get("/validate").text, "key")
    assert desk.post("/validate", plate="DD04D", key=key).status_code == 404
    assert "DD04DD 已获得优惠" in desk.post("/validate", plate="dd04dd", key=key).text
    assert desk.post("/validate", plate="CC03CC", key="another").status_code == 409
    desk.close()
    assert "€0.50" in bob.get(f"/stays/{other}").text
    assert bob.http.get("/validate").status_code == 403


def test_the_pages_of_money_are_there_in_both_languages(lot: LotProcess, ann: ConsoleClient) -> None:
    """Each answers in the browser's language, without scripts or styles of its own."""
    for path in ("/money", "/merchants", "/day"):
        pages = {language: ann.http.get(path, headers={"accept-language": language}) for language in ("en", "zh")}
        for language, page in pages.items():
            assert page.status_code == 200, page.text
            assert f'<html lang="{language}' in page.text
            assert "<script>" not in page.text
            assert " style=" not in page.text


def test_the_commands(lot: LotProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`openlot lot money` and `merchant` do at the command line what the console does."""

    def run(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            openlot.main(("lot", *words, "--config", str(lot.config)))
        printed = capsys.readouterr()
        assert ended.value.code in (0, None), printed.err
        return printed.out

    who, why = ("--operator", "ann"), ("--reason", "paid twice")
    stay = enter(lot, tmp_path, "EE05EE")
    assert run("money", "pay", stay, "500", "EUR", "--tendered", "1000", *who) == "applied\n"
    payment = lot.get(f"/stays/{stay}/payments")["payments"][0]
    assert payment["refundable_minor"] == 500
    assert payment["settlement_id"] in run("money", "payments", stay, "--json")
    assert run("money", "refund", payment["settlement_id"], "300", "EUR", *who, *why) == "applied\n"
    assert lot.get(f"/stays/{stay}/fee")["paid"] == 200
    shift = run("money", "open-shift", "carl", "1000", "EUR").strip()
    assert shift in run("money", "shifts", "--json")
    assert "difference 0.00 EUR" in run("money", "close-shift", shift, "1000", "EUR", *who)
    assert "EE05EE" not in run("money", "owed", "--json") + run("money", "overpaid", "--json")
    terms = ("minutes", "--value", "60", "--per-day", "5")
    assert run("merchant", "agree", "Gym", *terms, *who) == "done\n"
    assert "Gym" in run("merchant", "list", "--json")
    out, sheet = tmp_path / "codes.csv", tmp_path / "codes.html"
    files = ("--out", str(out), "--sheet", str(sheet), "--until", "2099-12-31T23:59+08:00")
    run("merchant", "codes", "Gym", "minutes", "3", "--value", "60", *files, *who, *why)
    rows = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert (len(rows), sheet.read_text().count("<svg")) == (4, 3)
    assert run("merchant", "redeem", stay, rows[1][0], *who, *why) == "applied\n"
