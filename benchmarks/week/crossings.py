"""Which passage was whose, where a vehicle drove through a lane that had not let it in by name.

Behind another one, or under a barrier that an emergency holds open, a vehicle is counted as it leaves the closing loop:
the lot's passage of that lane and moment is its own.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from benchmarks.simulation.records import StayAccount
from benchmarks.week.journal import DRIVES_THROUGH_S, WeekJournal


def assign(journal: WeekJournal, stays: Mapping[str, StayAccount]) -> None:
    """Give such crossings the passage and the stay that the ledger has for them."""
    crossings = [each for account in journal.accounts.values() for each in (account.came, account.left) if each]
    driven = {each.passage_id for each in crossings}
    free: dict[str, list[tuple[float, str, str]]] = {}
    for lane_id, at, passage_id, stay_id in _passages(stays.values()):
        if passage_id not in driven:
            free.setdefault(lane_id, []).append((at.timestamp(), passage_id, stay_id))
    for crossing in sorted((each for each in crossings if each.passage_id is None), key=lambda each: each.at):
        here = free.get(crossing.lane_id, [])
        found = next((each for each in here if 0 <= each[0] - crossing.at <= DRIVES_THROUGH_S), None)
        if found is not None:
            here.remove(found)
            _, crossing.passage_id, crossing.stay_id = found


def _passages(stays: Iterable[StayAccount]) -> Iterable[tuple[str, datetime, str, str]]:
    """Every confirmed passage: lane, when, its id and its stay's."""
    for stay in stays:
        if stay.entered is not None:
            yield stay.entry.lane_id, stay.entered.entered_at, stay.entered.passage_id, stay.entry.stay_id
        if stay.exit is not None and stay.exited is not None:
            yield stay.exit.lane_id, stay.exited.exited_at, stay.exited.passage_id, stay.entry.stay_id
