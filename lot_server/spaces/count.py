"""What changes the count of vehicles: passages, strays, and stays whose vehicle is believed gone."""

from datetime import datetime

from lot_server.decisions import Approach
from lot_server.domain.events import EntryConfirmed, ExitConfirmed, StayOrphaned, StrayPassed
from lot_server.domain.occupancy import Occupancy, StrayCause
from lot_server.domain.stay import Stay
from lot_server.ports import Work
from lot_server.rights.terms import hand_on


def without(work: Work, stay: Stay) -> Occupancy:
    """The lot once an open stay has ended."""
    orphaned, older = work.counting.unsure(stay.orphaned_at), work.counting.is_older(stay)
    by_pass = stay.pass_id is not None
    return work.counting.occupancy().after(stays=-1, passes=-by_pass, orphans=-orphaned, older=-older)


def record_entered(work: Work, stay_id: str, passage_id: str, entered_at: datetime, now: datetime) -> None:
    """The closing loop was crossed inwards."""
    then = work.counting.occupancy().after(stays=1, arriving=-1)
    work.record(EntryConfirmed(stay_id, passage_id, entered_at, then.free, then.count), now)


def record_left(work: Work, stay: Stay, passage_id: str, exited_at: datetime, now: datetime) -> None:
    """The closing loop was crossed outwards; a space of a pass that becomes free goes to who waits for it.

    A passage that was counted as a stray's is no longer one.
    """
    then = without(work, stay)
    match work.counting.counted_by(passage_id):
        case "stray":
            then = then.after(strays_out=-1)
        case "recount":
            then = then.after(uncounted=1)
    work.record(ExitConfirmed(stay.stay_id, passage_id, exited_at, then.free, then.count), now)
    hand_on(work, stay.pass_id, now)


def record_stray(work: Work, approach: Approach, cause: StrayCause, passed_at: datetime, now: datetime) -> None:
    """A vehicle drove through a lane outside any stay; counted once for each passage."""
    if work.counting.is_stray(approach.passage_id):
        return
    way = {"strays_in": 1} if approach.direction == "entry" else {"strays_out": 1}
    then = work.counting.occupancy().after(**way)
    who, where, direction = approach.passage_id, approach.lane_id, approach.direction
    work.record(StrayPassed(who, where, direction, cause, passed_at, then.free, then.count), now)


def orphan_reappeared(work: Work, plate: str | None, now: datetime) -> None:
    """A plate stands at an entry: the vehicles of its open stays are believed gone."""
    for stay in work.stays_with_plate(plate) if plate is not None else []:
        if stay.state == "open" and stay.orphaned != "reappeared":
            then = work.counting.occupancy().after(orphans=1 - work.counting.unsure(stay.orphaned_at))
            work.record(StayOrphaned(stay.stay_id, "reappeared", now, then.free, then.count), now)
