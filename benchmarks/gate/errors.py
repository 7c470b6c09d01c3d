"""What keeps the time at a gate from being measured."""

from benchmarks.errors import BenchmarkError


class BadGateRuns(BenchmarkError):
    """A folder holds no finished runs at the gate, or a file of it is not what they write."""

    code = "bad_gate_runs"


class SurroundingsFailed(BenchmarkError):
    """What a scenario needs beside the lot (a writer to the disk, the mirroring, a cloud) does not run."""

    code = "surroundings_failed"
