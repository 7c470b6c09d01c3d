"""Accuracy by condition: a bar a candidate, with its 95 % interval."""

from collections.abc import Sequence

from markupsafe import Markup

from benchmarks.judging.figures import CandidateFigures
from benchmarks.report.svg import Axis, colour_of, element, line, picture, text
from benchmarks.report.words import counted

WIDTH, LEFT = 370.0, 4.0
BAR, GAP, HEAD, NAME = 11.0, 8.0, 20.0, 14.0


def conditions_of(candidates: Sequence[CandidateFigures]) -> list[str]:
    """The conditions under which photos are told apart, in at least two values each."""
    values: dict[str, set[str]] = {}
    for figures in candidates[0].conditions:
        values.setdefault(figures.condition, set()).add(figures.value)
    return [condition for condition, found in values.items() if len(found) > 1]


def condition_bars(candidates: Sequence[CandidateFigures], condition: str) -> Markup:
    """Photos read under each value of a condition, in %."""
    rows = [[figures for figures in c.conditions if figures.condition == condition] for c in candidates]
    x = Axis(0, 100, LEFT, WIDTH - 34)
    group = NAME + BAR * len(candidates) + GAP
    height = HEAD + group * len(rows[0]) + 4
    parts = [line(x.at(t), HEAD - 4, x.at(t), height - 4, class_="rule") for t in x.ticks()]
    parts += [text(x.at(t), 11, f"{t:g}", "middle", class_="tick") for t in x.ticks()]
    for i, first in enumerate(rows[0]):
        top = HEAD + group * i
        parts.append(text(LEFT, top + 9, first.value, class_="label"))
        parts.append(text(x.end + 32, top + 9, counted(first.photos, "photo"), "end", class_="tick"))
        for place, of_candidate in enumerate(rows):
            read = of_candidate[i].figures["top1"]
            if read is not None:
                parts += _bar(x, top + NAME + BAR * place, place, 100 * read.value, 100 * read.low, 100 * read.high)
    return picture(WIDTH, height, f"Photos read by {condition}", *parts)


def _bar(x: Axis, y: float, place: int, value: float, low: float, high: float) -> list[Markup]:
    end, middle = x.at(value), y + BAR / 2 - 0.75
    return [
        element(
            "rect", x=x.start, y=y, width=end - x.start, height=BAR - 1.5, fill=colour_of(place), fill_opacity=0.75
        ),
        line(x.at(low), middle, x.at(high), middle, class_="error"),
        text(x.end + 32, y + BAR - 2, f"{value:.1f}", "end", class_="tick"),
    ]
