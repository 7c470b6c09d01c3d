"""Whether candidates know how sure they may be: reliability, and accuracy against coverage."""

from collections.abc import Sequence

from markupsafe import Markup

from benchmarks.judging.calibration import Calibration
from benchmarks.judging.figures import CandidateFigures
from benchmarks.report.svg import Axis, colour_of, element, frame, line, marker, path, picture

SIDE, HISTOGRAM = 180.0, 34.0


def reliability_plot(place: int, name: str, calibration: Calibration) -> Markup:
    """The share of right reads by confidence, one dot a bin, as large as it holds reads; the diagonal is honest."""
    x, y = Axis(0, 100, 30, SIDE - 12), Axis(0, 100, SIDE - 16, 22)
    parts = [
        frame(x, y, "confidence, %", "reads right, %", 4),
        line(x.at(0), y.at(0), x.at(100), y.at(100), class_="ideal"),
    ]
    bins = [bin for bin in calibration.bins if bin.reads]
    most = max((bin.reads for bin in bins), default=1)
    dots = [(x.at(100 * bin.confidence), y.at(100 * bin.share)) for bin in bins]
    parts.append(path(dots, stroke=colour_of(place), class_="curve"))
    parts += [marker(place, *dot, 2 + 4 * (bin.reads / most) ** 0.5) for dot, bin in zip(dots, bins, strict=True)]
    floor = SIDE + 22 + HISTOGRAM
    for bin in calibration.bins:
        tall = HISTOGRAM * bin.reads / most
        left, right = x.at(100 * bin.low), x.at(100 * bin.high)
        parts.append(element("rect", x=left, y=floor - tall, width=right - left - 0.6, height=tall, class_="histogram"))
    parts.append(line(x.start, floor, x.end, floor, class_="axis"))
    return picture(SIDE, floor + 2, f"Reliability of {name}", *parts)


def coverage_plot(candidates: Sequence[CandidateFigures]) -> Markup:
    """The share of answers right by the share of photos answered, the surest first."""
    width, height = 380.0, 270.0
    curves = [
        [(100 * point.coverage, 100 * point.accuracy) for point in candidate.calibration.curve]
        for candidate in candidates
    ]
    lowest = min((accuracy for curve in curves for coverage, accuracy in curve if coverage >= 10), default=0.0)
    x, y = Axis(0, 100, 38, width - 12), Axis(max(0.0, min(95.0, lowest - 2)), 100, height - 40, 24)
    parts = [frame(x, y, "photos with a plate that are answered, %", "answers right, %")]
    for place, curve in enumerate(curves):
        spots = [(x.at(coverage), y.at(accuracy)) for coverage, accuracy in curve if coverage >= 1]
        if spots:
            parts += [path(spots, stroke=colour_of(place), class_="curve"), marker(place, *spots[-1])]
    return picture(width, height, "Accuracy against coverage", *parts)
