"""All that one candidate of a run read, photo by photo, judged."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.errors import BadRunFolder, UnfinishedRun
from benchmarks.judging.outcomes import PhotoOutcome, judge_photo
from benchmarks.run_folder import Prediction, ProcessRun, Run, RunCandidate, RunFolder
from benchmarks.types import Sample


@dataclass(frozen=True, slots=True)
class CandidateReads:
    """For each sample, in the data set's order, a prediction and its outcome for every round."""

    candidate: RunCandidate
    samples: Sequence[Sample]
    predictions: tuple[tuple[Prediction, ...], ...]
    outcomes: tuple[tuple[PhotoOutcome, ...], ...]
    processes: tuple[ProcessRun, ...]
    seed: int

    @property
    def unsteady(self) -> int:
        """Photos of which not the same was reported in every round."""
        texts = [{tuple(plate.text for plate in p.plates) for p in rounds} for rounds in self.predictions]
        return sum(len(told) > 1 for told in texts)


def read_candidate(folder: RunFolder, run: Run, samples: Sequence[Sample], name: str) -> CandidateReads:
    """What candidate `name` of a finished run read. Raises BadRunFolder, UnfinishedRun."""
    found = {candidate.name: candidate for candidate in run.candidates}
    if name not in found:
        raise BadRunFolder(f"{folder.path} holds no candidate {name}; it holds {', '.join(found)}")
    lines = {(line.sample, line.round): line for line in folder.predictions(name)}
    missing = sum((sample.id, number) not in lines for sample in samples for number in range(run.rounds))
    if missing:
        raise UnfinishedRun(
            f"{folder.path}: candidate {name} was not given {missing} of {len(samples) * run.rounds} photos; "
            f"go on with the command that began the run: {run.command}"
        )
    predictions = tuple(tuple(lines[sample.id, number] for number in range(run.rounds)) for sample in samples)
    outcomes = tuple(
        tuple(judge_photo(sample, prediction) for prediction in rounds)
        for sample, rounds in zip(samples, predictions, strict=True)
    )
    return CandidateReads(found[name], samples, predictions, outcomes, tuple(folder.processes(name)), run.seed)
