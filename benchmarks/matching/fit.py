"""Fits matching to half of the photos held back from training: how reads fail, and the doubt up to which to open."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.matching.patterns import Order, ReadPattern, replay
from benchmarks.matching.plates import Plates
from benchmarks.matching.recording import Recording
from benchmarks.matching.rivals import by_evidence
from benchmarks.matching.simulation import Exit, Simulation, Traffic
from lot_server.domain.alignment import Row, align, doubted_row, plate_row
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.look_alikes import Fitted, LookAlikes, Misreading
from lot_server.domain.matching import Matcher, MatchingPolicy

MOST_LOOK_ALIKES = 6
GRID = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
ROUNDS = 2
DOUBTS = (0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 5e-4, 2e-4, 1e-4, 1e-5, 1e-6)
_FLOOR = 1e-5
_POISSON_UPPER = 3.69
"""Upper end of the 95 % interval of a count of which none was seen (F. Garwood, 1936)."""


def look_alikes(recording: Recording) -> LookAlikes:
    """Read character -> what was truly there where it was another, likeliest first, with shares of all such cases."""
    shown: dict[str, dict[str, int]] = {}
    for true, seen in recording.taken_for.items():
        for character, count in seen.items():
            shown.setdefault(character, {})[true] = count
    found = {}
    for character, others in sorted(shown.items()):
        total = sum(others.values())
        best = sorted(others.items(), key=lambda each: -each[1])[:MOST_LOOK_ALIKES]
        found[character] = tuple((true, count / total) for true, count in best)
    return found


def fit_misreading(recording: Recording, seed: int) -> tuple[Misreading, float]:
    """The misreading under which the true plates are likeliest, one figure after another; and their mean log
    probability."""
    chance = random.Random(seed)
    plates, order = Plates(chance), recording.order
    shown: list[tuple[ReadEvidence, Row]] = []
    for pattern in recording.fitted_to():
        plate = plates.draw(pattern.kinds)
        evidence = replay(pattern, plate, order, chance).evidence
        if evidence is not None:
            shown.append((evidence, plate_row(plate)))
    best = Misreading(1e-3, 1e-3, 1e-3, 1e-3, look_alikes(recording))
    likeliest = _mean_log(shown, best)
    for _ in range(ROUNDS):
        for name in ("look_alike", "other", "ghost", "missed"):
            for value in GRID:
                tried = _with(best, name, value)
                score = _mean_log(shown, tried)
                if score > likeliest:
                    best, likeliest = tried, score
    return best, likeliest


def _with(misreading: Misreading, name: str, value: float) -> Misreading:
    match name:
        case "look_alike":
            return replace(misreading, look_alike=value)
        case "other":
            return replace(misreading, other=value)
        case "ghost":
            return replace(misreading, ghost=value)
        case _:
            return replace(misreading, missed=value)


def _mean_log(shown: Sequence[tuple[ReadEvidence, Row]], misreading: Misreading) -> float:
    total = 0.0
    for evidence, plate in shown:
        # Alignment sums over what may have been missed, and does not charge for what was not.
        total += len(evidence.insertions) * math.log1p(-misreading.missed)
        total += math.log(align(doubted_row(evidence, misreading, 1), plate, misreading).same + _FLOOR)
    return total / len(shown)


def judged(
    patterns: Sequence[ReadPattern], order: Order, misreading: Misreading, traffic: Traffic, seed: int
) -> list[Exit]:
    """Visits whose every exit is opened at even odds, with the doubt that was stated of it."""
    matcher = Matcher(MatchingPolicy(most_doubt=0.5), Fitted(misreading, 0.0, 0.5))
    return Simulation(patterns, order, traffic, seed).run({"openlot": by_evidence(matcher)})


def most_doubt(exits: Sequence[Exit], limit: float) -> float:
    """The greatest of DOUBTS that keeps wrong opens within `limit`: both those that happened, at the upper end of what
    chance allows, and all the doubts that were stated."""
    opened = [(doubt, choice) for each in exits for doubt, choice in zip(each.doubts, each.choices, strict=True)]
    for doubt in DOUBTS:
        taken = [(stated, choice) for stated, choice in opened if choice is not None and stated <= doubt]
        wrong = sum(choice is False for _, choice in taken)
        upper = _POISSON_UPPER if wrong == 0 else wrong + 1.96 * math.sqrt(wrong) + 1.92
        if max(upper, sum(stated for stated, _ in taken)) <= limit * len(exits):
            return doubt
    return DOUBTS[-1]


def write(file: Path, fitted: Fitted, provenance: Sequence[str]) -> None:
    """Write what `lot_server.domain.look_alikes` reads; `provenance` becomes comment lines."""
    misreading = fitted.misreading
    lines = [*(f"# {line}" for line in provenance), "", "[misreading]"]
    lines += [f"{name} = {getattr(misreading, name):g}" for name in ("look_alike", "other", "ghost", "missed")]
    lines += ["", "[threshold]", f"limit = {fitted.limit:g}", f"most_doubt = {fitted.most_doubt:g}", ""]
    lines += ["[look_alikes] # what is truly there where the first is read and wrong, in thousandths of such cases"]
    for read, shown in misreading.look_alikes.items():
        shares = ", ".join(f'"{true}" = {round(1000 * share)}' for true, share in shown)
        lines.append(f'"{read}" = {{ {shares} }}')
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
