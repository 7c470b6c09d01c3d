"""How a read failed, told apart from the plate that it was of.

A pattern keeps, of one read, each character as its rank among those that the true one may be taken for (0: the true one
itself), and nothing of the plate but which places are Chinese characters. Laid over another plate it gives the read
that such a failure would have left of that one: as sure, as wrong, and wrong in as likely a way. Whose plate was read
cannot be told from it, so that patterns may be published where reads may not.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.matching.reads import Part, PlateReading
from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from vision.alphabet import DIGITS, LETTERS, PROVINCES, SPECIALS

GHOST = -1
GHOSTS = DIGITS + LETTERS
"""What stands where a read has a character and the plate has none."""

Order = Mapping[str, str]
"""Character -> itself, then all others, the likeliest to be taken for it first."""


@dataclass(frozen=True, slots=True)
class PatternPlace:
    """One position of a read: which character of the plate stands there (from 0; GHOST: none), the rank of the one in
    the guess, and the ranks with their parts per million, the rest and the deletion as in PositionEvidence."""

    stands: int
    guess: int
    ranks: tuple[tuple[int, int], ...]
    rest: int
    deletion: int


@dataclass(frozen=True, slots=True)
class ReadPattern:
    """One read without its plate. `kinds` has a letter for each true character: P province, M mark, S serial.

    No places, and a confidence of 0, where no plate was found.
    """

    source: str
    part: Part
    kinds: str
    places: tuple[PatternPlace, ...]
    insertions: tuple[int, ...]
    confidence_ppm: int
    region: str
    color: str

    @property
    def is_right(self) -> bool:
        """Whether the guess was the plate's text."""
        return [(place.stands, place.guess) for place in self.places] == [(i, 0) for i in range(len(self.kinds))]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A read of a plate as the reader would have left it; `guess` is None where no plate was found."""

    guess: str | None
    confidence: float
    evidence: ReadEvidence | None


def kind_of(character: str) -> str:
    """P for a province, M for a mark, S for a digit or letter."""
    return "P" if character in PROVINCES else "M" if character in SPECIALS else "S"


def kinds_of(plate: str) -> str:
    """The kinds of all characters of a plate."""
    return "".join(map(kind_of, plate))


def pattern_of(reading: PlateReading, order: Order) -> ReadPattern:
    """The read without its plate."""
    evidence = reading.evidence
    if evidence is None or reading.guess is None:
        return ReadPattern(reading.source, reading.part, kinds_of(reading.true), (), (), 0, "", "")
    places = []
    for position, guessed, stands in zip(
        evidence.positions, reading.guess, alignment(reading.true, evidence), strict=True
    ):
        seen = order[reading.true[stands] if stands != GHOST else guessed]
        places.append(
            PatternPlace(
                stands,
                seen.index(guessed),
                tuple((seen.index(character), ppm) for character, ppm in position.characters),
                position.rest,
                position.deletion,
            )
        )
    return ReadPattern(
        reading.source,
        reading.part,
        kinds_of(reading.true),
        tuple(places),
        evidence.insertions,
        reading.confidence_ppm,
        evidence.region,
        evidence.color,
    )


def replay(pattern: ReadPattern, plate: str, order: Order, chance: random.Random) -> Replayed:
    """The read that this failure would have left of `plate`, whose kinds are the pattern's."""
    if not pattern.places:
        return Replayed(None, 0.0, None)
    positions, guess = [], []
    for place in pattern.places:
        seen = order[plate[place.stands] if place.stands != GHOST else chance.choice(GHOSTS)]
        guess.append(seen[place.guess])
        characters = tuple((seen[rank], ppm) for rank, ppm in place.ranks)
        positions.append(PositionEvidence(characters, place.rest, place.deletion))
    evidence = ReadEvidence(tuple(positions), pattern.insertions, pattern.region, pattern.color)
    return Replayed("".join(guess), pattern.confidence_ppm / PPM, evidence)


def alignment(true: str, evidence: ReadEvidence) -> list[int]:
    """For each position of a read the index of the true character that stands there, or GHOST.

    The cheapest alignment: a position costs what its probability for the true character lacks, one without a partner 1.
    """
    positions = evidence.positions
    rows, columns = len(positions), len(true)
    cost = [[float(i + j) for j in range(columns + 1)] for i in range(rows + 1)]
    for i, position in enumerate(positions, start=1):
        for j, character in enumerate(true, start=1):
            swap = cost[i - 1][j - 1] + _lack(position, character)
            cost[i][j] = min(swap, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    found = [GHOST] * rows
    i, j = rows, columns
    while i and j:
        if cost[i][j] == cost[i - 1][j - 1] + _lack(positions[i - 1], true[j - 1]):
            i, j = i - 1, j - 1
            found[i] = j
        elif cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return found


def _lack(position: PositionEvidence, character: str) -> float:
    return 1 - dict(position.characters).get(character, 0) / PPM


def order_of(taken_for: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """Every character's order by how often it was taken for each other; then those of its kind, then all others."""
    alphabet = DIGITS + LETTERS + PROVINCES + SPECIALS
    order = {}
    for true in alphabet:
        seen = taken_for.get(true, {})
        others = [each for each in alphabet if each != true]
        others.sort(key=lambda each: (-seen.get(each, 0.0), kind_of(each) != kind_of(true)))
        order[true] = true + "".join(others)
    return order


def taken_for(readings: Sequence[PlateReading]) -> dict[str, dict[str, float]]:
    """True character -> every other one -> the probability that reads gave it in all, counted in characters."""
    found: dict[str, dict[str, float]] = {}
    for reading in readings:
        if reading.evidence is None:
            continue
        for position, stands in zip(reading.evidence.positions, alignment(reading.true, reading.evidence), strict=True):
            if stands == GHOST:
                continue
            true = reading.true[stands]
            for character, ppm in position.characters:
                if character != true:
                    seen = found.setdefault(true, {})
                    seen[character] = seen.get(character, 0.0) + ppm / PPM
    return found
