"""Small pieces of SVG, and axes that know where a number lies. Sizes are user units; the page scales each picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b", "#56a3d9", "#7a5c3e", "#555555")
"""Told apart by colour-blind people too: mostly M. Okabe and K. Ito's (2008). Beyond eight they come again."""
LEAST_RATIO = 8
"""Of its ends, from which a logarithmic axis has the usual ticks at 1, 2 and 5."""
SCALE = 1.2
"""Pixels a user unit on a page that is wide enough."""
MARKERS = ("circle", "square", "triangle", "diamond")
"""Told apart in black and white."""


def element(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """`<name attributes>children</name>`, all escaped; in attribute names `_` stands for `-`, at the end for nothing.

    Numbers are cut to two decimals.
    """
    listed = [
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    ]
    return Markup("<{}{}>{}</{}>").format(name, Markup("").join(listed), Markup("").join(map(escape, children)), name)


def picture(width: float, height: float, title: str, *children: Markup) -> Markup:
    """A whole picture with a title for those who cannot see it."""
    return element(
        "svg",
        element("title", title),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        style=f"width:{width * SCALE:g}px",
    )


def text(x: float, y: float, words: str, anchor: str = "start", **attributes: object) -> Markup:
    """Words at a point of their baseline."""
    return element("text", words, x=x, y=y, text_anchor=anchor, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> Markup:
    """A straight line; its class gives the colour unless `stroke` does."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def path(points: Sequence[tuple[float, float]], **attributes: object) -> Markup:
    """A line through points."""
    steps = " ".join(f"{'L' if i else 'M'}{x:.2f} {y:.2f}" for i, (x, y) in enumerate(points))
    return element("path", d=steps, fill="none", **attributes)


def marker(place: int, x: float, y: float, size: float = 4.5) -> Markup:
    """The mark of the candidate at a place (from 0) of the run."""
    colour, shape = colour_of(place), MARKERS[place % len(MARKERS)]
    if shape == "circle":
        return element("circle", cx=x, cy=y, r=size, fill=colour)
    if shape == "square":
        return element("rect", x=x - size, y=y - size, width=2 * size, height=2 * size, fill=colour)
    corners = [(x, y - 1.3 * size), (x + 1.2 * size, y + size), (x - 1.2 * size, y + size)]
    if shape == "diamond":
        corners = [(x, y - 1.4 * size), (x + 1.4 * size, y), (x, y + 1.4 * size), (x - 1.4 * size, y)]
    return element("polygon", points=" ".join(f"{px:.2f},{py:.2f}" for px, py in corners), fill=colour)


def colour_of(place: int) -> str:
    """The colour of the candidate at a place (from 0) of the run."""
    return COLOURS[place % len(COLOURS)]


@dataclass(frozen=True, slots=True)
class Axis:
    """Numbers from `low` to `high` along user units from `start` to `end`, by their logarithm if `is_log`."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Where a number lies; beyond the ends it lies on them."""
        low, high, inside = self.low, self.high, min(max(value, self.low), self.high)
        if self.is_log:
            low, high, inside = log10(low), log10(high), log10(inside)
        return self.start + (self.end - self.start) * (inside - low) / (high - low)

    def ticks(self, about: int = 5) -> list[float]:
        """Round numbers along the axis, about so many."""
        if self.is_log and self.high / self.low > LEAST_RATIO:
            steps = (1, 2, 5) if log10(self.high / self.low) < 3.5 else (1,)
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            return [s * 10.0**p for p in powers for s in steps if self.low <= s * 10.0**p <= self.high]
        rough = (self.high - self.low) / about
        power = 10.0 ** floor(log10(rough))
        step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
        first = ceil(self.low / step - 1e-9)
        return [round(step * i, 10) for i in range(first, floor(self.high / step + 1e-9) + 1)]


def frame(
    x: Axis, y: Axis, x_title: str, y_title: str, about: int = 5, y_label: Callable[[float], float] = float
) -> Markup:
    """Grid lines, their numbers (upwards as `y_label` has them) and both titles."""
    left, right, bottom, top = x.start, x.end, max(y.start, y.end), min(y.start, y.end)
    parts = [line(left, y.at(t), right, y.at(t), class_="rule") for t in y.ticks(about)]
    parts += [line(x.at(t), bottom, x.at(t), top, class_="rule") for t in x.ticks(about)]
    parts += [text(left - 5, y.at(t) + 4, f"{y_label(t):g}", "end", class_="tick") for t in y.ticks(about)]
    parts += [text(x.at(t), bottom + 14, f"{t:g}", "middle", class_="tick") for t in x.ticks(about)]
    parts += [line(left, bottom, right, bottom, class_="axis"), line(left, bottom, left, top, class_="axis")]
    parts += [text(right, bottom + 29, x_title, "end", class_="title"), text(0, top - 8, y_title, class_="title")]
    return Markup("").join(parts)


def _plain(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
