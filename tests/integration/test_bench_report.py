"""`openlot bench report` and `openlot bench compare` over run folders."""

import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from run_folders import Given, draw_photos, failed, held_back, make_run, make_samples, prediction, read_plate
from typer.testing import CliRunner, Result

import benchmarks
from benchmarks.cli import app
from benchmarks.run_folder import Prediction
from benchmarks.types import Sample

PHOTOS = 40
SMOKE = Path(benchmarks.__file__).parent / "sets" / "smoke"


def good(sample: Sample, number: int) -> Prediction:
    """Reads all but photo 3."""
    if sample.id == "3.jpg":
        return prediction(sample.id, read_plate("苏E05EV9", 0.7), number=number)
    return prediction(sample.id, *(read_plate(plate.text, 0.95) for plate in sample.truth), number=number)


def weak(sample: Sample, number: int) -> Prediction:
    """Fails on photo 0, holds photo 1 back, finds nothing on photo 2, and takes 5 for S on photos 3 to 8."""
    place = int(sample.id.removesuffix(".jpg"))
    if place == 0:
        return failed(sample.id, number)
    if place == 1:
        return prediction(sample.id, held_back("苏E05EV"), number=number, ms=60, cpu=55)
    if place == 2:
        return prediction(sample.id, number=number, ms=60, cpu=55)
    text = sample.truth[0].text if sample.truth else "ZZ999"
    return prediction(
        sample.id, read_plate(text.replace("5", "S") if place < 9 else text), number=number, ms=60, cpu=55
    )


def made(folder: Path, *candidates: Given, machine: str = "bench-1") -> Path:
    texts = [f"苏E05EV{i % 9}" if i % 2 else f"KA05MG{i:02d}" for i in range(PHOTOS - 1)] + [""]
    samples = make_samples(folder, texts, lambda i: {"light": "night" if i % 4 == 0 else "day", "site": "north"})
    draw_photos(samples)
    make_run(folder, samples, candidates or (Given("good", good), Given("weak <1>", weak)), 2, machine)
    return folder


def bench(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


class Page(HTMLParser):
    """What a page asks for and what it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_is_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    """Its tags close, it runs no script and fetches nothing; photos are in it, with what was read and what is true."""
    result = bench("report", made(tmp_path / "run"), "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    html = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert page.open == []
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert page.addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert "url(" not in html
    assert "weak &lt;1&gt;" in html
    assert "weak <1>" not in html
    for heading in ("Verdict", "Accuracy", "Cost", "By condition", "How sure", "Characters confused", "gets wrong"):
        assert heading in html
    assert "<mark>S</mark>" in html
    assert "none reads it" in html
    assert page.tags.count("svg") > 8


@pytest.mark.parametrize(
    ("baseline", "answer"),
    [
        ("good", "Run good: weak <1> is not worth switching to."),
        ("weak <1>", "Switch from weak <1> to good."),
    ],
)
def test_the_answer_comes_first(tmp_path: Path, baseline: str, answer: str) -> None:
    """The first line that is printed, the page, Markdown and JSON all say which candidate to run, and what it does."""
    run = made(tmp_path / "run")
    result = bench("report", run, "--no-photos", "--baseline", baseline)
    assert result.stdout.splitlines()[0] == answer
    assert escape(answer) in (run / "report.html").read_text(encoding="utf-8")
    assert f"**{answer}** good reads 97.5 % of the photos" in (run / "report.md").read_text(encoding="utf-8")
    assert json.loads((run / "report.json").read_text(encoding="utf-8"))["headline"] == answer


def test_a_difference_that_cannot_be_told_is_said_in_the_answer(tmp_path: Path) -> None:
    """Of two candidates that read the same few photos at the same cost none is called better."""
    run = made(tmp_path / "run", Given("one", good), Given("other", good))
    answer = bench("report", run, "--no-photos", "--worth", 0).stdout.splitlines()[0]
    assert answer.startswith("Run one: no other is surely worth switching to. ")
    assert answer.endswith("too few to tell about other.")


def test_what_nobody_could_measure_takes_no_row(tmp_path: Path) -> None:
    """Figures that are unknown for every candidate are named below the table, and have no row of dashes."""
    run = made(tmp_path / "run", Given("dead", lambda sample, number: failed(sample.id, number)))
    assert bench("report", run, "--no-photos").exit_code == 0
    html = (run / "report.html").read_text(encoding="utf-8")
    assert "Not measured here: " in html
    assert '<th scope="row">p50' not in html
    assert '<th scope="row">models' in html


def test_a_report_that_may_be_shared_names_no_plate(tmp_path: Path) -> None:
    """Without photos no plate, file name or folder is in any of the three files, only how reads differ."""
    run = made(tmp_path / "run")
    assert bench("report", run, "--no-photos").exit_code == 0
    for name in ("report.html", "report.md", "report.json"):
        told = (run / name).read_text(encoding="utf-8")
        assert not re.search(r"E[0O][5S]EV|KA[0O][5S]MG|ZZ999|\.jpg|base64", told), name
        assert str(tmp_path) not in told
        assert "5>S at 4" in told or "5&gt;S at 4" in told


def test_a_report_for_machines_holds_every_figure(tmp_path: Path) -> None:
    """Counts come out as given: of 40 photos `good` misreads one, `weak` fails on one and gets ten wrong."""
    run = made(tmp_path / "run")
    assert bench("report", run).exit_code == 0
    told = json.loads((run / "report.json").read_text(encoding="utf-8"))
    first, second = told["candidates"]
    assert (told["photos"], told["plates"], told["baseline"]) == (PHOTOS, PHOTOS - 1, "good")
    assert first["figures"]["top1"]["value"] == pytest.approx(39 / 40)
    assert second["figures"]["failed"]["value"] == pytest.approx(1 / 40)
    assert second["figures"]["top1"]["value"] == pytest.approx(30 / 40)
    assert [m["sample"] for m in first["mistakes"]] == ["3.jpg"]
    assert second["mistakes"][0]["true"] == ["苏E05EV3"]
    assert {"true": "5", "read": "S", "times": 7, "of": 39} in second["confusions"]
    comparison = told["comparisons"][0]
    assert (comparison["only_first"], comparison["only_second"], comparison["decision"]) == (9, 0, "stay")
    assert comparison["cost"]["value"] == pytest.approx(55 / 18)


def test_markdown_holds_the_verdict_and_both_tables(tmp_path: Path) -> None:
    """It is what a pull request shows: every row of a table has as many cells as its head."""
    run = made(tmp_path / "run")
    assert bench("report", run, "--baseline", "weak <1>").exit_code == 0
    text = (run / "report.md").read_text(encoding="utf-8")
    assert "**good reads 22.5 points more" in text
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1
    assert "| night | 10 |" in text
    assert "| north |" not in text


def test_one_candidate_that_reads_nothing_has_a_report(tmp_path: Path) -> None:
    """Without anything to compare, time or show, the page still says what was measured."""
    run = made(tmp_path / "run", Given("dead", lambda sample, number: failed(sample.id, number)))
    result = bench("report", run)
    assert result.exit_code == 0, result.output
    html = (run / "report.html").read_text(encoding="utf-8")
    assert "Verdict" not in html
    assert "failed: unreadable_image" in html
    assert "It reported no text." in html


def test_photos_that_are_gone_are_said_to_be(tmp_path: Path) -> None:
    """A gallery of photos that are not there is refused, with what to do; a broken photo is shown as broken."""
    run = made(tmp_path / "run")
    (run / "photos" / "3.jpg").write_bytes(b"no picture")
    assert bench("report", run).exit_code == 0
    assert "The file shows no picture." in (run / "report.html").read_text(encoding="utf-8")
    told = (run / "run.json").read_text()
    (run / "run.json").write_text(told.replace(str(tmp_path), "$OPENLOT_NOWHERE"))
    assert "set OPENLOT_NOWHERE to that folder" in bench("report", run).stderr
    (run / "run.json").write_text(told)
    (run / "photos" / "3.jpg").unlink()
    result = bench("report", run)
    assert result.exit_code == 2
    assert "no_photos" in result.stderr
    assert "--no-photos" in result.stderr


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ((), 0),
        (("--max-loss", 30), 0),
        (("--max-loss", 22.5), 0),
        (("--max-loss", 20), 1),
        (("--max-loss", 30, "--proof", "sure"), 1),
        (("--max-loss", 50, "--proof", "sure"), 0),
        (("--max-cost", 4), 0),
        (("--max-cost", 2), 1),
    ],
)
def test_a_change_that_loses_too_much_is_stopped(tmp_path: Path, limits: tuple[object, ...], status: int) -> None:
    """22.5 points are lost at three times the cost: a limit below that exits 1 and says which; sure looks further."""
    run = made(tmp_path / "run")
    result = bench("compare", f"{run}:good", f"{run}:weak <1>", *limits)
    assert result.exit_code == status, result.output
    assert "weak <1> reads 22.5 points less" in result.stdout
    assert ("openlot bench compare: weak <1>" in result.stderr) is bool(status)


def test_a_gain_breaks_no_limit(tmp_path: Path) -> None:
    """The same two the other way round lose nothing, even surely."""
    run = made(tmp_path / "run")
    result = bench("compare", f"{run}:weak <1>", f"{run}:good", "--max-loss", 0, "--proof", "sure", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["decision"], told["broken"]) == ("switch", [])


def test_two_runs_are_compared_by_their_only_candidate(tmp_path: Path) -> None:
    """A run with one candidate needs no name; what ran on another machine has no cost to compare."""
    before = made(tmp_path / "before", Given("reader", good))
    after = made(tmp_path / "after", Given("reader", weak), machine="bench-2")
    result = bench("compare", before, after, "--max-loss", 5)
    assert result.exit_code == 1
    assert "cost is left out" in result.stdout
    later = made(tmp_path / "later", Given("reader", weak), Given("other", good))
    assert "by processor time" in bench("compare", before, f"{later}:reader").stdout
    refused = bench("compare", before, after, "--max-cost", 5)
    assert refused.exit_code == 2
    assert "not measured alike" in refused.stderr


def test_references_that_name_nothing_are_refused(tmp_path: Path) -> None:
    """No run, no candidate, or several without a name: exit 2 and what to give."""
    run = made(tmp_path / "run")
    for reference, message in (
        (run, "name one"),
        (f"{run}:best", "no candidate best"),
        (tmp_path / "none", "give the --out folder"),
    ):
        result = bench("compare", reference, f"{run}:good")
        assert result.exit_code == 2
        assert message in result.stderr


def test_gpu_time_is_time_on_the_clock(tmp_path: Path) -> None:
    """Processor time says nothing about a GPU, so that cost is elapsed time where one of two ran on it."""
    run = made(tmp_path / "run", Given("good", good), Given("gpu", weak, provider="cuda"))
    result = bench("compare", f"{run}:good", f"{run}:gpu")
    assert "by time, at 1 point a doubling" in result.stdout


def test_an_output_that_is_no_folder_is_named(tmp_path: Path) -> None:
    """Results for which no folder can be made exit 2, with what to give, before anything is read."""
    run = made(tmp_path / "run")
    taken = run / "run.json"
    for command in (
        ("report", run, "--no-photos", "--out", taken),
        ("run", "--data", SMOKE, "--out", taken / "deeper"),
        ("run", "--data", SMOKE, "--out", taken),
        ("video", "--out", taken),
        ("read", "--data", SMOKE, "--out", taken),
    ):
        result = bench(*command)
        assert result.exit_code == 2, result.output
        assert re.search("openlot bench: out_folder_(unusable|taken): ", result.stderr), result.stderr
