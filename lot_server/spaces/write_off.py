"""Stays whose vehicle is not inside any more, though no exit saw it leave: found again, or written off."""

from datetime import datetime

from lot_server.domain.events import AlertRaised, OrphanFound, StayOrphaned, StayWrittenOff, WriteOffCause
from lot_server.domain.money import Money
from lot_server.domain.occupancy import Stray
from lot_server.domain.stay import Stay
from lot_server.errors import NothingWaits, UnknownStay
from lot_server.exits import price
from lot_server.identifiers import new_id
from lot_server.ports import Work
from lot_server.rights.terms import hand_on
from lot_server.spaces.count import without


def orphan_overstayed(work: Work, stay: Stay, now: datetime) -> None:
    """Nobody stays that long: the vehicle is believed gone."""
    then = work.counting.occupancy().after(orphans=1)
    work.record(StayOrphaned(stay.stay_id, "too_long", now, then.free, then.count), now)


def find_orphan(work: Work, stay_id: str, operator: str, reason: str, now: datetime) -> None:
    """A person saw the vehicle of an orphaned stay. Raises UnknownStay, NothingWaits."""
    stay = _open(work, stay_id)
    if stay.orphaned is None:
        raise NothingWaits(f"the vehicle of stay {stay_id} is not believed gone: nothing is to be done")
    then = work.counting.occupancy().after(orphans=-work.counting.unsure(stay.orphaned_at))
    work.record(OrphanFound(stay_id, operator, reason, then.free, then.count), now)


def write_off(
    work: Work, stay_id: str, cause: WriteOffCause, reason: str, now: datetime, operator: str | None = None
) -> Money:
    """End an open stay; what it had not paid, which is lost. Raises UnknownStay, NoTariff.

    The fee runs until the vehicle is known to have been gone: until the stray that explains it, or its plate outside.
    """
    stay = _open(work, stay_id)
    stray = explaining(work, stay)
    ended_at = _ended_at(stay, cause, stray, now)
    owed = price(work, stay, ended_at)
    recounted = stray is None and _left_out_by_recount(work, stay)
    then = without(work, stay)
    then = then.after(strays_out=-(stray is not None), uncounted=int(recounted))
    work.record(
        StayWrittenOff(
            stay_id=stay_id,
            ended_at=ended_at,
            cause=cause,
            stray=None if stray is None else stray.passage_id,
            recounted=recounted,
            gross=owed.gross,
            paid=owed.paid,
            operator=operator,
            reason=reason,
            free_spaces=then.free,
            count=then.count,
        ),
        now,
    )
    if owed.due.minor:
        text = (
            f"stay {stay_id} was written off owing {owed.due}: {reason}; ask for the money where the vehicle is known"
        )
        work.record(AlertRaised(new_id(), "written_off_owing", None, stay_id, None, text), now)
    hand_on(work, stay.pass_id, now)
    return owed.due


def explaining(work: Work, stay: Stay) -> Stray | None:
    """The stray out that an orphan may have been: the latest since its entry, and before its plate stood outside."""
    until = stay.orphaned_at if stay.orphaned == "reappeared" else None
    since = stay.entered_at or stay.read_at
    fitting = [
        each
        for each in work.counting.strays()
        if each.direction == "exit" and each.passed_at > since and (until is None or each.passed_at <= until)
    ]
    return fitting[-1] if fitting else None


def _ended_at(stay: Stay, cause: WriteOffCause, stray: Stray | None, now: datetime) -> datetime:
    if stray is not None and cause in ("left_unseen", "operator"):
        return stray.passed_at
    return stay.orphaned_at if stay.orphaned == "reappeared" and stay.orphaned_at is not None else now


def _left_out_by_recount(work: Work, stay: Stay) -> bool:
    """Whether the last recount found fewer vehicles than stays, of which this was one."""
    recount = work.counting.recount()
    return recount is not None and recount.uncounted < 0 and work.counting.is_older(stay)


def _open(work: Work, stay_id: str) -> Stay:
    stay = work.stay(stay_id)
    if stay is None or stay.state != "open":
        raise UnknownStay(f"no vehicle inside has the stay {stay_id}: look it up among the open stays")
    if any(each.stay_id == stay_id for each in work.unfinished_passages()):
        raise UnknownStay(f"the vehicle of stay {stay_id} is passing an exit at this moment: look at the lanes")
    return stay
