"""Says whether a simulated day held together: a table for people, summary.json for programs, one truth value."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.simulation.checks import Check, Evidence, run_checks
from benchmarks.simulation.visits import Visit

MOST_FAULTS = 6
"""Shown for each check; summary.json has them all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    checks: tuple[Check, ...]
    visits: tuple[Visit, ...]

    @property
    def green(self) -> bool:
        return all(check.holds for check in self.checks)

    @property
    def on_photos(self) -> int:
        """Visits of vehicles that both cameras saw on real photos and that came in and went out."""
        return sum(each.left_on is not None and each.vehicle.car.entry_photo is not None for each in self.visits)

    @property
    def outcomes(self) -> dict[str, int]:
        counted = Counter(visit.outcome for visit in self.visits)
        return {outcome: counted[outcome] for outcome in ("right", "wrong", "ticketed", "operator")}


def judge(evidence: Evidence) -> Verdict:
    """What the evidence says of the day."""
    return Verdict(run_checks(evidence), evidence.visits)


def show(verdict: Verdict, console: Console, pictures: str) -> None:
    """Print the visits that were not simply right, every check, and the verdict; `pictures` says what was read."""
    told = [visit for visit in verdict.visits if visit.outcome != "right" or visit.note]
    if told:
        odd = Table("vehicle", "role", "true plate", "visit", "what happened", title="Visits with a story", box=None)
        for visit in told:
            true = " ".join(visit.vehicle.car.plates) if visit.vehicle.has_plate else "none"
            odd.add_row(visit.vehicle.vehicle_id, visit.vehicle.role, true, visit.outcome, escape(visit.note))
        console.print(odd)
    table = Table("", "claim", "found", title="What the day leaves behind", caption=pictures)
    for check in verdict.checks:
        table.add_row("[green]ok[/]" if check.holds else "[red]NO[/]", check.claim, check.fact)
        for fault in check.faults[:MOST_FAULTS]:
            table.add_row("", "", f"[red]{escape(fault)}[/]")
        if len(check.faults) > MOST_FAULTS:
            table.add_row("", "", f"[red]… and {len(check.faults) - MOST_FAULTS} more[/]")
    console.print(table)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in verdict.outcomes.items())
    console.print(f"{len(verdict.visits)} visits: {counts}")
    if verdict.on_photos:
        console.print(f"{verdict.on_photos} of them in and out on real photos")
    console.print("[bold green]verdict: green[/]" if verdict.green else "[bold red]verdict: RED[/]")


def write_summary(verdict: Verdict, path: Path, day: dict[str, object]) -> None:
    """summary.json: `day` as given, the outcomes, every check with all its faults, every visit."""
    summary = {
        "verdict": "green" if verdict.green else "red",
        "day": day,
        "outcomes": verdict.outcomes,
        "visits_on_real_photos": verdict.on_photos,
        "checks": [
            {"claim": each.claim, "holds": each.holds, "fact": each.fact, "faults": each.faults}
            for each in verdict.checks
        ],
        "visits": [
            {
                "vehicle": each.vehicle.vehicle_id,
                "role": each.vehicle.role,
                "true_plates": each.vehicle.car.plates,
                "outcome": each.outcome,
                "stay_id": each.stay_id,
                "read": each.read,
                "note": each.note,
            }
            for each in verdict.visits
        ],
    }
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")
