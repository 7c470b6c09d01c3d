"""What the bench itself costs: photos read by its processes, with all that is kept of them, against a plain loop.

Both have a process of their own and read the same photos in turn, whichever comes first drawn anew for each run.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.candidates.spec import SPEC, PipelineSpec
from benchmarks.judging.intervals import Interval
from benchmarks.judging.ratios import ratio_of_medians
from benchmarks.run_folder import Prediction, RunFolder
from benchmarks.running.messages import BATCH, Batch
from benchmarks.running.process import CandidateProcess

_TIMEOUT_S = 60.0


class BareLoop:
    """The plain loop's process."""

    def __init__(self, spec: PipelineSpec) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "benchmarks.running.bare_loop"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._tell(SPEC.dump_json(spec))

    def seconds(self, photos: Sequence[Path]) -> float:
        """What reading these took. Raises RuntimeError where the process died; what it said is on stderr."""
        self._tell(BATCH.dump_json(Batch(tuple(photos))))
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError("the plain loop's process died")
        return float(line)

    def end(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _tell(self, line: bytes) -> None:
        if self._process.stdin:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()


def harness_cost(spec: PipelineSpec, photos: Sequence[Path], runs: int, seed: int) -> Interval:
    """The bench's time over the plain loop's, by medians over the runs. Raises CandidateFailed, and ProcessDied where a
    photo kills the reader."""
    rng = Random(seed)
    ours: list[float] = []
    bare: list[float] = []
    with TemporaryDirectory() as kept:
        folder = RunFolder(Path(kept))
        (folder.path / "predictions").mkdir()
        loop = BareLoop(spec)
        process = CandidateProcess(spec, 0, photos[0], folder.path / "log.txt", _TIMEOUT_S)
        try:
            loop.seconds(photos[:1])
            for run in range(runs):
                for is_ours in rng.sample([True, False], 2):
                    if is_ours:
                        ours.append(_through(process, photos, folder, run))
                    else:
                        bare.append(loop.seconds(photos))
        finally:
            process.end()
            loop.end()
    return ratio_of_medians(ours, bare, seed)


def _through(process: CandidateProcess, photos: Sequence[Path], folder: RunFolder, run: int) -> float:
    """Seconds to read the photos by the bench, and to have what was read on disk."""
    start = time.perf_counter()
    outcomes = list(process.read(photos))
    folder.add_predictions(
        "harness",
        [
            Prediction(photo.name, run, outcome.plates, outcome.ms, outcome.cpu_ms, outcome.error)
            for photo, outcome in zip(photos, outcomes, strict=True)
        ],
    )
    return time.perf_counter() - start
