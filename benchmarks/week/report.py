"""What a week came to: a table for people, week.json for programs, one truth value."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.simulation.checks import Check
from benchmarks.week.checks import WeekEvidence, own_end, run_checks
from benchmarks.week.run import Spent
from benchmarks.week.story import story_of

MOST_FAULTS = 6
"""Shown for each check; week.json has them all."""


@dataclass(frozen=True, slots=True)
class WeekVerdict:
    """`replayed` and `from_pixels` count reads at the lanes; `story` as in `story_of`."""

    evidence: WeekEvidence
    checks: tuple[Check, ...]
    spent: Spent
    replayed: int
    from_pixels: int
    story: str

    @property
    def green(self) -> bool:
        return all(check.holds for check in self.checks)


def judge(evidence: WeekEvidence, spent: Spent, replayed: int, from_pixels: int) -> WeekVerdict:
    """What the evidence says of the week."""
    story = story_of(evidence.lot, evidence.journal)
    return WeekVerdict(evidence, run_checks(evidence), spent, replayed, from_pixels, story)


def show(verdict: WeekVerdict, console: Console) -> None:
    """Print every check, how visits were carried, and the verdict."""
    table = Table("", "claim", "found", title="What the week leaves behind")
    for check in verdict.checks:
        table.add_row("[green]ok[/]" if check.holds else "[red]NO[/]", check.claim, escape(check.fact))
        for fault in check.faults[:MOST_FAULTS]:
            table.add_row("", "", f"[red]{escape(fault)}[/]")
        if len(check.faults) > MOST_FAULTS:
            table.add_row("", "", f"[red]… and {len(check.faults) - MOST_FAULTS} more[/]")
    console.print(table)
    for line in (_carried(verdict, pixels=False), _carried(verdict, pixels=True)):
        console.print(line)
    console.print(f"reads: {verdict.replayed} replayed from the recording, {verdict.from_pixels} of pictures")
    spent = verdict.spent
    console.print(
        f"drawing {spent.drawing_s:.0f} s  starting {spent.starting_s:.0f} s  week {spent.week_s:.0f} s  "
        f"judging {spent.judging_s:.0f} s  {verdict.evidence.speed:.0f} × real time"
    )
    console.print(f"story {verdict.story[:16]}…: the same for the same seed")
    console.print("[bold green]verdict: green[/]" if verdict.green else "[bold red]verdict: RED[/]")


def write_summary(verdict: WeekVerdict, path: Path) -> None:
    """week.json: the figures, every check with all its faults, every visit."""
    evidence = verdict.evidence
    week = evidence.week
    summary = {
        "verdict": "green" if verdict.green else "red",
        "seed": week.seed,
        "days": week.days,
        "spaces": week.spaces,
        "story": verdict.story,
        "speed": round(evidence.speed),
        "spent": asdict(verdict.spent),
        "reads": {"replayed": verdict.replayed, "from_pixels": verdict.from_pixels},
        "checks": [asdict(check) for check in verdict.checks],
        "midnights": [asdict(each) for each in evidence.journal.midnights],
        "memory": [asdict(each) for each in evidence.journal.memory],
        "notes": evidence.journal.notes,
        "faults": [asdict(each) for each in evidence.faults],
        "visits": [
            {"name": visit.name, "plate": visit.plate, "role": visit.role, "pays": visit.pays}
            | asdict(evidence.visit(visit.number))
            for visit in week.visits
        ],
    }
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")


def _carried(verdict: WeekVerdict, *, pixels: bool) -> str:
    """How many visits the lot carried by itself, and how many a person helped."""
    evidence = verdict.evidence
    how: Counter[str] = Counter()
    for visit in evidence.week.visits:
        account = evidence.visit(visit.number)
        if account.from_pixels != pixels or account.end != "left":
            continue
        stay = evidence.stays.get(account.came.stay_id or "") if account.came is not None else None
        if own_end(evidence, account) not in ("own", "none"):
            how["on another's stay"] += 1
        elif account.operator:
            how["with a person's help"] += 1
        else:
            how["by a ticket" if stay is not None and stay.plate is None else "by the reads alone"] += 1
    kind = "read from pixels" if pixels else "replayed"
    return f"{sum(how.values())} parked and left, {kind}: " + ", ".join(f"{n} {what}" for what, n in how.most_common())
