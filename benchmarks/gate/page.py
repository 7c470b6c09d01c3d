"""Figures of a gate as rows of a table, and as a page in Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.gate.figures import GateFigures
from benchmarks.gate.gate_folder import GatePlan

HEADINGS = (
    *("lanes", "scenario", "runs", "vehicles", "missed", "top-1 %", "p50 ms", "p95", "p99", "frames", "read", "rest"),
    *("reads/h", "vehicles/h a lane", "median ratio (95 %)", "load"),
)


def rows(found: Sequence[GateFigures]) -> list[tuple[str, ...]]:
    """One row for each scenario and number of lanes, under `HEADINGS`."""
    return [
        (
            str(each.lanes),
            each.scenario,
            str(each.runs),
            str(each.vehicles),
            str(each.missed),
            f"{100 * each.top1:.1f}",
            *(["-"] * 3 if each.relay_ms is None else [f"{ms:.0f}" for ms in each.relay_ms]),
            *("-" if ms is None else f"{ms:.0f}" for ms in (each.frames_ms, each.read_ms, each.rest_ms)),
            f"{each.reads_an_hour:.0f}",
            f"{each.vehicles_an_hour:.0f}",
            "; ".join(
                f"{ratio.of_medians.value:.2f} ({ratio.of_medians.low:.2f} to {ratio.of_medians.high:.2f}) × "
                f"{ratio.against}"
                for ratio in each.ratios
            ),
            f"{each.load[0]:.1f} to {each.load[1]:.1f}",
        )
        for each in found
    ]


def page(plan: GatePlan, found: Sequence[GateFigures]) -> str:
    """What was run, where, and its figures; no plates."""
    lines = [
        "# How long a vehicle waits at the gate",
        "",
        f"    {plan.command}",
        "",
        f"Run on {plan.created:%Y-%m-%d}. What the columns mean: [README.md](README.md).",
        "",
        _line(HEADINGS),
        _line("---" for _ in HEADINGS),
        *map(_line, rows(found)),
        "",
        f"Settings: {_facts(plan.settings)}.",
        "",
        f"Machine: {_facts(plan.machine)}.",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _facts(facts: Mapping[str, str | int | float | None]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
