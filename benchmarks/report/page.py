"""The report as one page of HTML that needs nothing besides itself: it can be mailed, printed and put on any server."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.judging.figures import RunFigures
from benchmarks.judging.measures import MEASURES
from benchmarks.judging.verdict import points as points_of_worth
from benchmarks.judging.verdict import reason, verdict
from benchmarks.report import words
from benchmarks.report.bars import condition_bars, conditions_of
from benchmarks.report.confusion_plot import MOST as CONFUSIONS
from benchmarks.report.confusion_plot import confusion_plot
from benchmarks.report.curves import coverage_plot, reliability_plot
from benchmarks.report.gallery import Shown
from benchmarks.report.headline import chosen, headline, summary
from benchmarks.report.pareto import front, pareto, points_of
from benchmarks.report.svg import colour_of, marker, picture
from benchmarks.report.tables import accuracy_rows, cost_rows, known, unknown
from benchmarks.report.video_tables import clip_rows, video_rows
from benchmarks.videos.video_folder import Watched, Watcher

MARKS = 30
"""Kinds of mistakes that are listed for a candidate where no photos are shown."""
_TEMPLATES = Environment(
    loader=PackageLoader("benchmarks.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(run: RunFigures, shown: Mapping[str, Sequence[Shown]] | None, videos: Sequence[Watched] = ()) -> str:
    """The page, with photos of what each candidate gets wrong; without `shown` nothing names a plate or a folder."""
    points = points_of(run.candidates)
    accuracy, cost = accuracy_rows(run.candidates), cost_rows(run.candidates)
    keys = [_key(place) for place in range(len(run.candidates))]
    told = words.without_folders if shown is None else str
    return _TEMPLATES.get_template("page.html").render(
        run=run,
        counted=words.counted,
        dataset=told(run.run.dataset.path),
        command=told(run.run.command),
        machine=told(words.machine(run.run.machine)),
        settings={candidate.name: told(words.settings(candidate)) for candidate in run.candidates},
        verdicts=[(verdict(c), reason(c), c.decision) for c in run.comparisons],
        keys=keys,
        heads=[(key, candidate.name) for key, candidate in zip(keys, run.candidates, strict=True)],
        headline=headline(run),
        summary=summary(chosen(run)),
        accuracy=known(accuracy),
        cost=known(cost),
        unknown=unknown([*accuracy, *cost]),
        worth=points_of_worth(run.worth),
        video_heads=[("", watched.watcher.name) for watched in videos],
        videos=video_rows(videos) if videos else [],
        clips=clip_rows(videos, shown is not None) if videos else [],
        watchers=[(watched.watcher.name, told(_models(watched.watcher))) for watched in videos],
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


def _models(watcher: Watcher) -> str:
    return f"detector = {watcher.detector}, reader = {watcher.reader}, region = {watcher.region}, by {watcher.provider}"
