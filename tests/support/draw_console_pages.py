"""Draws the pictures of docs/console.md: `python tests/support/draw_console_pages.py docs/images`, from the repository.

A simulated lot with drawn vehicles, the real server, and Chromium. Pillow makes the pictures small.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from browser import chromium
from busy_lot import Drawn, Past, draw_cars, write_marked
from console_client import CONSOLE, PASSWORD, console_port, person
from lot_process import LotProcess, write_config
from PIL import Image
from pixel_plates import TWIN

from benchmarks.simulation.bursts import drawn_cars
from benchmarks.simulation.scenario import Car
from lot_server.config import load_config
from lot_server.facts import record_facts
from lot_server.photos import PhotoFolder
from lot_server.store.store import Store
from vision.types import Frame

NOON = datetime(2026, 11, 20, 12, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
COLORS = 96
OWN = [
    Car(("苏E05EV8",), "苏E·05EV8", "cn_blue"),
    Car(("苏ED12868",), "苏E·D12868", "cn_green_small"),
    Car(("沪S0D22V",), "沪S·0D22V", "cn_blue"),
    Car(("沪S0D22W",), "沪S·0D22W", "cn_blue"),
]
CHANGES = {
    "Test lot": "Canal Street 运河街停车场",
    "1 Road": "1 Canal Street",
    "Europe/Amsterdam": "Asia/Shanghai",
    '"EUR"': '"CNY"',
    "free_minutes = 0": 'free_minutes = 15\nclasses = [{ name = "new energy", colors = ["green"], percent_off = 10 }]',
    "price = 200": "price = 500",
    "passage_s = 0.3": "passage_s = 3",
}
LANES = '\n[[lanes]]\nid = "entry-2"\ndirection = "entry"\n\n[[lanes]]\nid = "exit-2"\ndirection = "exit"\n'


def main(out: Path) -> None:
    """Write the pictures to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        config, ins, outs = _configure(Path(folder)), draw_cars(OWN, 3), draw_cars(OWN, 4)
        _live_through(config, ins)
        lot = LotProcess(config)
        lot.start()
        try:
            person(lot, "li.na", "administrator").close()
            _drive(lot, Path(folder), ins, outs)
            _look(lot, out)
        finally:
            lot.stop()


def _configure(folder: Path) -> Path:
    clock = f'origin = {NOON.isoformat()}\nspeed = 1\nstarted_at = "{datetime.now(UTC).isoformat()}"\n'
    file = write_config(folder, spaces=60, more=f"{LANES}\n[clock]\nsimulated = true\n{clock}{CONSOLE}")
    text = file.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


def _live_through(file: Path, ins: list[Drawn]) -> None:
    config = load_config(file)
    photos = PhotoFolder(config.store.photos)
    names = {each.plate: photos.keep(Frame(each.picture, "drawn", 0)) for each in ins}
    cars = [(each, photos.keep(Frame(each.picture, "drawn", 0))) for each in draw_cars(drawn_cars(10, 7))]
    store = Store(config.store.database, config.lot.id)
    midnight = NOON.replace(hour=0, minute=0)
    with store.transaction() as work:
        record_facts(work, config, midnight - timedelta(days=2))
        past = Past(work, config.tariffs[0], cars)
        for begins in (midnight - timedelta(days=1), midnight):
            past.day(begins, NOON)
        for drawn, minutes in zip(ins[1:], (192, 160, 85), strict=True):
            past.arrive(drawn, names[drawn.plate], NOON - timedelta(minutes=minutes))
    store.close()


def _drive(lot: LotProcess, folder: Path, ins: list[Drawn], outs: list[Drawn]) -> None:
    lot.fate(lot.send("entry-1", [write_marked(folder / "a.png", ins[0])]))
    lot.until("entry-1", "idle")
    lot.send("exit-1", [write_marked(folder / "b.png", outs[1])])
    lot.until("exit-1", "waiting_for_payment")
    lot.send("exit-2", [write_marked(folder / "c.png", outs[2], f"{outs[2].plate}{TWIN}W")])
    lot.until("exit-2", "waiting_for_operator")
    _take_money(lot)


def _take_money(lot: LotProcess) -> None:
    """A drawer in use, a merchant's coupon, and a stay that paid twice."""
    inside = {each["plate"]: each["stay_id"] for each in lot.get("/stays")["stays"]}
    lot.post("/shifts", {"account": "li.na", "amount_minor": 20000, "currency": "CNY"})
    cinema = {"name": "运河影院", "kind": "minutes", "value": 60, "per_day": 80, "operator": "li.na"}
    lot.post("/merchants", cinema)
    coupon = {"coupon_id": "ticket-17", "merchant": "运河影院", "kind": "minutes", "value": 60}
    lot.post(f"/stays/{inside['沪S0D22W']}/coupons", coupon | {"operator": "li.na", "reason": "G 17"})
    for number, (way, tendered) in enumerate((("cash", 5000), ("terminal", None))):
        paid = {"amount_minor": 1500, "currency": "CNY", "provider": way, "provider_reference": f"T1-00{number}"}
        lot.post(f"/stays/{inside['沪S0D22W']}/payments", paid | {"operator": "li.na", "tendered_minor": tendered})


def _look(lot: LotProcess, out: Path) -> None:
    inside = {each["plate"]: each["stay_id"] for each in lot.get("/stays")["stays"]}
    pages = {
        "lanes": "/",
        "compare": f"/lanes/exit-2/stays/{inside['沪S0D22V']}",
        "day": "/day?date=2026-11-19",
        "money": "/money",
        "bill": f"/stays/{inside['沪S0D22W']}/bill",
    }
    with chromium() as browser:
        how = {"viewport": {"width": 1024, "height": 700}, "locale": "en-GB"}
        page = browser.new_page(base_url=f"http://127.0.0.1:{console_port(lot)}", **how)
        page.goto("/")
        page.fill("[name=name]", "li.na")
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/")
        for name, path in pages.items():
            page.goto(path, wait_until="load")
            page.wait_for_function("[...document.images].every(each => each.complete)")
            file = out / f"console-{name}.png"
            page.screenshot(path=file, full_page=True)
            Image.open(file).convert("RGB").quantize(COLORS).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
