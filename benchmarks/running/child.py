"""The process of one candidate: `python -m benchmarks.running.child`. See `benchmarks.running.messages`."""

import os
import sys
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
    spec = SPEC.validate_json(sys.stdin.buffer.readline())
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
        for line in sys.stdin.buffer:
            for outcome in outcomes(candidate, BATCH.validate_json(line).photos):
                _say(answers, Read(outcome))
            _say(answers, spent())
    finally:
        candidate.close()


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
