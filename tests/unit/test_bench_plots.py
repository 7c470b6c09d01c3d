"""The report's pictures: where numbers lie, which candidates are on the front, and that all is well-formed."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.judging.calibration import calibrate
from benchmarks.judging.confusion import Confusion
from benchmarks.judging.intervals import Interval
from benchmarks.report.confusion_plot import confusion_plot
from benchmarks.report.curves import reliability_plot
from benchmarks.report.gallery import LOST, marked
from benchmarks.report.pareto import Point, front, pareto
from benchmarks.report.svg import Axis, element, picture, text
from benchmarks.report.words import without_folders

shares = st.floats(0, 1)


def point(place: int, ms: float, read: float) -> Point:
    ends = (max(0.0, read - 0.03), min(1.0, read + 0.03))
    return Point(place, f"candidate {place} <&>", Interval(ms, 0.9 * ms, 1.1 * ms, 0.1), Interval(read, *ends, 0.01))


points = st.lists(st.tuples(st.floats(0.1, 10_000), shares), min_size=1, max_size=12).map(
    lambda pairs: [point(place, ms, read) for place, (ms, read) in enumerate(pairs)]
)


@given(points)
def test_nothing_beats_the_front_and_the_front_beats_the_rest(candidates: list[Point]) -> None:
    """No candidate is as fast and reads as much as one on the front and is better in one; each other one has such."""
    best = front(candidates)

    def beats(one: Point, other: Point) -> bool:
        as_good = one.ms.value <= other.ms.value and one.read.value >= other.read.value
        return as_good and (one.ms.value, one.read.value) != (other.ms.value, other.read.value)

    alike = {(p.ms.value, p.read.value) for p in best}
    assert not any(beats(one, other) for other in best for one in candidates)
    for candidate in candidates:
        assert (candidate.ms.value, candidate.read.value) in alike or any(beats(one, candidate) for one in best)


@given(points)
def test_the_front_is_drawn_whatever_is_measured(candidates: list[Point]) -> None:
    """The picture is well-formed XML with every name in it, though all or nothing is read."""
    drawn = ElementTree.fromstring(pareto(candidates))
    words = {node.text for node in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {candidate.name for candidate in candidates} <= words


@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e3), shares)
def test_an_axis_keeps_order_and_ends(low: float, length: float, place: float) -> None:
    """The ends lie at the ends, what is between them between, and ticks inside."""
    axis = Axis(low, low + length, 30, 400)
    value = low + place * length
    assert axis.at(low) == pytest.approx(30)
    assert axis.at(low + length) == pytest.approx(400)
    assert 30 - 1e-6 <= axis.at(value) <= 400 + 1e-6
    ticks = axis.ticks()
    assert all(low - 1e-6 * length <= tick <= low + length * (1 + 1e-6) for tick in ticks)
    assert 2 <= len(ticks) <= 8
    assert all(one < other for one, other in pairwise(ticks))


@given(st.floats(1e-3, 1e4), st.floats(1.5, 1e5))
def test_a_logarithmic_axis_spaces_ratios(low: float, ratio: float) -> None:
    """The geometric mean lies in the middle, and no tick outside."""
    axis = Axis(low, low * ratio, 0, 100, is_log=True)
    assume(low * ratio > low)
    assert axis.at(low * ratio**0.5) == pytest.approx(50)
    assert all(low * (1 - 1e-6) <= tick <= low * ratio * (1 + 1e-6) for tick in axis.ticks())


def test_what_is_drawn_is_escaped() -> None:
    """A name with markup in it stays a name."""
    drawn = picture(10, 10, "<b>", text(0, 0, 'a"<script>', fill='"red'), element("g", class_="x_y", stroke_width=1.0))
    root = ElementTree.fromstring(drawn)
    assert root.find("{*}text").text == 'a"<script>'  # type: ignore[union-attr]
    assert root.find("{*}g").attrib == {"class": "x_y", "stroke-width": "1"}  # type: ignore[union-attr]


def test_plots_of_little_are_drawn() -> None:
    """One mistake is a grid, and no report an empty diagram."""
    ElementTree.fromstring(confusion_plot("a", "#000000", Confusion({"8": 3}, {("8", "B"): 1, ("", "1"): 1})))
    ElementTree.fromstring(reliability_plot(0, "a", calibrate([], [None])))


@pytest.mark.parametrize(
    ("true", "read", "pieces"),
    [
        ("AB12", "AB12", (("AB12", False),)),
        ("AB12", "A812", (("A", False), ("8", True), ("12", False))),
        ("AB12", "A12", (("A", False), (LOST, True), ("12", False))),
        ("", "X", (("X", True),)),
    ],
)
def test_wrong_characters_are_marked(true: str, read: str, pieces: tuple[tuple[str, bool], ...]) -> None:
    """What differs from the truth stands out, what was lost too."""
    assert marked(true, read) == pieces


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("openlot bench run --data /srv/gate/photos/val --out /tmp/x", "openlot bench run --data …/val --out …/x"),
        ("--data=../lot/val ~/cards/a.toml", "--data=…/val …/a.toml"),
        ("--data $OPENLOT_DATA/val/eu", "--data $OPENLOT_DATA/val/eu"),
        ("http://ann:secret@reader.example:8000/v1/plate", "http:/…/plate"),
        ("int8/fp32, 25 photos a second", "int8/fp32, 25 photos a second"),
    ],
)
def test_folders_of_a_machine_are_left_out(words: str, told: str) -> None:
    """A command that is published names no user and no host, and keeps what tells it apart."""
    assert without_folders(words) == told
