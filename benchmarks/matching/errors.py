"""What keeps matching from being measured."""

from benchmarks.errors import BenchmarkError


class BadReads(BenchmarkError):
    """A file of reads is missing, or is not what was recorded."""

    code = "bad_reads"
