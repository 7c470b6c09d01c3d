"""The day's charts as plain shapes, which the pages draw as inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 214
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 16, 28
STEPS = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `kind` names its colour, `value` is what it stands for."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    value: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A label at a place along an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Shapes in a box of WIDTH by HEIGHT. `line` are points of a stepped line, empty where there is none."""

    bars: tuple[Bar, ...]
    line: str
    area: str
    levels: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    limit: float | None


def bar_chart(series: Sequence[tuple[str, Sequence[int]]], hours: Sequence[str], scale: int = 1) -> Chart:
    """Bars side by side for each hour; `scale` units make one on the axis."""
    top = _top(max((max(values, default=0) for _, values in series), default=0), scale)
    slot = (WIDTH - LEFT - RIGHT) / len(hours)
    width = slot * 0.8 / len(series)
    bars = []
    for place, (kind, values) in enumerate(series):
        for hour, value in enumerate(values):
            height = (HEIGHT - TOP - BOTTOM) * value / top
            x = LEFT + slot * (hour + 0.1) + place * width
            bars.append(Bar(kind, _tenth(x), _tenth(HEIGHT - BOTTOM - height), _tenth(width), _tenth(height), value))
    return Chart(tuple(bars), "", "", _levels(top, scale), _hours(hours), None)


def step_chart(values: Sequence[int], hours: Sequence[str], limit: int) -> Chart:
    """A line that goes from hour to hour, and the height of `limit`."""
    top = _top(max(*values, limit), 1)
    slot = (WIDTH - LEFT - RIGHT) / len(hours)
    points = []
    for hour, value in enumerate(values):
        points += [f"{_tenth(LEFT + slot * (hour + end))},{_tenth(_y(value, top))}" for end in (0, 1)]
    line = " ".join(points)
    foot = HEIGHT - BOTTOM
    area = f"{LEFT},{foot} {line} {_tenth(LEFT + slot * len(values))},{foot}" if values else ""
    return Chart((), line, area, _levels(top, 1), _hours(hours), _tenth(_y(limit, top)))


def _top(most: int, scale: int) -> int:
    """The round number at or above the highest value, at least four of the axis' units."""
    unit = scale
    while True:
        for step in STEPS:
            if step * 4 * unit >= most:
                return step * 4 * unit
        unit *= 10


def _levels(top: int, scale: int) -> tuple[Mark, ...]:
    return tuple(Mark(_tenth(_y(top * part // 4, top)), str(top * part // 4 // scale)) for part in range(5))


def _hours(hours: Sequence[str]) -> tuple[Mark, ...]:
    slot = (WIDTH - LEFT - RIGHT) / len(hours)
    return tuple(Mark(_tenth(LEFT + slot * hour), text) for hour, text in enumerate(hours) if hour % 3 == 0)


def _y(value: int, top: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _tenth(value: float) -> float:
    return round(value, 1)
