"""The operator console as a browser shows it: on a phone, tablets and a desk, live, and without its script."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import chromium
from busy_lot import Past, draw_cars
from console_client import CONSOLE, PASSWORD, ConsoleClient, console_port, person
from lot_process import LotProcess, write_config
from pixel_plates import TWIN, write_picture
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.simulation.bursts import drawn_cars
from lot_server.config import load_config
from lot_server.facts import record_facts
from lot_server.photos import PhotoFolder
from lot_server.store.store import Store
from vision.types import Frame

WINDOWS = ((390, "en-GB"), (390, "zh-CN"), (768, "zh-CN"), (768, "en-GB"), (1024, "en-GB"))
CUT_OFF = """
() => [...document.body.querySelectorAll("*")]
    .filter(each => !each.closest(".scroll, pre, textarea, .hidden, .skip"))
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.tagName + ": " + each.textContent.trim().slice(0, 40))
"""
"""What lies beyond the window's right edge and cannot be scrolled to inside a box of its own."""
UNNAMED = """
() => [...document.querySelectorAll("input:not([type=hidden]):not([hidden]), select, textarea:not([hidden])")]
    .filter(each => !each.labels.length && !each.getAttribute("aria-label")).map(each => each.outerHTML)
"""
"""Fields that a screen reader could not name."""
SMALL = """
() => [...document.querySelectorAll("main button, main .button, main select, main input:not([type=hidden])")]
    .map(each => (each.type === "checkbox" && each.closest("label") || each).getBoundingClientRect())
    .filter(box => box.height > 0 && box.height < 40).length
"""
"""How many controls are too low for a finger, which ticks a box by its label."""


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    """A lot with two days behind it, two vehicles inside that look alike, and one of them at the exit."""
    folder = tmp_path_factory.mktemp("chromium")
    config = write_config(folder, spaces=50, more=CONSOLE)
    live_through(config)
    process = LotProcess(config)
    process.start()
    for plate in ("AB12CA", "AB12CD", "ZX98YW"):
        assert process.fate(process.send("entry-1", [write_picture(folder / f"{plate}.png", plate)])) == "crossed"
        process.until("entry-1", "idle")
    process.send("exit-1", [write_picture(folder / "twin.png", f"AB12CA{TWIN}D")])
    process.until("exit-1", "waiting_for_operator")
    yield process
    assert process.stop() == 0


def live_through(file: Path) -> None:
    """Give a lot that has not begun its past."""
    config = load_config(file)
    photos, now = PhotoFolder(config.store.photos), datetime.now(UTC)
    cars = [(drawn, photos.keep(Frame(drawn.picture, "drawn", 0))) for drawn in draw_cars(drawn_cars(4, seed=1))]
    store = Store(config.store.database, config.lot.id)
    with store.transaction() as work:
        record_facts(work, config, now - timedelta(days=3))
        past = Past(work, config.tariffs[0], cars)
        for days in (2, 1):
            past.day(now - timedelta(days=days), now)
        past.refuse(now - timedelta(hours=1))
    store.close()


@pytest.fixture(scope="module")
def ann(lot: LotProcess) -> Iterator[ConsoleClient]:
    client = person(lot, "ann", "administrator")
    yield client
    client.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def sign_in(browser: Browser, lot: LotProcess, **how: object) -> tuple[BrowserContext, Page, list[str]]:
    """A page that signed in as ann, and what went wrong on it so far."""
    address = f"http://127.0.0.1:{console_port(lot)}"
    context = browser.new_context(base_url=address, **how)  # type: ignore[arg-type]
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
    page.goto("/")
    page.fill("[name=name]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/")
    return context, page, wrong


@pytest.mark.parametrize(("width", "locale"), WINDOWS)
def test_pages_fit_their_window(lot: LotProcess, ann: ConsoleClient, browser: Browser, width: int, locale: str) -> None:
    """No page is wider than its window or asks another server; fields have names and fit a finger; nothing fails."""
    context, page, wrong = sign_in(browser, lot, viewport={"width": width, "height": 900}, locale=locale)
    stay = lot.get("/stays")["stays"][0]["stay_id"]
    paths = ("/", "/stays", f"/stays/{stay}", f"/lanes/exit-1/stays/{stay}", "/alerts", "/day", "/facts")
    for path in (
        *paths,
        "/facts/tariffs/1",
        "/passes",
        "/lists",
        "/occupancy",
        "/money",
        "/merchants",
        "/emergency",
        "/clock",
        "/trail",
        "/password",
        "/sign-in",
    ):
        page.goto(path)
        page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(CUT_OFF) == [], path
        assert page.evaluate(UNNAMED) == [], path
        assert page.evaluate(SMALL) == 0, path
    assert wrong == []
    context.close()


def test_the_page_follows_the_lane_and_its_button_opens(
    lot: LotProcess, ann: ConsoleClient, browser: Browser, tmp_path: Path
) -> None:
    """A vehicle appears without a reload, what is being typed stays while others come, and a press lets it in."""
    context, page, wrong = sign_in(browser, lot, locale="en-GB", viewport={"width": 1024, "height": 768})
    page.wait_for_selector("#part-entry-1-seen .chip.calm")
    page.evaluate("window.stays = true")
    vehicle = lot.send("entry-1", [write_picture(tmp_path / "z.png", "ZZ99ZZ")])
    page.wait_for_selector("#part-entry-1-seen .chip.wait")
    assert "ZZ99ZZ" in page.inner_text("#part-entry-1-seen")
    page.click("#part-entry-1-orders summary")
    page.fill("#part-entry-1-orders [name=note]", "delivery of bread")
    page.select_option("#part-entry-1-orders [name=reason]", "other")
    assert page.input_value("#part-entry-1-orders [name=note]") == "delivery of bread"
    page.click("#part-entry-1-orders form button")
    assert lot.fate(vehicle) == "crossed"
    lot.until("entry-1", "idle")
    page.wait_for_selector("#part-entry-1-seen .chip.calm")
    assert "delivery of bread" in ann.get("/trail").text
    assert wrong == []
    context.close()


def test_it_works_without_its_script(lot: LotProcess, ann: ConsoleClient, browser: Browser) -> None:
    """Signing in, looking, comparing and resolving take no JavaScript; the lanes then refresh by themselves."""
    context, page, _ = sign_in(browser, lot, java_script_enabled=False, locale="en-GB")
    assert re.search(r'http-equiv="refresh"', page.content())
    page.click("text=Compare >> nth=0")
    page.click("text=Yes, this is the stay")
    page.wait_for_url("**/")
    lot.until("exit-1", "waiting_for_payment")
    context.close()
