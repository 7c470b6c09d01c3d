"""Many reads of one vehicle become one Sighting.

The reads are aligned and vote by position, each with the square of its confidence. The vote proposes texts beside those
of the single reads; the likeliest is the one with the greatest weighted mean of the probabilities that the single reads
give it, which is its confidence. That mean never exceeds the surest read's: frames blurred the same way agree on the
same error, so agreement alone proves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from vision.grammar import Grammar, printed_form
from vision.read import LEAST_CONFIDENCE
from vision.types import EvidenceFrame, PlateRead, PositionDistribution, Sighting

MOST_ALTERNATIVES = 5
MOST_EVIDENCE = 3
_LIKELIEST = 5
_LEAST_WEIGHT = 1e-6
_GAP = -0.4
"""Alignment: what an unmatched position costs. Two of them cost more than one wholly wrong character."""
_DIFFERENT = -0.1
"""Alignment: what is added to the overlap of two positions that are matched."""
_OTHER_CHARACTER = 0.01
"""Share of a position's or insertion's nameless mass that one given character gets: one in about a hundred."""

T = TypeVar("T", bound=str)


@dataclass(slots=True)
class _Column:
    """One position of the aligned reads: the weight behind each character, behind any other, and behind nothing."""

    characters: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    rest: float = 0.0
    nothing: float = 0.0

    def add(self, position: PositionDistribution, weight: float) -> None:
        present = weight * (1 - position.deletion)
        for character, probability in position.characters:
            self.characters[character] += present * probability
        self.rest += present * position.rest
        self.nothing += weight * position.deletion

    @property
    def total(self) -> float:
        return sum(self.characters.values()) + self.rest + self.nothing

    def overlap(self, position: PositionDistribution) -> float:
        """Probability that this column and a read's position hold the same character, 0..1."""
        shared = sum(self.characters.get(character, 0.0) * p for character, p in position.characters)
        return shared / max(self.total, _LEAST_WEIGHT)

    def distribution(self) -> PositionDistribution:
        present = max(sum(self.characters.values()) + self.rest, _LEAST_WEIGHT)
        best = sorted(self.characters.items(), key=lambda item: -item[1])[:_LIKELIEST]
        named = tuple((character, mass / present) for character, mass in best)
        return PositionDistribution(named, max(0.0, 1 - sum(p for _, p in named)), self.nothing / (self.total or 1.0))


def fuse(
    evidence: Sequence[EvidenceFrame],
    frames_read: int,
    grammar: Grammar,
    least_confidence: float = LEAST_CONFIDENCE,
) -> Sighting:
    """The one read that all of `evidence`, at least one frame, speaks for.

    `frames_read` counts the frames the vehicle was read on, which may be more than were kept as evidence. The text
    is None under `least_confidence`. Raises ValueError for no evidence.
    """
    if not evidence:
        raise ValueError("a sighting needs at least one frame that was read")
    ordered = sorted(evidence, key=lambda e: -e.read.confidence)
    reads = [e.read for e in ordered]
    weights = [max(read.confidence, 1e-3) ** 2 for read in reads]
    columns = _align(reads, weights)
    candidates = dict.fromkeys([_voted(columns), *(read.guess for read in reads), *_second_bests(columns)])
    pooled = [column.distribution() for column in columns]
    gaps = [float(np.average([np.mean(read.insertions) for read in reads], weights=weights))] * (len(pooled) + 1)
    seen = _shares([read.region for read in reads], weights)
    confidence = {text: _mean_probability(text, reads, weights) for text in candidates if text}
    guess = max(
        confidence,
        key=lambda text: (confidence[text], text_probability(text, pooled, gaps) * grammar.weight(text, seen)),
        default="",
    )
    region = grammar.region_of(guess, seen)
    kept = _columns_of(guess, columns)
    others = sorted((text for text in confidence if text != guess), key=lambda text: -confidence[text])
    room = 1 - confidence.get(guess, 0.0)
    shrink = min(1.0, room / max(sum(confidence[text] for text in others), _LEAST_WEIGHT))
    sure = confidence.get(guess, 0.0)
    return Sighting(
        text=guess if guess and sure >= least_confidence else None,
        guess=guess,
        printed=printed_form(guess, region),
        confidence=sure,
        char_confidences=tuple(
            column.characters.get(character, 0.0) / max(column.total, _LEAST_WEIGHT)
            for character, column in zip(guess, kept, strict=True)
        ),
        positions=tuple(column.distribution() for column in kept),
        insertions=tuple(gaps[:1] * (len(kept) + 1)),
        alternatives=tuple((text, confidence[text] * shrink) for text in others[:MOST_ALTERNATIVES]),
        region=region,
        color=_majority([read.color for read in reads], weights),
        layout=_majority([read.layout for read in reads], weights),
        frames_read=frames_read,
        evidence=tuple(sorted(ordered, key=lambda e: e.read.guess != guess)[:MOST_EVIDENCE]),
    )


def text_probability(text: str, positions: Sequence[PositionDistribution], insertions: Sequence[float]) -> float:
    """The probability of exactly `text` under a read's distributions.

    Summed over all ways to lay the text along the positions, leaving positions out and putting characters in.
    `insertions` has one entry more than `positions`.
    """
    count = len(text)
    row = np.zeros(count + 1)
    row[0] = 1.0
    row = _inserted(row, insertions[0])
    for position, insertion in zip(positions, insertions[1:], strict=True):
        named = dict(position.characters)
        here = np.array([named.get(character, position.rest * _OTHER_CHARACTER) for character in text])
        following = row * position.deletion
        following[1:] += row[:-1] * here * (1 - position.deletion)
        row = _inserted(following, insertion)
    return float(row[count])


def _inserted(
    row: np.ndarray[tuple[int], np.dtype[np.float64]], insertion: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """One character more may stand here: at most one, and any one of about a hundred."""
    spread = row * (1 - insertion)
    spread[1:] += row[:-1] * insertion * _OTHER_CHARACTER
    return spread


def _mean_probability(text: str, reads: Sequence[PlateRead], weights: Sequence[float]) -> float:
    return float(np.average([_probability(text, read) for read in reads], weights=weights))


def _probability(text: str, read: PlateRead) -> float:
    """What one read gives `text`: its calibrated confidence for its own guess, and as much less for another as its
    distributions say, never more than the guess leaves."""
    if text == read.guess:
        return read.confidence
    own = text_probability(read.guess, read.positions, read.insertions)
    ratio = text_probability(text, read.positions, read.insertions) / max(own, 1e-12)
    return min(1 - read.confidence, read.confidence * ratio)


def _align(reads: Sequence[PlateRead], weights: Sequence[float]) -> list[_Column]:
    """Columns that hold every read's positions; the first read, the surest, sets the frame."""
    columns: list[_Column] = []
    so_far = 0.0
    for read, weight in zip(reads, weights, strict=True):
        merged: list[_Column] = []
        for column, position in _match(columns, read.positions):
            if column is None:
                column = _Column(nothing=so_far)
            if position is None:
                column.nothing += weight
            else:
                column.add(position, weight)
            merged.append(column)
        columns = merged
        so_far += weight
    return columns


def _match(
    columns: Sequence[_Column], positions: Sequence[PositionDistribution]
) -> list[tuple[_Column | None, PositionDistribution | None]]:
    """Global alignment (Needleman and Wunsch, 1970) of columns with a read's positions; None is a gap."""
    rows, places = len(columns), len(positions)
    pair = np.array([[column.overlap(p) + _DIFFERENT for p in positions] for column in columns]).reshape(rows, places)
    best = np.zeros((rows + 1, places + 1))
    best[:, 0] = np.arange(rows + 1) * _GAP
    best[0, :] = np.arange(places + 1) * _GAP
    for i in range(1, rows + 1):
        for j in range(1, places + 1):
            best[i, j] = max(best[i - 1, j - 1] + pair[i - 1, j - 1], best[i - 1, j] + _GAP, best[i, j - 1] + _GAP)
    matched: list[tuple[_Column | None, PositionDistribution | None]] = []
    i, j = rows, places
    while i or j:
        if i and j and best[i, j] == best[i - 1, j - 1] + pair[i - 1, j - 1]:
            i, j = i - 1, j - 1
            matched.append((columns[i], positions[j]))
        elif i and (not j or best[i, j] == best[i - 1, j] + _GAP):
            i -= 1
            matched.append((columns[i], None))
        else:
            j -= 1
            matched.append((None, positions[j]))
    return matched[::-1]


def _voted(columns: Sequence[_Column]) -> str:
    return "".join(best for best, mass in map(_first, columns) if best and mass > 0)


def _first(column: _Column) -> tuple[str, float]:
    """The column's likeliest character, or an empty text where nothing is likelier than any."""
    character, mass = max(column.characters.items(), key=lambda item: item[1], default=("", 0.0))
    return (character, mass) if mass >= column.nothing else ("", column.nothing)


def _second_bests(columns: Sequence[_Column]) -> list[str]:
    """The voted text with one place changed to the runner-up."""
    firsts = [_first(column)[0] for column in columns]
    texts = []
    for place, column in enumerate(columns):
        ranked = sorted(column.characters, key=lambda character: -column.characters[character])
        other = next((character for character in ranked if character != firsts[place]), None)
        if other is not None:
            texts.append("".join([*firsts[:place], other, *firsts[place + 1 :]]))
    return texts


def _columns_of(text: str, columns: Sequence[_Column]) -> list[_Column]:
    """The column that each character of `text` stands in; a new one for a character that no read placed."""
    certain = [PositionDistribution(((character, 1.0),), 0.0, 0.0) for character in text]
    return [column or _Column() for column, position in _match(columns, certain) if position is not None]


def _shares(values: Sequence[T], weights: Sequence[float]) -> dict[T, float]:
    """The share of the weight behind each value."""
    mass: dict[T, float] = defaultdict(float)
    for value, weight in zip(values, weights, strict=True):
        mass[value] += weight / sum(weights)
    return mass


def _majority(values: Sequence[T], weights: Sequence[float]) -> T:
    shares = _shares(values, weights)
    return max(shares, key=lambda value: shares[value])
