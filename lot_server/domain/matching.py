"""Which of the vehicles inside stands at the exit.

Every stay is a hypothesis, and so is that the vehicle belongs to none of them: somebody unknown, or the twin of one
inside, whose plate differs in one character. Each is weighed by how likely it is before anything is read (time, lanes,
how often vehicles are unknown) times how likely it makes the read at the exit, given what was read at the entry. The
entry may have been misread as well as the exit, so what counts is that both show one and the same text.
docs/matching.md shows the formulas and what they achieve.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lot_server.domain.alignment import align, doubted_row
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.look_alikes import Fitted, Misreading, fitted
from lot_server.domain.shortlist import FEWEST_POSITIONS, Entry, Shortlist, entry_of
from lot_server.domain.stay import Stay

CHARACTERS_A_PLACE = 30
"""About how many characters are usual at one place of a plate: so many texts a place has a read to choose from."""


@dataclass(frozen=True, slots=True)
class MatchingPolicy:
    """What is held to be likely before a read, and how sure matching must be.

    `most_doubt`: 1 less the probability of the best stay, up to which it is taken without asking; None: as fitted.
    `candidate`: probability of a stay worth showing to the operator. `unknown`: share of the vehicles at exits whose
    stay is not among those inside. `twins`: share of those that are twins of one inside. `plates`: among how many
    vehicles an unknown one is drawn. A stay begun less than `soonest` ago weighs `too_soon`, one longer than
    `usual_stay` less in proportion; all others weigh alike.
    """

    most_doubt: float | None = None
    candidate: float = 0.02
    most_candidates: int = 5
    unknown: float = 0.01
    twins: float = 0.02
    plates: float = 1e6
    soonest: timedelta = timedelta(minutes=1)
    too_soon: float = 0.05
    usual_stay: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stay and the probability that it is the one; 0 where only another plate of the vehicle hints at it."""

    stay: Stay
    probability: float


@dataclass(frozen=True, slots=True)
class Matched:
    """It is this stay; `doubt` is the probability that it is not."""

    stay: Stay
    doubt: float


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may be one of these, best first; somebody must look."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """None of those inside fits the read."""


Match = Matched | Ambiguous | Unmatched


class Matcher:
    """Matching under a policy. It remembers what it worked out of the entries' reads, so keep one; not for threads."""

    def __init__(self, policy: MatchingPolicy | None = None, reader: Fitted | None = None) -> None:
        """`reader` says how the lot's reader fails; None: as it ships. Raises as `look_alikes.fitted`."""
        self._policy = policy or MatchingPolicy()
        self._reader = reader or fitted()
        self._entries: dict[str, Entry] = {}

    @property
    def limit(self) -> float:
        """The share of exits that may be opened for another vehicle's stay."""
        return self._reader.limit

    @property
    def misreading(self) -> Misreading:
        """How the lot's reader takes one character for another."""
        return self._reader.misreading

    @property
    def most_doubt(self) -> float:
        """The doubt up to which a stay is taken without asking, before what was measured here is counted."""
        return self._reader.most_doubt if self._policy.most_doubt is None else self._policy.most_doubt

    def match(
        self,
        read: ReadEvidence,
        stays: Iterable[Stay],
        at: datetime,
        lanes: Mapping[str, float] | None = None,
        most_doubt: float | None = None,
    ) -> Match:
        """The stay that a read at the exit belongs to, as far as it can be told.

        `lanes` says how much oftener than others vehicles of an entry lane leave here; those not named weigh 1.
        `most_doubt` stands in for the policy's.
        """
        inside = list(stays)
        if len(read.positions) < FEWEST_POSITIONS or not inside:
            return Unmatched()
        policy = self._policy
        priors = [_prior(stay, at, policy) * (lanes or {}).get(stay.entry_lane_id, 1.0) for stay in inside]
        total = sum(priors)
        # Everything in units of the probability that a vehicle drawn from all plates shows this very read.
        plates = min(policy.plates, CHARACTERS_A_PLACE ** len(read.positions))
        known = plates * (1 - policy.unknown) / total
        twin = plates * policy.unknown * policy.twins / len(inside)
        nobody = policy.unknown * (1 - policy.twins)
        negligible = policy.unknown * policy.candidate / (plates * max(priors) / total)
        misreading = self._reader.misreading
        # Both reads may be wrong, and doubting one of them twice is the same as doubting both.
        row = doubted_row(read, misreading, reads=2)
        shortlist = Shortlist(row, negligible)
        weights: list[tuple[float, Stay]] = []
        for stay, prior in zip(inside, priors, strict=True):
            entry = self._entry(stay)
            if entry is not None and shortlist.holds(entry):
                fit = align(row, entry.row, misreading, negligible)
                weights.append((known * prior * fit.same, stay))
                nobody += twin * fit.twin
        self._forget(len(inside))
        return _judge(weights, nobody, policy, self.most_doubt if most_doubt is None else most_doubt)

    def _entry(self, stay: Stay) -> Entry | None:
        kept = self._entries.get(stay.stay_id)
        if kept is None or kept.evidence is not stay.evidence or kept.plate != stay.plate:
            kept = entry_of(stay.plate, stay.evidence)
            if kept is not None:
                self._entries[stay.stay_id] = kept
        return kept

    def _forget(self, inside: int) -> None:
        """A car park runs for years: keep no more than twice what is inside."""
        if len(self._entries) > 2 * inside + 100:
            self._entries.clear()


def _judge(weights: Sequence[tuple[float, Stay]], nobody: float, policy: MatchingPolicy, most_doubt: float) -> Match:
    best = heapq.nlargest(policy.most_candidates, weights, key=lambda each: each[0])
    total = sum(weight for weight, _ in weights) + nobody
    candidates = tuple(Candidate(stay, weight / total) for weight, stay in best if weight / total >= policy.candidate)
    if not candidates:
        return Unmatched()
    # 1 - probability would lose the smallest doubts to rounding.
    doubt = (sum(weight for weight, stay in weights if stay is not best[0][1]) + nobody) / total
    return Matched(candidates[0].stay, doubt) if doubt <= most_doubt else Ambiguous(candidates)


def _prior(stay: Stay, at: datetime, policy: MatchingPolicy) -> float:
    inside = at - (stay.entered_at or stay.read_at)
    if inside < policy.soonest:
        return policy.too_soon
    return 1.0 if inside <= policy.usual_stay else policy.usual_stay / inside
