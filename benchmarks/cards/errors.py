"""What keeps a page about a model from being written."""

from benchmarks.errors import BenchmarkError


class BadTrainingLog(BenchmarkError):
    """A file is not the log of a training run."""

    code = "bad_training_log"
