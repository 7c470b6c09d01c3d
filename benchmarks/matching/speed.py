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
LEAST_FULL = 0.9
"""Share of `inside` from which exits are timed: the lot begins empty."""


def milliseconds_a_match(patterns: Sequence[ReadPattern], order: Order, inside: int, seed: int) -> float:
    """The median of MATCHES exits of a lot with about `inside` vehicles: with each, some whose entry is new to it."""
    took: list[float] = []
    choose = by_evidence(Matcher())

    def timed(read: Replayed, stays: Sequence[Stay], at: datetime) -> Choice:
        if len(stays) < inside * LEAST_FULL or len(took) >= MATCHES:
            return None, 1.0
        began = process_time()
        choice = choose(read, stays, at)
        took.append(1000 * (process_time() - began))
        return choice

    Simulation(patterns, order, Traffic(visits=5 * inside + MATCHES, inside=inside), seed).run({"openlot": timed})
    return median(took)
