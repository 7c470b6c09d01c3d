"""A run: every candidate over every photo, round by round, in an order that lets a noisy machine hit all alike.

In a round the photos come in one shuffled order, in chunks; each chunk is read by one candidate after another, in an
order shuffled anew for it, so that candidates are compared on the same photos within seconds. Every candidate has a
process of its own for the round, and only one of them is at work at a time. What came out of a chunk is on disk before
the next one begins; a killed run goes on with the photos that lack a line.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

from benchmarks.candidates.outcome import Nature, Outcome
from benchmarks.candidates.spec import Spec, expanded, settings
from benchmarks.datasets.formats import Dataset
from benchmarks.errors import CandidateFailed, OutFolderTaken
from benchmarks.run_folder import FORMAT, Prediction, Run, RunCandidate, RunDataset, RunFolder, now, stored_path
from benchmarks.running.machine import machine_facts
from benchmarks.running.process import CandidateProcess, ProcessDied
from benchmarks.types import Sample

CHUNK = 20
"""Photos that a candidate reads before the next one has its turn."""
MOST_DEATHS = 5
"""Deaths of a candidate's process one after another, without a photo read between, that end a run."""

Report = Callable[[str, int], None]
"""Told a candidate's name and how many of its photos are done anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run. `specs` are as written; `timeout_s` is what one photo may take."""

    dataset: Dataset
    specs: tuple[Spec, ...]
    rounds: int
    seed: int
    timeout_s: float
    command: str


@dataclass(slots=True)
class _Turn:
    """A candidate in one round: its living process, and the photos that it still lacks, by id."""

    spec: Spec
    process: CandidateProcess
    lacks: set[str]
    deaths: int = 0

    def kill(self) -> None:
        self.process.kill()


class Runner:
    """Runs a plan into a folder."""

    def __init__(self, plan: Plan, folder: RunFolder, report: Report) -> None:
        """Raises OutFolderTaken where the folder holds something else than the beginning of this very run, BadRunFolder
        where it is broken, and BadCandidate for a path with an unset variable."""
        self._plan, self._folder, self._report = plan, folder, report
        self._specs = [expanded(spec) for spec in plan.specs]
        if folder.exists:
            folder.mend()
            _require_same(folder, plan)
        elif not folder.is_free:
            raise OutFolderTaken(f"{folder.path} holds something already; give another folder for --out")
        self._done = {
            spec.name: {(each.round, each.sample) for each in folder.predictions(spec.name)} for spec in plan.specs
        }

    @property
    def done(self) -> Mapping[str, int]:
        """Photos that each candidate has read, over all rounds."""
        return {name: len(found) for name, found in self._done.items()}

    def run(self) -> None:
        """Run what is lacking. Raises CandidateFailed; what was read before stays."""
        with self._folder.held():
            for round_ in range(self._plan.rounds):
                self._run_round(round_)

    def _run_round(self, round_: int) -> None:
        samples = list(self._plan.dataset.samples)
        Random(f"{self._plan.seed}/{round_}").shuffle(samples)
        with ExitStack() as living:
            turns = self._start_all(round_, samples, living)
            for start in range(0, len(samples), CHUNK):
                chunk = samples[start : start + CHUNK]
                order = list(turns)
                Random(f"{self._plan.seed}/{round_}/{start}").shuffle(order)
                for turn in order:
                    self._read_chunk(turn, round_, [sample for sample in chunk if sample.id in turn.lacks], samples)
            for turn in turns:
                self._folder.add_process(turn.spec.name, turn.process.end())

    def _start_all(self, round_: int, samples: Sequence[Sample], living: ExitStack) -> list[_Turn]:
        """A process for every candidate that lacks photos of the round, begun in shuffled order, one at a time."""
        lacking = {
            spec.name: {sample.id for sample in samples if (round_, sample.id) not in self._done[spec.name]}
            for spec in self._specs
        }
        order = [spec for spec in self._specs if lacking[spec.name]]
        Random(f"{self._plan.seed}/{round_}/start").shuffle(order)
        turns: list[_Turn] = []
        natures: dict[str, Nature] = {}
        for spec in order:
            turn = _Turn(spec, self._start(spec, round_, samples), lacking[spec.name])
            living.callback(turn.kill)
            turns.append(turn)
            natures[spec.name] = turn.process.nature
        if not self._folder.exists:
            self._folder.begin(_description(self._plan, natures), self._plan.dataset.samples)
        return turns

    def _start(self, spec: Spec, round_: int, samples: Sequence[Sample]) -> CandidateProcess:
        """A process warmed up on the first photo; on the next one where it dies on that, which will count later."""
        log = self._folder.path / "logs" / f"{spec.name}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        deaths: list[ProcessDied] = []
        for sample in samples[:MOST_DEATHS]:
            try:
                return CandidateProcess(spec, round_, sample.path, log, self._plan.timeout_s)
            except ProcessDied as death:
                deaths.append(death)
        raise CandidateFailed(f"{spec.name} dies on every photo that it is warmed up on: {deaths[-1]}")

    def _read_chunk(self, turn: _Turn, round_: int, chunk: Sequence[Sample], samples: Sequence[Sample]) -> None:
        """Read the photos, with another process wherever one dies, and keep all outcomes at once.

        Another process is warmed up on the first of `samples`, like the one before.
        """
        name = turn.spec.name
        kept: list[Prediction] = []
        while len(kept) < len(chunk):
            rest = chunk[len(kept) :]
            try:
                for sample, outcome in zip(rest, turn.process.read([each.path for each in rest]), strict=True):
                    kept.append(_prediction(sample, round_, outcome))
                    turn.deaths = 0
            except ProcessDied as death:
                turn.deaths += 1
                self._folder.add_process(name, turn.process.end())
                if len(kept) < len(chunk):
                    kept.append(_prediction(chunk[len(kept)], round_, death.outcome))
                if turn.deaths >= MOST_DEATHS:
                    self._keep(name, kept)
                    raise CandidateFailed(
                        f"{name}: its process died on {MOST_DEATHS} photos one after another ({death}); leave it out, "
                        "or mend it and run again"
                    ) from death
                turn.process = self._start(turn.spec, round_, samples)
        self._keep(name, kept)

    def _keep(self, name: str, kept: Sequence[Prediction]) -> None:
        if kept:
            self._folder.add_predictions(name, kept)
            self._done[name] |= {(each.round, each.sample) for each in kept}
            self._report(name, len(kept))


def _prediction(sample: Sample, round_: int, outcome: Outcome) -> Prediction:
    ms = {stage: round(value, 3) for stage, value in outcome.ms.items()}
    cpu_ms = None if outcome.cpu_ms is None else round(outcome.cpu_ms, 3)
    return Prediction(sample.id, round_, outcome.plates, ms, cpu_ms, outcome.error)


def _description(plan: Plan, natures: Mapping[str, Nature]) -> Run:
    return Run(
        FORMAT,
        now(),
        plan.command,
        plan.rounds,
        plan.seed,
        machine_facts(),
        tuple(RunCandidate(spec.name, spec.kind, settings(spec), natures[spec.name].bytes) for spec in plan.specs),
        RunDataset(stored_path(plan.dataset.folder), plan.dataset.format, len(plan.dataset.samples)),
    )


def _require_same(folder: RunFolder, plan: Plan) -> None:
    """Raises OutFolderTaken unless the folder holds a run of these candidates on these photos."""
    begun = folder.run()
    same = (
        (begun.rounds, begun.seed) == (plan.rounds, plan.seed)
        and [(each.name, each.kind, dict(each.settings)) for each in begun.candidates]
        == [(spec.name, spec.kind, dict(settings(spec))) for spec in plan.specs]
        and begun.dataset.format == plan.dataset.format
        and [(each.id, each.path.resolve()) for each in folder.samples()]
        == [(sample.id, sample.path.resolve()) for sample in plan.dataset.samples]
    )
    if not same:
        raise OutFolderTaken(
            f"{folder.path} holds a run of other candidates, photos, rounds or seed; give another folder for --out, or "
            "the same options to go on with it"
        )
