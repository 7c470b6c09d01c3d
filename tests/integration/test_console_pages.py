"""What operators see and do at the console, over real HTTP against a lot whose simulated barriers move."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from console_client import CONSOLE, ConsoleClient, console_port, person
from lot_process import LotProcess, write_config
from pixel_plates import TWIN, write_picture

from lot_server.domain.audit import AuditEntry
from lot_server.domain.clock import from_text
from lot_server.domain.money import Money
from lot_server.store.look import ReadStore

EMERGENCY = '\n[emergency]\ninput = "simulated"\ndebounce_s = 0.0\n'
REASON = {"reason": "other", "note": "seen by eye"}


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("console"), spaces=50, more=CONSOLE + EMERGENCY))
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


def look(lot: LotProcess) -> ReadStore:
    return ReadStore(lot.folder / "lot.db", "lot-1")


def last_entry(lot: LotProcess, action: str) -> AuditEntry:
    """The newest entry of the audit trail with an action."""
    with look(lot).look() as found:
        return next(entry for entry in found.versions.trail(1000) if entry.action == action)


def enter(lot: LotProcess, folder: Path, plate: str) -> str:
    """A vehicle drives in; the id of its stay."""
    assert lot.fate(lot.send("entry-1", [write_picture(folder / f"{plate}.png", plate)])) == "crossed"
    lot.until("entry-1", "idle")
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["plate"] == plate]
    return str(stay["stay_id"])


def passage(lot: LotProcess, lane_id: str) -> str:
    return str(lot.lane(lane_id)["passage_id"])


def leave(lot: LotProcess, ann: ConsoleClient, vehicle: str) -> None:
    """Whoever stands at the exit is let out."""
    ann.get("/")
    ann.post("/lanes/exit-1/open", passage_id=passage(lot, "exit-1"), **REASON)
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")


def test_every_page_is_there_in_both_languages(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """Each page answers in the browser's language, with no text left out, and keeps a choice of language."""
    stay = enter(lot, tmp_path, "AA01AA")
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "x.png", "AA01AA")])
    lot.until("exit-1", "waiting_for_payment")
    paths = ("/", "/stays", "/stays?where=left&sort=plate", f"/stays/{stay}", f"/lanes/exit-1/stays/{stay}", "/alerts")
    paths += ("/day", "/facts", "/facts/tariffs/1", "/trail", "/password", "/sign-in", "/emergency", "/clock")
    for path in paths:
        pages = {language: ann.http.get(path, headers={"accept-language": language}) for language in ("en", "zh")}
        for language, page in pages.items():
            assert page.status_code == 200, (path, page.text)
            assert f'<html lang="{language}' in page.text
            assert "<script>" not in page.text
            assert " style=" not in page.text
        assert pages["en"].text != pages["zh"].text
    assert "车道" in ann.http.get("/?lang=zh", headers={"accept-language": "en"}).text
    assert "车道" in ann.http.get("/", headers={"accept-language": "en"}).text
    ann.http.get("/?lang=en")
    assert ann.http.get("/nope").status_code == 404
    leave(lot, ann, vehicle)


def test_opening_at_the_console_opens_the_barrier(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """A vehicle that was refused drives in once an operator opens, and the trail says who, where and why."""
    vehicle = lot.send("entry-1", [write_picture(tmp_path / "b.png", "ZZ99ZZ")])
    lot.until("entry-1", "refused")
    page = ann.get("/")
    assert "Refused" in page.text
    assert ann.post("/lanes/entry-1/open", passage_id="another", **REASON).status_code == 409
    assert (
        ann.post("/lanes/entry-1/open", passage_id=passage(lot, "entry-1"), reason="other", note=" ").status_code == 422
    )
    assert ann.post("/lanes/entry-1/open", passage_id=passage(lot, "entry-1"), **REASON).url.path == "/"
    assert lot.fate(vehicle) == "crossed"
    lot.until("entry-1", "idle")
    entry = last_entry(lot, "open_lane")
    assert (entry.actor, entry.subject, entry.reason) == ("ann", "entry-1", "seen by eye")
    assert ann.post("/lanes/nowhere/open", passage_id="", **REASON).status_code == 404


def test_an_operator_says_whose_vehicle_it_is(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """Two stays fit a read: both are shown beside the vehicle, and the chosen one is asked to pay, then leaves."""
    first, second = enter(lot, tmp_path, "BB11BA"), enter(lot, tmp_path, "BB11BC")
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "c.png", f"BB11BA{TWIN}C")])
    lot.until("exit-1", "waiting_for_operator")
    page = ann.get("/")
    assert "Needs you" in page.text
    for stay in (first, second):
        assert f"/lanes/exit-1/stays/{stay}" in page.text
    compared = ann.get(f"/lanes/exit-1/stays/{second}")
    photos = re.findall(r'src="(/photos/[0-9a-f]{64})"', compared.text)
    assert len(set(photos)) == 2
    here = passage(lot, "exit-1")
    assert ann.post("/lanes/exit-1/resolve", stay_id=second, passage_id=here, **REASON).status_code == 200
    lot.until("exit-1", "waiting_for_payment")
    assert last_entry(lot, "resolve_stay").subject == f"exit-1 {second}"

    page = ann.get("/")
    due = re.search(r'name="amount_minor" value="(\d+)"', page.text)
    reference = re.search(r'name="reference" value="([^"]+)"', page.text)
    assert due
    assert reference
    cash = {"stay_id": second, "amount_minor": due[1], "currency": "EUR", "reference": reference[1]}
    assert ann.post("/lanes/exit-1/payment", **{**cash, "stay_id": first}).status_code == 409
    assert ann.post("/lanes/exit-1/payment", **cash).url.path == "/"
    assert lot.fate(vehicle) == "crossed"
    lot.until("exit-1", "idle")
    assert ann.post("/lanes/exit-1/payment", **cash).status_code == 409
    with look(lot).look() as found:
        (paid,) = found.work.settlements(second)
    assert (paid.provider, paid.amount) == ("cash", Money(int(due[1]), "EUR"))


def test_a_plate_is_corrected_with_both_photos(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """The stay's page shows both photos; the new plate is mirrored, and its fee is looked at again."""
    stay = enter(lot, tmp_path, "DD22DD")
    vehicle = lot.send("exit-1", [write_picture(tmp_path / "d.png", "DD22DD", shade=120)])
    lot.until("exit-1", "waiting_for_payment")
    page = ann.get(f"/stays/{stay}")
    assert len(set(re.findall(r'src="(/photos/[0-9a-f]{64})"', page.text))) == 2
    assert ann.post(f"/stays/{stay}/plate", plate="!!", color="", **REASON).status_code == 422
    assert ann.post(f"/stays/{stay}/plate", plate="dd-22-de", color="pink", **REASON).status_code == 422
    corrected = ann.post(f"/stays/{stay}/plate", plate="dd-22-de", color="yellow", **REASON)
    assert "ann corrected DD22DD to DD22DE" in corrected.text
    with look(lot).look() as found:
        changed = found.work.stay(stay)
        assert changed is not None
        assert (changed.plate, changed.plate_color) == ("DD22DE", "yellow")
        assert [each.kind for each in found.work.envelopes()][-1] == "plate_corrected"
    assert last_entry(lot, "correct_plate").subject == stay
    leave(lot, ann, vehicle)
    assert ann.post(f"/stays/{stay}/plate", plate="XX", color="", **REASON).status_code == 404


def test_stays_are_found_by_a_part_that_was_misheard(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """O and 0, I and 1 find each other in any spelling; what no plate has finds nothing."""
    stay = enter(lot, tmp_path, "EO10XY")
    for part in ("EO10XY", "e0-iox", "0IO", "  xy "):
        assert f"/stays/{stay}" in ann.http.get("/stays", params={"q": part}).text
    for part in ("ZZZZ", "%", "_", "'; --", "E" * 40):
        assert f"/stays/{stay}" not in ann.http.get("/stays", params={"q": part}).text
    assert f"/lanes/exit-1/stays/{stay}" in ann.http.get("/stays", params={"q": "EO", "lane": "exit-1"}).text
    assert ann.http.get("/stays", params={"sort": "price"}).status_code == 422
    assert ann.http.get("/stays/nothing").status_code == 404


def test_a_lost_ticket_is_said_at_the_console(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """A stay by ticket gets the form, and it is recorded once."""
    assert lot.fate(lot.send("entry-1", [write_picture(tmp_path / "t.png", None)])) == "crossed"
    lot.until("entry-1", "idle")
    (stay,) = [each["stay_id"] for each in lot.get("/stays")["stays"] if each["ticket_id"] and not each["plate"]][-1:]
    assert "The ticket is lost" in ann.get(f"/stays/{stay}").text
    assert "The ticket is lost." in ann.post(f"/stays/{stay}/ticket", **REASON).text
    assert last_entry(lot, "lose_ticket").subject == stay


def test_alerts_are_resolved_with_a_reason(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """A dead camera's alert is shown until somebody says what came of it; a second time is refused."""
    lot.post("/simulated/lanes/entry-1/camera", {"working": False})
    assert lot.fate(lot.send("entry-1", [write_picture(tmp_path / "a.png", "AL00RT")])) == "crossed"
    lot.until("entry-1", "idle")
    lot.post("/simulated/lanes/entry-1/camera", {"working": True})
    alert = lot.get("/alerts")["alerts"][0]
    assert "Camera gives no picture" in ann.get("/").text
    page = ann.get("/alerts")
    assert alert["alert_id"] in page.text
    done = ann.post(f"/alerts/{alert['alert_id']}/resolve", **REASON)
    assert f"/alerts/{alert['alert_id']}/resolve" not in done.text
    assert "Resolved by ann" in done.text
    assert ann.post(f"/alerts/{alert['alert_id']}/resolve", **REASON).status_code == 409
    assert last_entry(lot, "resolve_alert").subject == alert["alert_id"]


def test_who_looked_at_a_photo_is_written_down(lot: LotProcess, ann: ConsoleClient) -> None:
    """A photo is given to whoever signed in, with one entry in the trail however often it is loaded."""
    photo = next(stay["photos"][0] for stay in lot.get("/stays")["stays"] if stay["photos"])
    other = person(lot, "vic", "viewer")
    for _ in range(3):
        answer = other.http.get(f"/photos/{photo}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["cache-control"].startswith("private")
    with look(lot).look() as found:
        looks = [each for each in found.versions.trail(1000) if (each.actor, each.subject) == ("vic", photo)]
    assert len(looks) == 1
    for name in ("0" * 64, "..%2f..%2flot.db", "x"):
        assert other.http.get(f"/photos/{name}").status_code == 404
    other.close()


def test_the_day_adds_up(lot: LotProcess, ann: ConsoleClient) -> None:
    """Page and files tell the same entries and money as the store, and say who took the list of plates."""
    with look(lot).look() as found:
        facts = found.work.lot()
        inside = len(found.work.open_stays())
        total, _ = found.stays.page("left", "", "newest", 0, 1)
    assert facts is not None
    page = ann.get("/day").text
    tiles = dict(re.findall(r'<span class="quiet">([^<]+)</span><strong>([^<]+)</strong>', page))
    entries, exits = int(tiles["Entries"]), int(tiles["Exits"])
    assert entries - exits == inside
    assert exits == total
    hours = ann.http.get("/day/hours.csv").text.splitlines()[1:]
    assert sum(int(line.split(",")[1]) for line in hours) == entries
    stays = ann.http.get("/day/stays.csv")
    assert len(stays.text.splitlines()) == 1 + entries
    assert 'filename="lot-1-stays-' in stays.headers["content-disposition"]
    assert (last_entry(lot, "export_day").subject or "").startswith("stays-")
    for wrong in ("2126-01-01", "yesterday", "1999-01-01"):
        assert ann.http.get("/day", params={"date": wrong}).status_code == 422
    assert ann.http.get("/day", params={"date": "2020-02-29"}).status_code == 200


def test_pages_follow_the_lanes(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """The stream brings every part at once, then those that change, and ends when the account is removed."""
    watcher = person(lot, "wim", "viewer")
    parts: dict[str, str] = {}
    with watcher.http.stream("GET", "/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        vehicle, removed = "", False
        for line in stream.iter_lines():
            if line.startswith("data: {"):
                told = json.loads(line.removeprefix("data: "))
                parts[told["part"]] = told["html"]
            if not vehicle and len(parts) == 5:
                vehicle = lot.send("entry-1", [write_picture(tmp_path / "w.png", "ZZ99ZZ")])
            if not removed and vehicle and "Refused" in parts["entry-1-seen"]:
                assert "ZZ99ZZ" in parts["entry-1-seen"]
                lot.post("/accounts/wim/remove", {"operator": "root"})
                removed = True
            if line == "event: gone":
                break
        else:
            raise AssertionError("the stream ended without saying so")
    assert set(parts) == {"head", *(f"{lane}-{part}" for lane in ("entry-1", "exit-1") for part in ("seen", "orders"))}
    assert "/open" not in parts["entry-1-orders"]
    lot.post("/simulated/lanes/entry-1/leave")
    watcher.close()


def test_a_console_that_cannot_run_stops_no_lane(tmp_path: Path) -> None:
    """With its port taken the lot is ready, lets vehicles in, and its log says what is wrong."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        lot = LotProcess(write_config(tmp_path, more=f"\n[console]\nport = {port}\n"))
        lot.start()
        enter(lot, tmp_path, "AB12CD")
        assert f"cannot listen on 127.0.0.1:{port}" in lot.log()
    # Once the port is free the console comes by itself.
    assert console_port(lot) == port
    assert lot.stop() == 0


def test_an_emergency_is_seen_ended_and_reconciled(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """The input opens all barriers and every page says so; who left unknown is given a stay; only then they close."""
    stay = enter(lot, tmp_path, "EM01EM")
    lot.post("/simulated/emergency", {"on": True})
    for _ in range(2000):
        if all(lane["held"] for lane in lot.get("/state")["lanes"]):
            break
    assert "all barriers are held open" in ann.get("/stays").text
    assert lot.fate(lot.send("exit-1", [write_picture(tmp_path / "who.png", "UN99UN")])) == "crossed"
    for _ in range(2000):
        if found := lot.get("/emergency")["unmatched"]:
            break
    (left,) = found
    assert (left["plate"], left["lane_id"], len(left["photos"])) == ("UN99UN", "exit-1", 1)
    assert ann.get(f"/photos/{left['photos'][0]}").status_code == 200
    page = ann.get("/emergency")
    assert "UN99UN" in page.text
    assert f'value="{stay}"' in page.text
    assert ann.post("/emergency/release", **REASON).status_code == 409
    lot.post("/simulated/emergency", {"on": False})
    ann.get("/emergency")
    assert ann.post(f"/emergency/unmatched/{left['passage_id']}", stay_id=stay, **REASON).status_code == 200
    assert "UN99UN" not in ann.get("/emergency").text
    assert ann.post("/emergency/release", **REASON).status_code == 200
    lot.until("exit-1", "idle")
    assert not lot.get("/emergency")["held"]
    assert "all barriers are held open" not in ann.get("/").text
    assert (last_entry(lot, "reconcile_exit").actor, last_entry(lot, "release_barriers").actor) == ("ann", "ann")
    ann.get("/emergency")
    ann.post("/emergency/hold", **REASON)
    assert last_entry(lot, "hold_barriers").reason == "seen by eye"
    ann.post("/emergency/release", **REASON)
    lot.until("entry-1", "idle")


def test_the_clock_can_be_set(lot: LotProcess, ann: ConsoleClient) -> None:
    """A clock that is not in doubt needs no word; a time by the lot's zone sets it, and the trail says who did."""
    ann.get("/clock")
    assert ann.post("/clock", **REASON).status_code == 409
    assert ann.post("/clock", time="half past", **REASON).status_code == 422
    ann.get("/clock")
    later = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(minutes=10)
    assert ann.post("/clock", time=later.strftime("%Y-%m-%dT%H:%M:%S"), **REASON).status_code == 200
    ahead = from_text(lot.get("/clock")["now"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < ahead < timedelta(minutes=11)
    assert last_entry(lot, "confirm_clock").actor == "ann"
