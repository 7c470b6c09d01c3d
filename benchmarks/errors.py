"""What keeps something from being measured, each with a stable code and what to do about it."""


class BenchmarkError(Exception):
    """Base of every error raised by `benchmarks`; `code` is stable and machine-readable."""

    code = "benchmark_error"


class NoTruth(BenchmarkError):
    """A folder of photos or a clip has no truth, or one that does not fit it."""

    code = "no_truth"


class ClipNotWritten(BenchmarkError):
    """A rendered clip cannot be written."""

    code = "clip_not_written"


class OutFolderTaken(BenchmarkError):
    """The folder for results holds something already."""

    code = "out_folder_taken"
