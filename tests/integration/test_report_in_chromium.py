"""The bench's report as a browser shows and prints it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Browser, Page
from run_folders import Given, draw_photos, held_back, make_run, make_samples, prediction, read_plate
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.run_folder import Prediction
from benchmarks.types import Sample

NAMES = ("openlot-int8", "openlot-fp32", "a-composite-of-two-other-networks", "peer-latin", "rapidocr", "easyocr")
SECTIONS = ("Verdict", "Accuracy", "Cost", "By condition", "How sure, and how right", "Characters confused",
            "What each gets wrong", "How it was measured")  # fmt: skip
PHONE, TABLET, DESKTOP, PAPER = 390, 820, 1366, 688
"""Widths in CSS pixels; the last is A4 at 96 dpi less both margins of 14 mm."""
CUT_OFF = """
() => [...document.body.querySelectorAll("*")]
    .filter(each => !each.closest(".scroll") || getComputedStyle(each.closest(".scroll")).overflowX === "visible")
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.tagName + ": " + each.textContent.trim().slice(0, 40))
"""
"""What lies beyond the window's right edge and cannot be scrolled to inside a box of its own."""


def reads(place: int) -> Callable[[Sample, int], Prediction]:
    """A candidate that the more photos are too hard for, the later its place."""

    def read(sample: Sample, number: int) -> Prediction:
        photo, text = int(sample.id.removesuffix(".jpg")), sample.truth[0].text
        times = {"ms": 20.0 * 2**place, "cpu": 18.0 * 2**place}
        if photo % 17 == place:
            return prediction(sample.id, held_back(text[:-1]), **times)
        wrong = text.replace("0", "O").replace("5", "S") if photo % 11 < place else text
        return prediction(sample.id, read_plate(wrong, 0.6 + 0.01 * photo % 0.4), **times)

    return read


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders `open` and `shared` with reports of six candidates, with photos and without."""
    folder = tmp_path_factory.mktemp("reports")
    samples = make_samples(
        folder,
        [f"苏E05EV{i % 10}" if i % 2 else f"KA05MG{i:02d}" for i in range(40)],
        lambda i: {"light": "night" if i % 4 == 0 else "day", "distance": f"plate {60 * (i % 3)} to 120 px"},
    )
    draw_photos(samples)
    make_run(folder, samples, [Given(name, reads(place)) for place, name in enumerate(NAMES)])
    for name, photos in (("open", "--photos"), ("shared", "--no-photos")):
        made = CliRunner().invoke(app, ["report", str(folder), photos, "--out", str(folder / name)])
        assert made.exit_code == 0, made.output
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", ["open", "shared"])
def test_a_report_asks_for_nothing_and_complains_of_nothing(page: Page, reports: Path, kind: str) -> None:
    """Nothing but the file itself is fetched, the browser's console stays empty, and every photo is a picture."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = (reports / kind / "report.html").as_uri()
    page.goto(address)
    assert [url for url in asked if not url.startswith("data:image/jpeg;base64,")] == [address]
    assert said == []
    sizes = page.evaluate("() => [...document.images].map(image => image.naturalWidth)")
    assert bool(sizes) is (kind == "open")
    assert all(sizes)


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
@pytest.mark.parametrize("kind", ["open", "shared"])
def test_a_report_fits_the_screen(page: Page, reports: Path, kind: str, width: int) -> None:
    """The page does not scroll sideways, nothing but tables is cut off, and the answer is on the first screen."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((reports / kind / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CUT_OFF) == []
    box = page.locator(".headline").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800


def test_names_in_the_plot_lie_beside_each_other(page: Page, reports: Path) -> None:
    """No label of the plot of accuracy against time covers another or leaves the picture."""
    page.goto((reports / "open" / "report.html").as_uri())
    plot = page.locator("svg", has=page.get_by_text("Accuracy against time"))
    edges = plot.evaluate("each => each.getBoundingClientRect().toJSON()")
    boxes = plot.locator("text.label").evaluate_all("all => all.map(each => each.getBoundingClientRect().toJSON())")
    assert len(boxes) == len(NAMES)
    assert all(edges["left"] <= box["left"] and box["right"] <= edges["right"] + 1 for box in boxes)
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] - 3 <= other["top"] or other["bottom"] - 3 <= one["top"]


@pytest.mark.parametrize("kind", ["open", "shared"])
def test_a_report_prints_whole(page: Page, reports: Path, kind: str) -> None:
    """On A4 no table is cut off, and the PDF holds every section."""
    page.set_viewport_size({"width": PAPER, "height": 900})
    page.emulate_media(media="print")
    page.goto((reports / kind / "report.html").as_uri())
    assert page.evaluate(CUT_OFF) == []
    printed = page.pdf(prefer_css_page_size=True, outline=True, tagged=True)
    titles = [line for line in printed.split(b"\n") if b"/Title" in line]
    for section in SECTIONS:
        assert any(section.encode() in title for title in titles), section
