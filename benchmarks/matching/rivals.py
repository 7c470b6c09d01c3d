"""Ways to choose the stay of a vehicle at an exit: exact text, texts within one edit, and openlot's matching."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from benchmarks.matching.patterns import Replayed
from benchmarks.matching.plates import within_one
from lot_server.domain.matching import Matched, Matcher
from lot_server.domain.stay import Stay

LEAST_CONFIDENCE = 0.5
"""Confidence under which a read has no text, as a lot's [vision] least_confidence is unless it says otherwise."""

Choice = tuple[str | None, float]
"""The stay that is chosen without a person, None for a person; and the doubt that was stated, 0 where none is."""

Rival = Callable[[Replayed, Sequence[Stay], datetime], Choice]


def sure_text(read: Replayed) -> str | None:
    """The text that a lot acts on."""
    return read.guess if read.confidence >= LEAST_CONFIDENCE else None


def exact(read: Replayed, inside: Sequence[Stay], _: datetime) -> Choice:
    """The one stay with exactly the text of the read."""
    text = sure_text(read)
    same = [stay for stay in inside if stay.plate is not None and stay.plate == text]
    return (same[0].stay_id if len(same) == 1 else None), 0.0


def edit_distance(read: Replayed, inside: Sequence[Stay], _: datetime) -> Choice:
    """The one stay with exactly the text of the read, else the one whose text is within one edit of it."""
    text = sure_text(read)
    if text is None:
        return None, 0.0
    same = [stay for stay in inside if stay.plate == text]
    near = same or [stay for stay in inside if stay.plate is not None and within_one(stay.plate, text)]
    return (near[0].stay_id if len(near) == 1 else None), 0.0


def by_evidence(matcher: Matcher) -> Rival:
    """openlot's matching."""

    def choose(read: Replayed, inside: Sequence[Stay], at: datetime) -> Choice:
        if read.evidence is None:
            return None, 1.0
        found = matcher.match(read.evidence, inside, at)
        return (found.stay.stay_id, found.doubt) if isinstance(found, Matched) else (None, 1.0)

    return choose


def shipped_rivals() -> Mapping[str, Rival]:
    """By the name that a report gives them."""
    return {"exact": exact, "edit distance ≤ 1": edit_distance, "openlot": by_evidence(Matcher())}
