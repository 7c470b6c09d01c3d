"""The answer in one sentence, for those who read no further."""

from collections.abc import Sequence

from benchmarks.judging.comparison import Comparison
from benchmarks.judging.figures import CandidateFigures, RunFigures
from benchmarks.judging.measures import TOP1
from benchmarks.report import words


def headline(run: RunFigures) -> str | None:
    """Which candidate to run, and how sure that is; None where there is nothing to choose from."""
    if not run.comparisons:
        return None
    better = [each for each in run.comparisons if each.decision == "switch"]
    open_ = [each.second for each in run.comparisons if each.decision == "unsure"]
    if better:
        best = max(better, key=lambda each: each.net.value)
        others = [each.second for each in better if each is not best]
        also = f"; {_and(others)} would be worth it too" if others else ""
        answer = f"Switch from {run.baseline} to {best.second}{also}."
    else:
        answer = f"Run {run.baseline}: " + _of_the_others(run.comparisons, len(open_))
    more = f" These photos are too few to tell about {_and(open_)}." if open_ else ""
    return answer + more


def summary(candidate: CandidateFigures) -> str:
    """What a candidate does, in one line: photos read, and time where it is known."""
    read = candidate.figures[TOP1.name]
    told = f"{candidate.name} reads {words.value(TOP1, read)} % of the photos ({words.ends(TOP1, read)})"
    speed = candidate.speed.p50
    return f"{told}, half of them within {words.milliseconds(speed.value)} ms each." if speed else f"{told}."


def chosen(run: RunFigures) -> CandidateFigures:
    """The candidate that the headline says to run."""
    better = [each for each in run.comparisons if each.decision == "switch"]
    name = max(better, key=lambda each: each.net.value).second if better else run.baseline
    return next(candidate for candidate in run.candidates if candidate.name == name)


def _of_the_others(comparisons: Sequence[Comparison], open_: int) -> str:
    if open_ == len(comparisons):
        return "no other is surely worth switching to."
    if len(comparisons) == 1:
        return f"{comparisons[0].second} is not worth switching to."
    return "none of the others is worth switching to." if not open_ else "no other is surely worth switching to."


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
