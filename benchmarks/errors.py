"""What keeps something from being measured, each with a stable code and what to do about it."""


class BenchmarkError(Exception):
    """Base of every error raised by `benchmarks`; `code` is stable and machine-readable."""

    code = "benchmark_error"


class NoTruth(BenchmarkError):
    """A folder of photos has no truth.json, or one that does not fit its photos."""

    code = "no_truth"


class OutFolderTaken(BenchmarkError):
    """The folder for results holds something already."""

    code = "out_folder_taken"
