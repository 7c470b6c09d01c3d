"""`openlot demo --week`: a whole week at a simulated lot, in minutes, and a verdict."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from benchmarks.matching.recording import load
from benchmarks.week.plan import DAYS, PIXELS_EVERY, SPACES, plan_week
from benchmarks.week.replay import Patterns
from benchmarks.week.report import WeekVerdict, judge, show, write_summary
from benchmarks.week.run import Progress, run_week


def live_through(folder: Path, seed: int, visits: int, console: Console, days: int = DAYS) -> WeekVerdict:
    """Run a week in an empty folder and show what came of it. Raises SimulationError."""
    patterns = Patterns(load())
    week = plan_week(patterns, seed, visits, days, PIXELS_EVERY)
    pictured = sum(each.car is not None for each in week.visits)
    console.print(
        f"{len(week.visits)} visits in {days} days at {SPACES} spaces and 4 lanes, seed {seed}: reads replayed from "
        f"the recording of {patterns.reader}, {pictured} visits read from drawn pictures"
    )

    def tell(now: Progress) -> None:
        console.print(
            f"{now.at}  {now.ended:5} visits ended  {now.free:3} free  ledger {now.head}, cloud has {now.acked}  "
            f"{now.speed:.0f} ×",
            highlight=False,
        )

    with _log_in(folder / "logs" / "lot.log"):
        evidence, spent, reader = run_week(week, folder, tell)
    verdict = judge(evidence, spent, reader.replayed, reader.from_pixels)
    show(verdict, console)
    write_summary(verdict, folder / "week.json")
    return verdict


def tidy(folder: Path, verdict: WeekVerdict, console: Console, *, keep: bool) -> None:
    """Remove what a green week left behind, unless it is to be kept."""
    if verdict.green and not keep:
        shutil.rmtree(folder)
    else:
        console.print(f"databases, photos, logs and week.json are in {escape(str(folder))}")


@contextmanager
def _log_in(file: Path) -> Iterator[None]:
    """The lot's own log goes where the other services' logs are, and nowhere else, while the block runs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    root, handler = logging.getLogger(), logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    kept, level = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
        handler.close()
