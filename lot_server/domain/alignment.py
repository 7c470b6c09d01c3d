"""The probability that a read shows a given plate, or that two reads show one and the same.

A read is a row of places, each a distribution over characters that may also stand for nothing; between them characters
may have been missed. All ways to lay one row along the other are summed, as in the forward recursion of a hidden
Markov model with gaps (R. Durbin et al., Biological Sequence Analysis, 1998).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.look_alikes import Misreading

ALPHABET_SIZE = 80
"""About how many characters plates are written with; what shares the rest's mass and what a missed one may be."""

BAND = 1
"""By how many places two rows of one length may be shifted against each other."""

TWIN_LOOK_ALIKE = 0.5
"""Share of twins, plates that differ from another in one character, in which it is a look-alike; else it is any."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a row: the named characters, the probability of any other one, and that anything stands here."""

    characters: Mapping[str, float]
    other: float
    kept: float


@dataclass(frozen=True, slots=True)
class Row:
    """A read or a plate as places, and the probability of one given character missed before, between and after."""

    places: tuple[Place, ...]
    missed: tuple[float, ...]


def plate_row(plate: str) -> Row:
    """A plate that is known for sure."""
    return Row(tuple(Place({each: 1.0}, 0.0, 1.0) for each in plate), (0.0,) * (len(plate) + 1))


def told_row(read: ReadEvidence) -> Row:
    """A read as its reader told it."""
    return Row(
        tuple(
            Place({each: ppm / PPM for each, ppm in position.characters}, _other(position), 1 - position.deletion / PPM)
            for position in read.positions
        ),
        tuple(insertion / PPM / ALPHABET_SIZE for insertion in read.insertions),
    )


def doubted_row(read: ReadEvidence, misreading: Misreading, reads: int) -> Row:
    """A read, less sure than its reader told it, by what `reads` reads of one plate may get wrong together."""
    return Row(
        tuple(_doubted(position, misreading, reads) for position in read.positions),
        tuple((insertion / PPM + reads * misreading.missed) / ALPHABET_SIZE for insertion in read.insertions),
    )


def _doubted(position: PositionEvidence, misreading: Misreading, reads: int) -> Place:
    alike, any_other = reads * misreading.look_alike, reads * misreading.other
    told = _other(position)
    spread = any_other / ALPHABET_SIZE
    sure = 1 - alike - any_other
    other = told * sure + spread
    doubted = {character: ppm / PPM * sure + spread for character, ppm in position.characters}
    for character, ppm in position.characters:
        for shown, share in misreading.look_alikes.get(character, ()):
            doubted[shown] = doubted.get(shown, other) + ppm / PPM * alike * share
    kept = (1 - position.deletion / PPM) * (1 - reads * misreading.ghost)
    return Place(doubted, other, kept)


def _other(position: PositionEvidence) -> float:
    """The probability of any one character that is not among the likeliest."""
    return position.rest / PPM / (ALPHABET_SIZE - len(position.characters))


@dataclass(frozen=True, slots=True)
class Fit:
    """The probability of a row given another: `same` if it is the same plate, `twin` if it is one that differs in one
    character, drawn as `TWIN_LOOK_ALIKE` says."""

    same: float
    twin: float


def align(read: Row, plate: Row, misreading: Misreading, negligible: float = 0.0) -> Fit:
    """How well `read` fits `plate`; `Fit(0, 0)` where it stays below `negligible`."""
    a_place = 1 / max(1, len(plate.places))
    band = BAND + abs(len(read.places) - len(plate.places))
    row, twins = [1.0], [0.0]
    for j, place in enumerate(plate.places):
        lost = 1 - place.kept + read.missed[0] if j < band else 0.0
        row.append(row[j] * lost)
        twins.append(twins[j] * lost)
    for i, mine in enumerate(read.places):
        above, twins_above = row, twins
        gap = 1 - mine.kept + plate.missed[0]
        row, twins = [above[0] * gap], [twins_above[0] * gap]
        for j, place in enumerate(plate.places):
            if not -band <= i - j <= band:
                row.append(0.0)
                twins.append(0.0)
                continue
            both = mine.kept * place.kept
            same = _same(mine, place) * both
            ghost = 1 - mine.kept + plate.missed[j + 1]
            lost = 1 - place.kept + read.missed[i + 1]
            row.append(above[j] * same + above[j + 1] * ghost + row[j] * lost)
            changed = above[j] * both * a_place
            if changed > negligible:
                changed *= _twin(mine, place, misreading)
            twins.append(twins_above[j] * same + changed + twins_above[j + 1] * ghost + twins[j] * lost)
        if sum(row) < negligible:
            return Fit(0.0, 0.0)
    return Fit(row[-1], twins[-1])


def _same(mine: Place, place: Place) -> float:
    """The probability that two independent reads of a place show one character."""
    both, named = 0.0, 0.0
    for character, share in place.characters.items():
        probability = mine.characters.get(character, mine.other)
        both += probability * share
        named += probability
    return both + place.other * max(0.0, 1 - named)


def _twin(mine: Place, place: Place, misreading: Misreading) -> float:
    """The probability that a read of a place shows another character than the plate has, as a twin's would be."""
    alike = 0.0
    likeliest = next(iter(place.characters), "")
    for shown, part in misreading.look_alikes.get(likeliest, ()):
        alike += part * mine.characters.get(shown, mine.other)
    return TWIN_LOOK_ALIKE * alike + (1 - TWIN_LOOK_ALIKE) / ALPHABET_SIZE
