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


class OutFolderUnusable(BenchmarkError):
    """The folder for results cannot be made."""

    code = "out_folder_unusable"


class UnknownFormat(BenchmarkError):
    """A folder of labelled photos is laid out in no way that is known, or in several."""

    code = "unknown_format"


class BadCandidate(BenchmarkError):
    """What describes a candidate is missing, mistyped, or asks for what its kind cannot do."""

    code = "bad_candidate"


class CandidateFailed(BenchmarkError):
    """A candidate cannot be started, or dies again and again."""

    code = "candidate_failed"


class BadRunFolder(BenchmarkError):
    """A run folder lacks a file, or holds one that is not what a run writes."""

    code = "bad_run_folder"


class BadVideoFolder(BenchmarkError):
    """A folder is not what watching clips leaves."""

    code = "bad_video_folder"


class UnfinishedRun(BenchmarkError):
    """A run was stopped before every candidate had every photo."""

    code = "unfinished_run"


class NotComparable(BenchmarkError):
    """Two candidates were not given the same photos."""

    code = "not_comparable"


class NoPhotos(BenchmarkError):
    """A report is to show photos that are not there."""

    code = "no_photos"
