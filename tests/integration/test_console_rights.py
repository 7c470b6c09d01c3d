"""Passes, lists and the count at the console, by command and over the loopback API, on one running lot."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import CONSOLE, ConsoleClient, person
from lot_process import LotProcess, write_config
from openlot_command import openlot
from pixel_plates import write_picture

from lot_server.domain.events import PassGranted, PassRevoked, PlateListed, Recounted, decode
from lot_server.store.look import ReadStore

WHY = {"reason": "other", "note": "asked for"}
ENTRY_2 = '\n[[lanes]]\nid = "entry-2"\ndirection = "entry"\n'


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("rights"), spaces=50, more=ENTRY_2 + CONSOLE))
    process.start()
    yield process
    assert process.stop() == 0
    assert "Traceback" not in process.log()


@pytest.fixture(scope="module")
def ann(lot: LotProcess) -> Iterator[ConsoleClient]:
    client = person(lot, "ann", "administrator")
    yield client
    client.close()


def events(lot: LotProcess, kind: type) -> list[object]:
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        found = [decode(each.kind, each.body) for each in look.work.envelopes()]
    return [each for each in found if isinstance(each, kind)]


def audited(lot: LotProcess) -> list[tuple[str, str, str | None]]:
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        return [(each.actor, each.action, each.subject) for each in look.versions.trail(1000)]


def test_passes_at_the_console(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """A pass is granted, changed and revoked with reasons, each audited and a version; a refusal keeps the form."""
    ann.get("/passes/one")
    form = {"pass_id": "flat-7", "kind": "resident", "holder": "Li, flat 7", "plates": "aa-01-aa BB-02-BB",
            "spaces": "1", "valid_from": "2020-01-01", "valid_until": "2099-12-31", "lane:entry-1": "yes"}  # fmt: skip
    refused = ann.post("/passes/one", **{**form, "plates": "AA01AA AA01AA"}, **WHY)
    assert (refused.status_code, "Li, flat 7" in refused.text) == (422, True)
    page = ann.post("/passes/one", **form, **WHY)
    assert page.url.path == "/passes/one", page.text
    assert "BB02BB" in page.text
    assert ann.post("/passes/one", **form, **WHY).status_code == 422
    changed = ann.post("/passes/one", **{**form, "was": "flat-7", "plates": "AA01AA BB02BB CC03CC"}, **WHY)
    assert "CC03CC" in changed.text
    assert lot.fate(lot.send("entry-1", [write_picture(tmp_path / "a.png", "AA01AA")])) == "crossed"
    lot.until("entry-1", "idle")
    assert lot.fate(lot.send("entry-1", [write_picture(tmp_path / "b.png", "BB02BB")])) == "crossed"
    lot.until("entry-1", "idle")
    page = ann.get("/passes/one?id=flat-7")
    assert "1 of 1 taken" in page.text
    assert "pays as a visitor for now" in page.text
    assert "flat-7" in ann.get("/passes?q=cc03").text
    assert "flat-7" not in ann.get("/passes?q=nobody").text
    ann.get("/passes/one?id=flat-7")
    assert "Ended" in ann.post("/passes/revoke", pass_id="flat-7", **WHY).text
    assert ann.get("/passes/one?id=none").status_code == 404
    assert len(events(lot, PassGranted)) == 2
    (revoked,) = events(lot, PassRevoked)
    assert isinstance(revoked, PassRevoked)
    assert (revoked.operator, revoked.reason) == ("ann", "asked for")
    assert {("ann", "grant_pass", "flat-7"), ("ann", "revoke_pass", "flat-7")} <= set(audited(lot))


def test_lists_at_the_console(lot: LotProcess, ann: ConsoleClient) -> None:
    """A plate is listed and taken off with reasons; the configuration's own are shown, and stay."""
    page = ann.get("/lists")
    assert "ZZ99ZZ" in page.text
    form = {"kind": "block", "plate": "dd-04-dd", "listed_for": "owes three stays", "valid_until": "2099-01-01"}
    page = ann.post("/lists", **form)
    assert page.url.path == "/lists"
    assert "owes three stays" in page.text
    assert ann.post("/lists", **{**form, "free": "yes"}).status_code == 422
    assert ann.post("/lists", **{**form, "kind": "vip"}).status_code == 422
    ann.post("/lists", kind="allow", plate="EE05EE", listed_for="fire brigade", free="yes", when_full="yes")
    assert "parks free" in ann.get("/lists?q=EE05").text
    ann.post("/lists/remove", kind="block", plate="DD04DD", **WHY)
    assert "owes three stays" not in ann.get("/lists").text
    assert [each.listed.plate for each in events(lot, PlateListed) if isinstance(each, PlateListed)][-1] == "EE05EE"
    assert {("ann", "list_plate", "block DD04DD"), ("ann", "unlist_plate", "block DD04DD")} <= set(audited(lot))


def test_files_at_the_console(lot: LotProcess, ann: ConsoleClient) -> None:
    """A file is looked at before it is imported; wrong lines are named; what is exported can be imported."""
    text = "list,plate,reason,valid_until,free,when_full\nblock,FF06FF,damage,,no,no\n"
    ann.get("/lists/import")
    assert "1 new, 0 changed" in ann.post("/lists/import", csv=text).text
    assert "FF06FF" not in ann.get("/lists").text
    ann.get("/lists/import")
    assert ann.post("/lists/import", csv=text, **{"import": "yes"}, **WHY).url.path == "/lists"
    assert "FF06FF" in ann.get("/lists").text
    ann.get("/passes/import")
    refused = ann.post("/passes/import", csv="pass_id\nx\n")
    assert (refused.status_code, "line 1: the columns" in refused.text) == (422, True)
    exported = ann.get("/lists/lists.csv")
    assert "FF06FF" in exported.text
    ann.get("/lists/import")
    assert "0 new, 0 changed" in ann.post("/lists/import", csv=exported.text).text
    assert ann.get("/passes/passes.csv").text.startswith("\ufeffpass_id")


def test_the_count_at_the_console(lot: LotProcess, ann: ConsoleClient, tmp_path: Path) -> None:
    """A recount changes the free spaces for everybody; a vehicle believed gone is found, or its stay ended."""
    for again in range(2):
        picture = write_picture(tmp_path / f"{again}.png", "GG07GG")
        assert lot.fate(lot.send("entry-2", [picture])) == "crossed"
        lot.until("entry-2", "idle")
    page = ann.get("/occupancy")
    assert "Its plate stood at an entry again" in page.text
    (stay_id,) = set(re.findall(r"/occupancy/([^/]+)/found", page.text))
    ann.post(f"/occupancy/{stay_id}/found", **WHY)
    assert "No vehicle is believed gone" in ann.get("/occupancy").text
    ann.post(f"/occupancy/{stay_id}/write-off", **WHY)
    inside = len(lot.get("/stays")["stays"])
    ann.get("/occupancy")
    page = ann.post("/occupancy/recount", inside=str(inside + 3), **WHY)
    assert page.url.path == "/occupancy"
    assert lot.get("/state")["free_spaces"] == 50 - inside - 3
    (counted,) = events(lot, Recounted)
    assert isinstance(counted, Recounted)
    assert (counted.inside, counted.uncounted, counted.operator) == (inside + 3, 3, "ann")
    assert ann.post("/occupancy/recount", inside="many", **WHY).status_code == 422


def test_every_page_is_there_in_both_languages(lot: LotProcess, ann: ConsoleClient) -> None:
    """Each page answers in the browser's language, with no text left out."""
    for path in ("/passes", "/passes/one", "/passes/one?id=flat-7", "/lists", "/lists/import", "/occupancy", "/facts"):
        for language in ("en", "zh"):
            page = ann.http.get(path, headers={"accept-language": language})
            assert page.status_code == 200, (path, page.text)
            assert f'<html lang="{language}' in page.text
            assert "style=" not in page.text


def test_a_viewer_looks_and_changes_nothing(lot: LotProcess) -> None:
    """Without the role there is no form, and no order is taken."""
    bob = person(lot, "bob", "viewer")
    for path in ("/passes", "/lists", "/occupancy"):
        assert 'method="post"' not in re.sub(r'action="/sign-out" method="post"', "", bob.get(path).text)
    assert bob.post("/occupancy/recount", inside="1", **WHY).status_code == 403
    assert bob.get("/passes/passes.csv").status_code == 403
    assert bob.get("/lists/import").status_code == 403
    bob.close()


def test_the_commands(lot: LotProcess, tmp_path: Path) -> None:
    """Passes, lists and the count by command: orders, a file out and in, and what is wrong as one line and a status."""
    who = ("--config", lot.config, "--operator", "root", "--reason", "by hand")
    added = openlot("lot", "pass", "add", "p-1", "--plate", "hh-08-hh", "--plate", "II09II", "--kind", "staff",
                    "--from", "2026-01-01", "--until", "2099-12-31", *who)  # fmt: skip
    assert (added.status, added.out) == (0, "done\n"), added.err
    file = tmp_path / "passes.csv"
    assert openlot("lot", "pass", "export", file, *who).status == 0
    assert file.stat().st_mode & 0o777 == 0o600
    again = openlot("lot", "pass", "import", file, "--dry-run", *who)
    assert again.out.startswith("0 would be new, 0 would be changed")
    (tmp_path / "bad.csv").write_text("list,plate,reason,valid_until,free,when_full\nblock,,x,,no,no\n")
    bad = openlot("lot", "list", "import", tmp_path / "bad.csv", *who)
    assert bad.status == 1
    assert "bad_csv: line 2: " in bad.err
    assert openlot("lot", "list", "add", "block", "JJ10JJ", *who).out == "done\n"
    shown = json.loads(openlot("lot", "list", "show", "--config", lot.config, "--json").out)
    assert {"ZZ99ZZ", "JJ10JJ"} <= {each["plate"] for each in shown["listings"]}
    assert openlot("lot", "recount", "9", *who).out == "41 of 50 spaces free\n"
    assert "41 of 50 spaces free" in openlot("lot", "occupancy", "--config", lot.config).out
