"""The report as JSON, for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pydantic import TypeAdapter

from benchmarks.judging.comparison import Comparison
from benchmarks.judging.figures import CandidateFigures, Figures, Mistake, RunFigures
from benchmarks.judging.verdict import verdict
from benchmarks.report import words
from benchmarks.report.headline import headline
from benchmarks.report.video_tables import clip_names
from benchmarks.run_folder import Run
from benchmarks.videos.video_folder import Watched

FORMAT = 1
_RUN = TypeAdapter(Run)


def as_json(run: RunFigures, videos: Sequence[Watched], names_plates: bool) -> dict[str, object]:
    """All figures. Texts, file names and this machine's folders are left out unless `names_plates`."""
    facts = _RUN.dump_python(run.run, mode="json")
    return {
        "format": FORMAT,
        "run": facts if names_plates else _without_folders(facts),
        "photos": run.photos,
        "plates": run.plates,
        "baseline": run.baseline,
        "worth": run.worth,
        "candidates": [_candidate(candidate, names_plates) for candidate in run.candidates],
        "comparisons": [comparison_json(comparison) for comparison in run.comparisons],
        "headline": headline(run),
        "videos": [_video(watched, names_plates) for watched in videos],
    }


def comparison_json(comparison: Comparison) -> dict[str, object]:
    """One comparison and its verdict in words."""
    return {**asdict(comparison), "verdict": verdict(comparison)}


def _candidate(candidate: CandidateFigures, names_plates: bool) -> dict[str, object]:
    calibration = candidate.calibration
    return {
        "name": candidate.name,
        "figures": _figures(candidate.figures),
        "conditions": [
            {"condition": c.condition, "value": c.value, "photos": c.photos, "figures": _figures(c.figures)}
            for c in candidate.conditions
        ],
        "calibration": asdict(calibration),
        "confusions": [
            {"true": true, "read": read, "times": times, "of": candidate.confusion.characters.get(true)}
            for (true, read), times in candidate.confusion.mistakes.items()
        ],
        "speed": asdict(candidate.speed),
        "unsteady": candidate.unsteady,
        "mistakes": [_mistake(mistake, names_plates) for mistake in candidate.mistakes],
    }


def _figures(figures: Figures) -> dict[str, object]:
    return {name: None if interval is None else asdict(interval) for name, interval in figures.items()}


def _mistake(mistake: Mistake, names_plates: bool) -> dict[str, object]:
    told: dict[str, object] = {"number": mistake.number, "marks": list(mistake.marks)}
    if names_plates:
        told["sample"] = mistake.sample.id
        told["true"] = [plate.text for plate in mistake.sample.truth]
        told["read"] = [plate.text for plate in mistake.prediction.plates]
    return told


def _video(watched: Watched, names_plates: bool) -> dict[str, object]:
    watcher = {key: fact for key, fact in asdict(watched.watcher).items() if key not in ("clips", "format")}
    names = clip_names(watched, names_plates)
    told = [asdict(verdict) | {"clip": name} for verdict, name in zip(watched.verdicts, names, strict=True)]
    return {**(watcher if names_plates else _mapped(watcher)), "clips": told}


def _without_folders(fact: object) -> object:
    if isinstance(fact, str):
        return words.without_folders(fact)
    if isinstance(fact, Mapping):
        return _mapped(fact)
    return [_without_folders(part) for part in fact] if isinstance(fact, list) else fact


def _mapped(facts: Mapping[str, object]) -> dict[str, object]:
    return {key: _without_folders(part) for key, part in facts.items()}
