"""Whose stay a vehicle at an exit belongs to, as carefully as this lot's own exits ask for, and what came of it."""

from datetime import datetime, timedelta

from lot_server import alerts
from lot_server.decisions import Approach
from lot_server.domain.events import MatchJudged
from lot_server.domain.evidence import PPM, ReadEvidence
from lot_server.domain.false_opens import lane_weights
from lot_server.domain.matching import Ambiguous, Match, Matched, Matcher, MatchingPolicy, Unmatched
from lot_server.domain.stay import Stay
from lot_server.leftovers import Leftovers
from lot_server.ports import Work

STILL_DOUBTED = timedelta(days=1)
"""How long after a stay ended its vehicle is recognised at an exit, as one that had never left."""


class ExitMatching:
    """Matching at the exits of one lot. Used in the store's thread alone."""

    def __init__(self, policy: MatchingPolicy, leftovers: Leftovers) -> None:
        self._matcher = Matcher(policy)
        self._leftovers = leftovers

    def match(self, work: Work, approach: Approach, now: datetime) -> Match | None:
        """The match of the read; None where there is nothing to match."""
        evidence = _evidence(approach)
        if evidence is None:
            return None
        lanes = lane_weights(work.lane_pairs(now), approach.lane_id)
        careful = work.matching_record(now).carefulness(self._matcher.limit)
        most_doubt = self._matcher.most_doubt / careful
        return self._matcher.match(evidence, self._inside(work, approach), now, lanes, most_doubt)

    def judge(self, work: Work, approach: Approach, stay_id: str, now: datetime) -> None:
        """A person has said whose vehicle it is: note whether matching's best guess was that."""
        found = self.match(work, approach, now)
        if isinstance(found, Matched):
            best, doubt = found.stay, found.doubt
        elif isinstance(found, Ambiguous):
            best, doubt = found.candidates[0].stay, 1 - found.candidates[0].probability
        else:
            return
        ppm = round(doubt * PPM)
        work.record(MatchJudged(approach.passage_id, best.stay_id, False, best.stay_id == stay_id, ppm, now), now)

    def contradict(self, work: Work, approach: Approach, now: datetime) -> None:
        """No vehicle inside fits for sure: where one fits that is believed gone, and one inside the read by which that
        one's stay ended, the barrier opened for another vehicle then."""
        evidence = _evidence(approach)
        if evidence is None:
            return
        ended = work.left_unaided(now - STILL_DOUBTED)
        found = self._matcher.match(evidence, [each.stay for each in ended], now)
        if not isinstance(found, Matched):
            return
        believed = next(each for each in ended if each.stay is found.stay)
        if isinstance(self._matcher.match(believed.read, self._inside(work, approach), now), Unmatched):
            # Nobody inside can have left then: this is another visit, whose entry was missed.
            return
        passage = believed.passage
        work.record(MatchJudged(passage.passage_id, found.stay.stay_id, True, False, 0, now), now)
        text = (
            f"the vehicle at {approach.lane_id} looks like that of stay {found.stay.stay_id}, believed to have left "
            f"by {passage.lane_id}: compare the photos of passage {passage.passage_id} with those inside, for the "
            "vehicle that left then"
        )
        alerts.raise_once(
            work,
            now,
            "contradicted_exit",
            text,
            lane_id=approach.lane_id,
            passage_id=passage.passage_id,
            stay_id=found.stay.stay_id,
        )

    def _inside(self, work: Work, approach: Approach) -> list[Stay]:
        taken = self._leftovers.taken(work, approach.passage_id)
        # An intended stay at no lane may be inside all the same, if the server stopped while it drove through.
        return [stay for stay in work.open_stays() + work.intended_stays() if stay.stay_id not in taken]


def _evidence(approach: Approach) -> ReadEvidence | None:
    return approach.read.evidence if approach.read is not None else None
