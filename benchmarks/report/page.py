"""The report as one page of HTML that needs nothing besides itself: it can be mailed, printed and put on any server."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.judging.figures import RunFigures
from benchmarks.judging.measures import MEASURES
from benchmarks.judging.verdict import reason, verdict
from benchmarks.report import words
from benchmarks.report.bars import condition_bars, conditions_of
from benchmarks.report.confusion_plot import MOST as CONFUSIONS
from benchmarks.report.confusion_plot import confusion_plot
from benchmarks.report.curves import coverage_plot, reliability_plot
from benchmarks.report.gallery import Shown
from benchmarks.report.pareto import front, pareto, points_of
from benchmarks.report.svg import colour_of, marker, picture
from benchmarks.report.tables import accuracy_rows, cost_rows

MARKS = 30
"""Kinds of mistakes that are listed for a candidate where no photos are shown."""
_TEMPLATES = Environment(
    loader=PackageLoader("benchmarks.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(run: RunFigures, shown: Mapping[str, Sequence[Shown]] | None) -> str:
    """The page, with photos of what each candidate gets wrong; without `shown` nothing names a plate or a folder."""
    points = points_of(run.candidates)
    told = words.without_folders if shown is None else str
    return _TEMPLATES.get_template("page.html").render(
        run=run,
        counted=words.counted,
        dataset=told(run.run.dataset.path),
        command=told(run.run.command),
        machine=told(words.machine(run.run.machine)),
        settings={candidate.name: told(words.settings(candidate)) for candidate in run.candidates},
        verdicts=[(verdict(c), reason(c), c.decision) for c in run.comparisons],
        keys=[_key(place) for place in range(len(run.candidates))],
        accuracy=accuracy_rows(run.candidates),
        cost=cost_rows(run.candidates),
        pareto=pareto(points) if points else None,
        front=[point.name for point in front(points)],
        untimed=[c.name for c in run.candidates if c.name not in {point.name for point in points}],
        bars={condition: condition_bars(run.candidates, condition) for condition in conditions_of(run.candidates)},
        reliability=[
            reliability_plot(place, c.name, c.calibration) if c.calibration.error is not None else None
            for place, c in enumerate(run.candidates)
        ],
        coverage=coverage_plot(run.candidates),
        confusions=[
            confusion_plot(c.name, colour_of(place), c.confusion) if c.confusion.mistakes else None
            for place, c in enumerate(run.candidates)
        ],
        most_confusions=CONFUSIONS,
        shown=shown,
        most_marks=MARKS,
        measures=MEASURES,
    )


def _key(place: int) -> Markup:
    return picture(14, 14, "", marker(place, 7, 7))
