"""Whose stay a vehicle at an exit belongs to, as carefully as this lot's own exits ask for, and what came of it."""

from datetime import datetime, timedelta

from lot_server import alerts
from lot_server.decisions import Approach
from lot_server.domain.correction import LEAST_CONFIDENCE, exit_confidence, is_sure
from lot_server.domain.events import MatchJudged, PlateCorrected
from lot_server.domain.evidence import PPM, ReadEvidence
from lot_server.domain.false_opens import lane_weights
from lot_server.domain.matching import Ambiguous, Candidate, Match, Matched, Matcher, MatchingPolicy, Unmatched
from lot_server.domain.stay import Stay
from lot_server.leftovers import Leftovers
from lot_server.ports import Work
from lot_server.rights.terms import settle_terms

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

    def hinted(self, work: Work, approach: Approach) -> tuple[Candidate, ...]:
        """Stays that another plate speaks for, with no probability: front and rear plate differ with a trailer."""
        read = approach.read
        if read is None:
            return ()
        found = [
            stay
            for stay in self._inside(work, approach)
            if read.plate in stay.other_plates or (stay.plate is not None and stay.plate in read.other_plates)
        ]
        return tuple(Candidate(stay, 0.0) for stay in found)

    def is_another(self, approach: Approach, stay: Stay, now: datetime) -> bool:
        """Whether a sure read is not of the plate that a stay's vehicle surely had as it came in."""
        evidence = _evidence(approach)
        if evidence is None or approach.read is None or approach.read.plate is None:
            return False
        if stay.plate is None and (stay.evidence is None or not is_sure(stay.evidence)):
            return False
        return isinstance(self._matcher.match(evidence, [stay], now), Unmatched)

    def corrected(self, work: Work, approach: Approach, found: Matched, now: datetime) -> Stay:
        """The matched stay; its plate is that of the exit's read where this is the surer one of the two."""
        stay, read = found.stay, approach.read
        if read is None or read.plate is None or read.evidence is None or read.plate == stay.plate:
            return stay
        confidence = exit_confidence(stay, read.plate, read.evidence, found.doubt, self._matcher.misreading)
        # Two stays of one plate would be a question at every exit.
        if confidence < LEAST_CONFIDENCE or work.stays_with_plate(read.plate):
            return stay
        reason = f"read so at {approach.lane_id}, {int(confidence * PPM) / PPM:.4%} sure of both reads"
        work.record(PlateCorrected(stay.stay_id, read.plate, alerts.LOT, reason, read.color), now)
        now_read = work.stay(stay.stay_id) or stay
        settle_terms(work, now_read, now)
        settled = work.stay(stay.stay_id) or now_read
        if settled.pass_id is not None and settled.pass_id != stay.pass_id:
            alerts.raise_once(
                *(work, now, "plate_corrected"),
                f"stay {stay.stay_id} came in as {stay.plate or 'a ticket'}, has the pass of {read.plate}: {reason}",
                lane_id=approach.lane_id,
                passage_id=approach.passage_id,
                stay_id=stay.stay_id,
            )
        return settled

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
