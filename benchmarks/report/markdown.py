"""The report in Markdown, for a pull request or a log. It names no plate and no folder."""

from collections.abc import Sequence

from benchmarks.judging.comparison import Comparison
from benchmarks.judging.figures import CandidateFigures, RunFigures
from benchmarks.judging.measures import TOP1
from benchmarks.judging.verdict import reason, verdict
from benchmarks.report import words
from benchmarks.report.bars import conditions_of
from benchmarks.report.headline import chosen, headline, summary
from benchmarks.report.tables import Cell, Row, accuracy_rows, cost_rows, known
from benchmarks.report.video_tables import clip_rows, video_rows
from benchmarks.videos.video_folder import Watched

MARKS = 8
"""Kinds of mistakes that are listed for a candidate."""


def markdown(run: RunFigures, videos: Sequence[Watched] = ()) -> str:
    """The verdicts, both tables, photos read by condition, what was sighted on video, and the commonest mistakes."""
    names = [candidate.name for candidate in run.candidates]
    dataset = words.without_folders(run.run.dataset.path)
    parts = [
        f"# Plate bench: {dataset}",
        f"{len(names)} candidates, {run.photos:,} photos, {run.plates:,} plates, "
        f"{words.counted(run.run.rounds, 'round')}, {run.run.created:%Y-%m-%d}. In brackets: 95 % intervals.",
        f"`{words.without_folders(run.run.command)}`",
        words.without_folders(words.machine(run.run.machine)),
    ]
    if run.comparisons:
        answer = f"**{headline(run)}** {summary(chosen(run))}"
        parts += ["## Verdict", answer, "\n".join(map(verdict_line, run.comparisons))]
    parts += ["## Accuracy", _figures(names, known(accuracy_rows(run.candidates)))]
    parts += ["## Cost", _figures(names, known(cost_rows(run.candidates)))]
    for condition in conditions_of(run.candidates):
        parts += [f"## Photos read by {condition}, %", _by_condition(run.candidates, condition)]
    if videos:
        watchers = [watched.watcher.name for watched in videos]
        parts += ["## Video", _figures(watchers, video_rows(videos)), _figures(watchers, clip_rows(videos, False))]
    parts += ["## Commonest mistakes", "\n".join(map(_mistakes, run.candidates))]
    return "\n\n".join(parts) + "\n"


def verdict_line(comparison: Comparison) -> str:
    """A verdict and its reason, as an item of a list."""
    return f"- **{verdict(comparison)}.** {reason(comparison)}"


def _figures(names: Sequence[str], rows: Sequence[Row]) -> str:
    titles = [f"{row.title}, {row.unit}" if row.unit else row.title for row in rows]
    return _table(["", *names], [[title, *map(_cell, row.cells)] for title, row in zip(titles, rows, strict=True)])


def _cell(cell: Cell) -> str:
    text = f"**{cell.text}**" if cell.is_best else cell.text
    return f"{text} ({cell.ends})" if cell.ends else text


def _by_condition(candidates: Sequence[CandidateFigures], condition: str) -> str:
    groups = [[figures for figures in c.conditions if figures.condition == condition] for c in candidates]
    rows = []
    for alike in zip(*groups, strict=True):
        cells = [_cell(Cell(words.value(TOP1, f.figures["top1"]), words.ends(TOP1, f.figures["top1"]))) for f in alike]
        rows.append([alike[0].value, f"{alike[0].photos:,}", *cells])
    return _table([condition, "photos", *(candidate.name for candidate in candidates)], rows)


def _mistakes(candidate: CandidateFigures) -> str:
    marks = ", ".join(f"{mark} ×{times}" for mark, times in candidate.marks.most_common(MARKS))
    return f"- {candidate.name}, {len(candidate.mistakes):,} photos: {marks or 'none'}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
