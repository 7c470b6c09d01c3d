"""Passages that a crash left neither confirmed nor abandoned, told apart from those of vehicles at a lane right now."""

from lot_server.domain.stay import Passage
from lot_server.ports import Work


class Leftovers:
    """Knows which passages vehicles at this process's lanes are on; every other unfinished one was left by a crash.

    Told from the event loop, asked in the store's thread; a passage is told before its first job is handed over.
    """

    def __init__(self) -> None:
        self._at_lanes: set[str] = set()

    def begin(self, passage_id: str) -> None:
        """A vehicle stands at a lane."""
        self._at_lanes.add(passage_id)

    def end(self, passage_id: str) -> None:
        """It has gone, one way or the other."""
        self._at_lanes.discard(passage_id)

    def among(self, work: Work) -> dict[str, Passage]:
        """The stays that a crash left in passage, each with that passage."""
        return {
            passage.stay_id: passage
            for passage in work.unfinished_passages()
            if passage.stay_id is not None and passage.passage_id not in self._at_lanes
        }

    def newest_at(self, work: Work, lane_id: str) -> Passage | None:
        """What a crash left in passage at a lane, the newest of several."""
        return next((each for each in reversed(self.among(work).values()) if each.lane_id == lane_id), None)

    def taken(self, work: Work, passage_id: str) -> frozenset[str]:
        """The stays that vehicles at other lanes are passing for right now."""
        return frozenset(
            passage.stay_id
            for passage in work.unfinished_passages()
            if passage.stay_id is not None and passage.passage_id in self._at_lanes and passage.passage_id != passage_id
        )
