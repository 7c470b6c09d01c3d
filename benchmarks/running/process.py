"""One process of one candidate, as the run sees it: started, warmed up, given photos, ended, and what that cost."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from benchmarks.candidates.outcome import Nature, Outcome, failed
from benchmarks.candidates.spec import SPEC, Spec, settings
from benchmarks.errors import CandidateFailed
from benchmarks.run_folder import ProcessRun
from benchmarks.running.energy import EnergyMeter
from benchmarks.running.messages import ANSWER, BATCH, Answer, Batch, Read, Ready, Refused, Spent

WARM_READS = 3
"""Times that the first photo is read again once it was read; the median of them is `warm_ms`."""
LOADING_S = 300.0
"""Seconds that a candidate has to load its models."""
_GRACE_S = 5.0
_TAIL = 300
"""Characters of what a process complained of that an error shows."""


class ProcessDied(Exception):
    """The process ended, or was ended because a photo took too long, before it gave the next outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error.message if outcome.error else "")
        self.outcome = outcome
        """What becomes of the photo that it was reading."""


class CandidateProcess:
    """A candidate in a process group of its own. `nature` is what it turned out to be."""

    def __init__(self, spec: Spec, round_: int, first: Path, log: Path, timeout_s: float) -> None:
        """Loads the candidate, reads the photo `first`, and reads it again until it is warm.

        What the process prints goes to `log`; a photo may take `timeout_s` seconds. Raises CandidateFailed where it
        cannot be loaded or runs by another provider than was asked for, ProcessDied where it dies on the photo.
        """
        self._spec, self._round, self._log, self._timeout_s = spec, round_, log, timeout_s
        self._energy, self._joules, self._wall_s = EnergyMeter(), 0.0, 0.0
        self._has_energy = self._working = False
        self._spent, self._photos = Spent(0, 0.0), 0
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        with self._at_work():
            started = time.perf_counter()
            self._process = self._spawn()
            try:
                self.nature = self._loaded()
                list(self.read([first]))
                self._cold_ms = 1000 * (time.perf_counter() - started)
                self._warm_ms = self._warm_up(first)
                self._photos = 0
            except BaseException:
                self.kill()
                raise

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """One outcome a photo. Raises ProcessDied in the place of the first outcome that does not come."""
        with self._at_work():
            self._send(BATCH.dump_json(Batch(tuple(photos))))
            for _ in photos:
                answer = self._next(self._timeout_s)
                if not isinstance(answer, Read):
                    raise self._broken(answer)
                self._photos += 1
                yield answer.outcome
            answer = self._next(self._timeout_s)
            if not isinstance(answer, Spent):
                raise self._broken(answer)
            self._spent = answer

    def end(self) -> ProcessRun:
        """Let the process end, and say what it cost."""
        self._close_input()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        self.kill()
        return ProcessRun(
            self._round,
            round(self._cold_ms, 3),
            round(self._warm_ms, 3),
            self._spent.peak_rss_bytes,
            round(self._wall_s, 6),
            round(self._spent.cpu_s, 6),
            round(self._joules, 6) if self._has_energy else None,
            self.nature.provider,
            self.nature.precision,
            self._photos,
        )

    def kill(self) -> None:
        """End the process and all that it started, at once. Safe to call twice."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._close_input()

    def _close_input(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "benchmarks.running.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        try:
            if process.stdout is not None:
                with process.stdout:
                    for line in process.stdout:
                        self._answers.put(ANSWER.validate_json(line))
        finally:
            self._answers.put(None)

    def _loaded(self) -> Nature:
        try:
            self._send(SPEC.dump_json(self._spec))
            answer = self._next(LOADING_S)
        except ProcessDied as death:
            raise CandidateFailed(f"{self._spec.name} cannot be loaded: {death}") from death
        if isinstance(answer, Refused):
            raise CandidateFailed(f"{self._spec.name}: {answer.code}: {answer.message}")
        if not isinstance(answer, Ready):
            raise CandidateFailed(f"{self._spec.name} cannot be loaded: {self._broken(answer)}")
        asked, running = settings(self._spec).get("provider"), answer.nature.provider
        if asked is not None and running != asked:
            raise CandidateFailed(
                f"{self._spec.name} was asked to run by {asked} and runs by {running}; check the driver"
            )
        return answer.nature

    def _warm_up(self, first: Path) -> float:
        """Milliseconds of the first photo once it is warm, by the candidate's own clock, or by ours where it failed."""
        times = []
        for _ in range(WARM_READS):
            start = time.perf_counter()
            (outcome,) = self.read([first])
            times.append(outcome.ms.get("total", 1000 * (time.perf_counter() - start)))
        return median(times)

    def _send(self, line: bytes) -> None:
        if self._process.stdin is None:
            raise RuntimeError("a candidate's process has an input")
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._broken(None) from error

    def _next(self, seconds: float) -> Answer | None:
        """The next answer, None once the process has ended. Raises ProcessDied after so many seconds without one."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            self.kill()
            raise ProcessDied(failed("timed_out", f"no outcome within {seconds:g} s; raise --timeout")) from None

    def _broken(self, answer: Answer | None) -> ProcessDied:
        self.kill()
        if answer is not None:
            return ProcessDied(failed("process_died", f"its process said {answer.what!r} where it should not"))
        status = self._process.returncode
        end = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        complaints = self._log.read_bytes()[-_TAIL:].decode(errors="replace").strip()
        return ProcessDied(failed("process_died", f"its process {end}: {complaints}"))

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Counts time and energy while this candidate is the one at work; nested use counts once."""
        if self._working:
            yield
            return
        self._working = True
        start, before = time.perf_counter(), self._energy.read()
        try:
            yield
        finally:
            self._working = False
            self._wall_s += time.perf_counter() - start
            used = self._energy.joules(before)
            if used is not None:
                self._has_energy = True
                self._joules += used
