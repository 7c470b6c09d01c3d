"""How the passages of one lane end, and how one that a crash cut short goes on."""

from datetime import datetime

from lot_server.decisions import Admitted, Approach, Decision
from lot_server.domain.stay import Direction
from lot_server.lane_calls import failure_of
from lot_server.lane_followers import LaneFollowers
from lot_server.lane_journal import LaneJournal


class LanePassages:
    """The passages of one lane."""

    def __init__(self, lane_id: str, direction: Direction, journal: LaneJournal, followers: LaneFollowers) -> None:
        self._lane_id = lane_id
        self._direction = direction
        self._journal = journal
        self._followers = followers

    async def confirm(self, here: Approach, decision: Decision | None, crossed_at: datetime) -> None:
        """The vehicle has driven through. Where an operator opened an exit for one of no known stay, it is a stray."""
        stay_id = admitted_stay(decision)
        if stay_id is not None:
            await self._journal.confirmed(here, stay_id, crossed_at)
        elif decision is None:
            # It stood under the barrier as the server started, and nobody knows of it.
            self._followers.count(here, crossed_at)
        elif isinstance(decision, Admitted):
            await self._journal.strayed(here, "opened_without_stay", crossed_at)
        self._followers.passed(stay_id)

    async def abandon(self, here: Approach, decision: Decision | None) -> None:
        """The vehicle has turned back."""
        stay_id = admitted_stay(decision)
        if stay_id is not None:
            await self._journal.abandoned(here, stay_id)
        self._followers.forget()
        self._followers.passed(None)

    async def resume(self) -> tuple[Approach, Admitted] | None:
        """The vehicle that stands under the barrier as the server starts; None where no passage was left open."""
        try:
            passage = await self._journal.resume()
        except Exception as error:
            await self._journal.failed(failure_of("store", error))
            passage = None
        if passage is None:
            self._followers.watch(None)
            return None
        return Approach(passage.passage_id, self._lane_id, self._direction), Admitted(passage.stay_id, passage.plate)


def admitted_stay(decision: Decision | None) -> str | None:
    """The stay that may pass, None where none may or it is not known."""
    return decision.stay_id if isinstance(decision, Admitted) else None
