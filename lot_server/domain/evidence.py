"""What matching needs of a read, in plain integers, stored with the stay and mirrored with it.

Probabilities are parts per million, so that the ledger's bytes are the same everywhere.
"""

from dataclasses import dataclass

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class PositionEvidence:
    """One position: up to five characters with their parts per million (best first), the rest's mass, deletion."""

    characters: tuple[tuple[str, int], ...]
    rest: int
    deletion: int


@dataclass(frozen=True, slots=True)
class ReadEvidence:
    """A distribution for every position of a read, and the chance of a missed character around each.

    `insertions` has one entry more than `positions`.
    """

    positions: tuple[PositionEvidence, ...]
    insertions: tuple[int, ...]
    region: str
    color: str
