"""The lot's facts and price lists, changed at the console: versioned, audited, mirrored, and kept across restarts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import CONSOLE, ConsoleClient, person
from lot_process import LotProcess, write_config

from lot_server.domain.events import LotDescribed, TariffPublished, decode
from lot_server.store.look import ReadStore

TEXT = """
valid_from = 2026-01-01T00:00:00Z
free_minutes = 15
lines = [{ start_minute = 0, block_minutes = 30, price = 150 }]
daily_cap = 1800
grace_minutes = 15
quote_minutes = 10
"""


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path, more=CONSOLE))
    process.start()
    yield process
    if process.running:
        assert process.stop() == 0
    assert "Traceback" not in process.log()


@pytest.fixture
def ann(lot: LotProcess) -> Iterator[ConsoleClient]:
    client = person(lot, "ann", "administrator")
    yield client
    client.close()


def was(page: str) -> str:
    """What the form says it was filled from."""
    found = re.search(r'name="was" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def facts(lot: LotProcess) -> LotDescribed:
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        found = look.work.lot()
    assert found is not None
    return found


def test_facts_are_versioned_audited_and_mirrored(lot: LotProcess, ann: ConsoleClient) -> None:
    """A change becomes an event and a version with its author; a stale form and nonsense change nothing."""
    form = {
        "was": was(ann.get("/facts").text),
        "name": "New name",
        "address": "2 Road",
        "latitude": "52.1",
        "longitude": "-4.25",
        "spaces": "7",
        "reason": "other",
        "note": "two bays more",
    }
    for wrong in ({"spaces": "0"}, {"latitude": "91"}, {"longitude": "nan"}, {"name": " "}, {"spaces": "many"}):
        refused = ann.post("/facts", **{**form, **wrong})
        assert refused.status_code == 422
        assert "New name" in refused.text or wrong == {"name": " "}
    assert facts(lot).spaces == 5
    page = ann.post("/facts", **form)
    assert page.status_code == 200
    assert "two bays more" in page.text
    assert ann.post("/facts", **{**form, "name": "Late"}).status_code == 403
    changed = facts(lot)
    assert (changed.name, changed.spaces, changed.free_spaces) == ("New name", 7, 7)
    assert (changed.latitude_e6, changed.longitude_e6, changed.currency) == (52_100_000, -4_250_000, "EUR")
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        events = [decode(each.kind, each.body) for each in look.work.envelopes() if each.kind == "lot_described"]
        versions = look.versions.facts()
    assert events[-1] == changed
    assert [(each.actor, each.reason, each.facts.name) for each in versions] == [
        ("ann", "two bays more", "New name"),
        (None, None, "Test lot"),
    ]
    assert "New name" in ann.http.get("/sign-in").text


def test_of_console_and_configuration_the_later_change_holds(
    lot: LotProcess, ann: ConsoleClient, tmp_path: Path
) -> None:
    """A restart with the same file keeps the console's facts; a file that was changed since is followed."""
    form = {"was": was(ann.get("/facts").text), "name": "At the console", "address": "1 Road", "latitude": "52"}
    ann.post("/facts", **form, longitude="4", spaces="5", reason="other", note="x")
    assert lot.stop() == 0
    lot.start()
    assert facts(lot).name == "At the console"
    assert lot.stop() == 0
    config = tmp_path / "lot.toml"
    config.write_text(config.read_text().replace("Test lot", "In the file"))
    lot.start()
    assert facts(lot).name == "In the file"


def test_a_price_list_is_tried_out_then_published(lot: LotProcess, ann: ConsoleClient) -> None:
    """A try publishes nothing; publishing gives the next version, mirrored, with its author; none is changed."""
    page = ann.get("/facts/tariffs/1").text
    assert "block_minutes = 60" in page
    tried = ann.post("/facts/tariffs/1", text=TEXT)
    assert tried.status_code == 200
    assert "€1.50" in tried.text
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        assert [each.tariff.version for each in look.versions.tariffs()] == [1]
    order = {"publish": "yes", "next": "2", "reason": "other", "note": "spring"}
    for wrong in (TEXT.replace("30", "thirty"), TEXT + "version = 9\n", TEXT.replace("daily_cap", "dayly_cap"), ""):
        refused = ann.post("/facts/tariffs/1", **order, text=wrong)
        assert refused.status_code == 422
        assert "This was not taken" in refused.text
    published = ann.post("/facts/tariffs/1", **order, text=TEXT)
    assert published.url.path == "/facts/tariffs/2"
    again = ann.post("/facts/tariffs/1", **order, text=TEXT)
    assert again.status_code == 422
    assert "somebody else published" in again.text
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        newest = look.versions.tariffs()[0]
        events = [decode(each.kind, each.body) for each in look.work.envelopes() if each.kind == "tariff_published"]
    assert events[-1] == TariffPublished(newest.tariff)
    assert (newest.tariff.version, newest.actor, newest.reason) == (2, "ann", "spring")
    assert "In force" in ann.get("/facts").text
    assert ann.get("/facts/tariffs/3").status_code == 503
