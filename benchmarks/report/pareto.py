"""Accuracy against time: which candidates no other one beats in both."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from benchmarks.judging.figures import CandidateFigures
from benchmarks.judging.intervals import Interval
from benchmarks.report.svg import Axis, colour_of, frame, line, marker, path, picture, text

WIDTH, HEIGHT, LEFT = 380.0, 300.0, 40.0
LETTER, LINE = 7.4, 13.0
"""About how wide a letter and how high a line of a label is."""
LEAST_ERROR = 0.001
"""The smallest share of photos not read that the picture tells from none."""


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate by its place in the run: the median milliseconds a photo, and the share of photos read."""

    place: int
    name: str
    ms: Interval
    read: Interval


def points_of(candidates: Sequence[CandidateFigures]) -> list[Point]:
    """The candidates whose time is known."""
    return [
        Point(place, candidate.name, candidate.speed.p50, read)
        for place, candidate in enumerate(candidates)
        if candidate.speed.p50 is not None and (read := candidate.figures["top1"]) is not None
    ]


def front(points: Sequence[Point]) -> list[Point]:
    """Those that no other one beats, being as fast and reading as much and one of it more; the fastest first."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point.ms.value, -point.read.value)):
        if not best or point.read.value > best[-1].read.value:
            best.append(point)
    return best


def pareto(points: Sequence[Point]) -> Markup:
    """The picture: time to the right, accuracy upwards, each with its 95 % interval, and the front.

    Upwards it goes by the logarithm of what is not read, as from 98 to 99 % is as far as from 80 to 90 %.
    """
    worst, best_read = max(1 - point.read.low for point in points), max(point.read.value for point in points)
    y = Axis(max(LEAST_ERROR, (1 - best_read) / 1.6) * 100, min(1.0, 1.15 * worst) * 100, 24, HEIGHT - 40, is_log=True)
    fast, slow = min(point.ms.low for point in points), max(point.ms.high for point in points)
    x = Axis(fast / 1.4, slow * 1.4, 38, WIDTH - 12, is_log=True)
    best = front(points)
    steps = [(x.at(best[0].ms.value), y.end)]
    for point in best:
        steps += [(x.at(point.ms.value), steps[-1][1]), (x.at(point.ms.value), _height(y, point.read.value))]
    steps.append((x.end, steps[-1][1]))
    titles = ("milliseconds a photo, median", "photos read, %")
    parts = [frame(x, y, *titles, y_label=lambda wrong: 100 - wrong), path(steps, class_="front")]
    for point in points:
        at_x, at_y, colour = x.at(point.ms.value), _height(y, point.read.value), colour_of(point.place)
        up, down = _height(y, point.read.high), _height(y, point.read.low)
        parts.append(line(at_x, up, at_x, down, stroke=colour, class_="whisker"))
        parts.append(line(x.at(point.ms.low), at_y, x.at(point.ms.high), at_y, stroke=colour, class_="whisker"))
        parts.append(marker(point.place, at_x, at_y))
    spots = [(x.at(point.ms.value), _height(y, point.read.value)) for point in points]
    whiskers = [(at, _height(y, p.read.high), _height(y, p.read.low)) for (at, _), p in zip(spots, points, strict=True)]
    parts += _labels(points, spots, whiskers)
    return picture(WIDTH, HEIGHT, "Accuracy against time", *parts)


def _height(y: Axis, read: float) -> float:
    return y.at(100 * (1 - read))


def _labels(
    points: Sequence[Point], spots: Sequence[tuple[float, float]], whiskers: Sequence[tuple[float, float, float]]
) -> list[Markup]:
    """A name beside each spot, where it covers no other spot, name or whisker (x, top, bottom) if there is a place."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in spots]
    lines = [(x - 1, top, x + 1, bottom) for x, top, bottom in whiskers]
    labels = []
    for point, (x, y) in zip(points, spots, strict=True):
        wide = LETTER * len(point.name)
        sides = (x + 9, x - 9 - wide, min(max(x - wide / 2, LEFT), WIDTH - wide))
        ways = [(left, y + down) for down in (-6, 12, -20, 26, -34, 40) for left in sides]
        boxes = [(left, base - LINE + 3, left + wide, base + 3) for left, base in ways]
        clashes = [
            2 * sum(_overlaps(box, other) for other in taken)
            + sum(_overlaps(box, other) for other in lines)
            + 6 * (not _is_inside(box))
            for box in boxes
        ]
        chosen = clashes.index(min(clashes))
        taken.append(boxes[chosen])
        labels.append(text(*ways[chosen], point.name, class_="label", fill=colour_of(point.place)))
    return labels


def _overlaps(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_inside(box: tuple[float, ...]) -> bool:
    return box[0] >= LEFT and box[2] <= WIDTH and box[1] >= 12 and box[3] <= HEIGHT - 42
