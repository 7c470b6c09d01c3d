"""How long one match takes, in time of one core."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from time import process_time

from benchmarks.matching.patterns import Order, ReadPattern, Replayed
from benchmarks.matching.rivals import Choice, by_evidence
from benchmarks.matching.simulation import Simulation, Traffic
from lot_server.domain.matching import Matcher
from lot_server.domain.stay import Stay

MATCHES = 300


def milliseconds_a_match(patterns: Sequence[ReadPattern], order: Order, inside: int, seed: int) -> float:
    """The median of the last MATCHES exits of a lot with `inside` vehicles, its server having run for a while."""
    took: list[float] = []
    choose = by_evidence(Matcher())

    def timed(read: Replayed, stays: Sequence[Stay], at: datetime) -> Choice:
        if len(stays) < inside * 0.8:
            return None, 1.0
        began = process_time()
        choice = choose(read, stays, at)
        took.append(1000 * (process_time() - began))
        return choice

    Simulation(patterns, order, Traffic(visits=5 * inside + MATCHES, inside=inside), seed).run({"openlot": timed})
    return median(took[-MATCHES:])
