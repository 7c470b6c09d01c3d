"""How often reads are right, by how sure they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Borders of the bins; the last one is of reads that a gate acts on unasked."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A text that was reported: its confidence and whether it is a true one."""

    confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The reads whose confidence is from `low` up to `high` (including it in the last bin)."""

    low: float
    high: float
    reads: int
    right: int
    confidence: float
    """Their mean; 0 where there are none."""

    @property
    def share(self) -> float:
        """The share that is right; 0 where there are none."""
        return self.right / self.reads if self.reads else 0.0


def reliability(reads: Sequence[Judged]) -> list[Bin]:
    """The reads in bins, least sure first."""
    bins = []
    for low, high in pairwise(EDGES):
        inside = [r for r in reads if low <= r.confidence < high or (high == EDGES[-1] and r.confidence == high)]
        mean = sum(r.confidence for r in inside) / len(inside) if inside else 0.0
        bins.append(Bin(low, high, len(inside), sum(r.is_right for r in inside), mean))
    return bins
