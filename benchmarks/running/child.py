"""The process of one candidate: `python -m benchmarks.running.child`. See `benchmarks.running.messages`."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import BinaryIO

from benchmarks.candidates.load import load
from benchmarks.candidates.outcome import Candidate, Outcome, failed
from benchmarks.candidates.spec import SPEC
from benchmarks.errors import BenchmarkError
from benchmarks.running.messages import ANSWER, BATCH, Answer, Read, Ready, Refused
from benchmarks.running.spending import spent
from models.errors import ModelError
from vision.errors import VisionError


def main() -> None:
    """Serve until the input ends."""
    # A copy of the input, that a thread may still wait for when the interpreter ends and closes the original.
    told = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    spec = SPEC.validate_json(told.readline())
    # Packages print what they like: it goes where complaints go, and only messages where they are awaited.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        candidate = load(spec)
    except (BenchmarkError, ModelError, VisionError) as error:
        _say(answers, Refused(error.code, str(error)))
        return
    except Exception as error:  # other projects' code, which may raise anything
        _say(answers, Refused("candidate_error", f"{type(error).__name__}: {error}"))
        return
    _say(answers, Ready(candidate.nature))
    try:
        for line in _Lines(told):
            for outcome in outcomes(candidate, BATCH.validate_json(line).photos):
                _say(answers, Read(outcome))
            cost = spent()
            _busy.clear()
            _say(answers, cost)
    finally:
        candidate.close()


_busy = threading.Event()
"""Set from a batch's arrival to its last outcome."""


class _Lines:
    """The lines of the input. One that ends in the middle of a batch means that nobody waits for it any more, and that
    the run was perhaps killed: then this process ends at once, with all that it started."""

    def __init__(self, told: BinaryIO) -> None:
        self._told = told
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __iter__(self) -> Iterator[bytes]:
        while (line := self._lines.get()) is not None:
            yield line

    def _listen(self) -> None:
        for line in self._told:
            _busy.set()
            self._lines.put(line)
        if _busy.is_set():
            os.killpg(0, signal.SIGKILL)
        self._lines.put(None)


def outcomes(candidate: Candidate, photos: Sequence[Path]) -> Iterator[Outcome]:
    """One outcome a photo, also where a candidate's code fails in ways of its own: that photo counts as an error, and
    the ones after it are read. Raises BrokenProcessPool where reading processes died, which nothing here can mend."""
    done = 0
    while done < len(photos):
        try:
            for outcome in candidate.read(photos[done:]):
                yield outcome
                done += 1
            if done < len(photos):
                raise RuntimeError(f"the candidate gave {done} outcomes for {len(photos)} photos")
        except BrokenProcessPool:
            raise
        except Exception as error:  # other projects' code, which may raise anything
            yield failed("candidate_error", f"{type(error).__name__}: {error}")
            done += 1


def _say(answers: BinaryIO, answer: Answer) -> None:
    answers.write(ANSWER.dump_json(answer) + b"\n")


if __name__ == "__main__":
    main()
