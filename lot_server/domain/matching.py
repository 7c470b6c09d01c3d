"""Which of the vehicles inside stands at the exit.

A read is a probability over texts. A stay is scored by the probability that the read's text is the stay's plate, or,
since the entry may have been misread too, that both reads show one and the same text, whichever is larger. Against
all stays stands one more hypothesis: none of them. Its weight is constant, so that a read that is poor everywhere,
and thus thinly spread over very many texts, fits nothing well enough.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.look_alikes import LOOK_ALIKES
from lot_server.domain.stay import Stay

ALPHABET_SIZE = 80
"""About how many characters plates are written with; what shares the rest's mass and what a missed one may be."""

FEWEST_POSITIONS = 4
"""A read of fewer is of a bumper as soon as of a plate, and two such reads look alike whatever they show."""


@dataclass(frozen=True, slots=True)
class MatchingPolicy:
    """How sure matching must be, all as probabilities.

    `threshold`: of the best stay, to take it without asking. `candidate`: of a stay worth showing to the operator.
    `none_inside`: weight of "none of those inside". `look_alike`: share of a character's probability that is lent
    to its look-alikes, since readers are surer than they should be. A stay longer than `usual_stay` is taken to be
    less likely to leave now, in proportion; shorter ones are all as likely.
    """

    threshold: float = 0.95
    candidate: float = 0.02
    most_candidates: int = 5
    none_inside: float = 0.001
    look_alike: float = 0.02
    usual_stay: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stay and the probability that it is the one."""

    stay: Stay
    probability: float


@dataclass(frozen=True, slots=True)
class Matched:
    """It is this stay."""

    stay: Stay
    probability: float


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may be one of these, best first; somebody must look."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """None of those inside fits the read."""


Match = Matched | Ambiguous | Unmatched


@dataclass(frozen=True, slots=True)
class _Place:
    """One position as floats: the named characters, the probability of any other one, and that anything stands here."""

    characters: dict[str, float]
    other: float
    kept: float


def match(read: ReadEvidence, stays: Iterable[Stay], at: datetime, policy: MatchingPolicy | None = None) -> Match:
    """The stay that a read at the exit belongs to, as far as it can be told."""
    policy = policy or MatchingPolicy()
    scorer = _Scorer(read, policy)
    weights = [(scorer.score(stay) * _prior(stay, at, policy), stay) for stay in stays]
    total = sum(weight for weight, _ in weights) + policy.none_inside
    best = heapq.nlargest(policy.most_candidates, weights, key=lambda each: each[0])
    candidates = tuple(Candidate(stay, weight / total) for weight, stay in best if weight / total >= policy.candidate)
    if not candidates:
        return Unmatched()
    if candidates[0].probability >= policy.threshold:
        return Matched(candidates[0].stay, candidates[0].probability)
    return Ambiguous(candidates)


def _prior(stay: Stay, at: datetime, policy: MatchingPolicy) -> float:
    inside = at - (stay.entered_at or stay.read_at)
    return 1.0 if inside <= policy.usual_stay else policy.usual_stay / inside


class _Scorer:
    """The exit's read, prepared once for all stays."""

    def __init__(self, read: ReadEvidence, policy: MatchingPolicy) -> None:
        self._places = [_lend(position, policy.look_alike) for position in read.positions]
        self._missed = [insertion / PPM / ALPHABET_SIZE for insertion in read.insertions]
        self._negligible = policy.none_inside * policy.candidate
        self._other_anywhere = sum(place.other for place in self._places) + sum(self._missed)
        self._anywhere = {
            character: sum(place.characters.get(character, place.other) for place in self._places) + sum(self._missed)
            for character in {character for place in self._places for character in place.characters}
        }
        self._most_anywhere = max(self._anywhere.values(), default=self._other_anywhere)

    def score(self, stay: Stay) -> float:
        """The probability that the read shows the stay's plate, or 0 where it is far below what could matter."""
        by_plate = self._by_plate(stay.plate) if stay.plate is not None else 0.0
        if stay.evidence is None or len(stay.evidence.positions) < FEWEST_POSITIONS:
            return by_plate
        return max(by_plate, self._by_evidence(stay.evidence))

    def _by_plate(self, plate: str) -> float:
        # Every character of the plate stands at some position of the read or was missed, so the product of the sums
        # over all places is never below the probability, and most stays are dropped after two or three characters.
        bound = 1.0
        for character in plate:
            bound *= self._anywhere.get(character, self._other_anywhere)
            if bound < self._negligible:
                return 0.0
        return self._align([_Place({character: 1.0}, 0.0, 1.0) for character in plate], [0.0] * (len(plate) + 1))

    def _by_evidence(self, entry: ReadEvidence) -> float:
        bound = 1.0
        for position in entry.positions:
            fits = self._most_anywhere * position.rest + position.deletion
            for character, ppm in position.characters:
                fits += self._anywhere.get(character, self._other_anywhere) * ppm
            bound *= fits / PPM
            if bound < self._negligible:
                return 0.0
        places = [
            _Place(
                {each: ppm / PPM for each, ppm in position.characters}, _other(position), 1 - position.deletion / PPM
            )
            for position in entry.positions
        ]
        return self._align(places, [insertion / PPM / ALPHABET_SIZE for insertion in entry.insertions])

    def _align(self, plate: Sequence[_Place], missed: Sequence[float]) -> float:
        """The summed probability of all alignments of the read with `plate`: a forward recursion over both."""
        row = [1.0]
        for j, place in enumerate(plate):
            row.append(row[j] * (1 - place.kept + self._missed[0]))
        for i, mine in enumerate(self._places):
            above, row = row, [row[0] * (1 - mine.kept + missed[0])]
            for j, place in enumerate(plate):
                row.append(
                    above[j] * _same(mine, place) * mine.kept * place.kept
                    + above[j + 1] * (1 - mine.kept + missed[j + 1])
                    + row[j] * (1 - place.kept + self._missed[i + 1])
                )
            if sum(row) < self._negligible:
                return 0.0
        return row[-1]


def _same(mine: _Place, place: _Place) -> float:
    """The probability that two independent reads of a place show one character."""
    both, named = 0.0, 0.0
    for character, share in place.characters.items():
        probability = mine.characters.get(character, mine.other)
        both += probability * share
        named += probability
    return both + place.other * max(0.0, 1 - named)


def _lend(position: PositionEvidence, look_alike: float) -> _Place:
    """A position of the exit's read, a share of each character's probability lent to its look-alikes."""
    other = _other(position)
    shares = {character: ppm / PPM for character, ppm in position.characters}
    lent = dict(shares)
    for character, share in shares.items():
        others = LOOK_ALIKES.get(character, "")
        for each in others:
            lent[each] = lent.get(each, other) + share * look_alike / len(others)
        if others:
            lent[character] -= share * look_alike
    return _Place(lent, other, 1 - position.deletion / PPM)


def _other(position: PositionEvidence) -> float:
    """The probability of any one character that is not among the likeliest."""
    return position.rest / PPM / (ALPHABET_SIZE - len(position.characters))
