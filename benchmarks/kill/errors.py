"""What keeps a day of kills from being judged."""

from benchmarks.errors import BenchmarkError


class LifeFailed(BenchmarkError):
    """A server ended by itself, or stood still, between two kills: its error is in the day's folder."""

    code = "life_failed"


class ChargedAgain(BenchmarkError):
    """A driver was asked to pay although the lot had counted the payment."""

    code = "charged_again"
