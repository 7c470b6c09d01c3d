"""What was sighted on video, as printed cells: counts down, watchers across."""

from collections.abc import Sequence

from benchmarks.report.tables import Cell, Row
from benchmarks.report.words import counted
from benchmarks.videos.judge import Verdict
from benchmarks.videos.video_folder import Watched

COUNTS = (
    ("missed", "vehicles missed"),
    ("doubled", "told once more"),
    ("wrong", "wrong texts"),
    ("unread", "told without a text"),
)


def video_rows(videos: Sequence[Watched]) -> list[Row]:
    """The counts over all clips."""
    totals = [each.total for each in videos]
    most = max(total.right for total in totals)
    differ = len({total.right for total in totals}) > 1
    right = tuple(Cell(f"{t.right} of {t.vehicles}", is_best=differ and t.right == most) for t in totals)
    return [
        Row("vehicles read right", "", right),
        *(_row(title, [getattr(t, n) for t in totals]) for n, title in COUNTS),
    ]


def clip_rows(videos: Sequence[Watched], names_clips: bool) -> list[Row]:
    """What went wrong on each clip; clips of other people's recording are numbered unless `names_clips`."""
    return [
        Row(name, counted(alike[0].vehicles, "vehicle"), tuple(Cell(_said(verdict)) for verdict in alike))
        for name, alike in zip(
            clip_names(videos[0], names_clips), zip(*(each.verdicts for each in videos), strict=True), strict=True
        )
    ]


def clip_names(watched: Watched, names_clips: bool) -> list[str]:
    """The clips' names; a file's name may tell a plate or a place, a recipe's tells none."""
    if names_clips or watched.watcher.rendered:
        return [verdict.clip for verdict in watched.verdicts]
    return [f"clip {number}" for number, _ in enumerate(watched.verdicts, 1)]


def _row(title: str, counts: Sequence[int]) -> Row:
    fewest = min(counts) if len(set(counts)) > 1 else None
    return Row(title, "", tuple(Cell(str(count), is_best=count == fewest) for count in counts))


def _said(verdict: Verdict) -> str:
    wrong = [f"{getattr(verdict, name)} {name}" for name, _ in COUNTS if getattr(verdict, name)]
    return ", ".join(wrong) or "all right"
