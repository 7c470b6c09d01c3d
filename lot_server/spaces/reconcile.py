"""The nightly reconciliation: what no person has explained is explained by stated rules, and said.

`docs/occupancy.md` lists the rules. Every stay that it ends leaves an entry in the audit trail, with the rule and what
was still owed; nothing that it does touches a lane.
"""

from datetime import datetime

from lot_server.alerts import LOT
from lot_server.domain.events import AlertRaised, AlertResolved, Reconciled, WriteOffCause
from lot_server.domain.money import Money
from lot_server.domain.stay import Stay
from lot_server.errors import NotDescribed
from lot_server.identifiers import new_id
from lot_server.spaces.config import OccupancySection
from lot_server.spaces.write_off import explaining, orphan_overstayed, write_off
from lot_server.store.unit_of_work import SqliteWork

UNEXPLAINED = "occupancy_unsure"
"""The alert's code for what a night left unexplained."""

_WORDS: dict[WriteOffCause, str] = {
    "left_unseen": "its plate stood at an entry again, and a vehicle without a stay had left before",
    "reappeared": "its plate stood at an entry again, and nobody found its vehicle inside since",
    "too_long": "it was inside for longer than anybody stays here, and nobody found its vehicle since",
}


def reconcile_if_due(work: SqliteWork, rules: OccupancySection, now: datetime) -> Reconciled | None:
    """What the last night's reconciliation did, if it was due and not done yet. Raises what the store raises."""
    lot = work.lot()
    if lot is None:
        raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
    due = rules.last_due(now, lot.time_zone)
    day = due.date().isoformat()
    began_at = work.lot_began_at()
    if work.counting.reconciliation(day) is not None or began_at is None or began_at > due:
        return None
    return reconcile(work, rules, day, lot.currency, now)


def reconcile(work: SqliteWork, rules: OccupancySection, day: str, currency: str, now: datetime) -> Reconciled:
    """Explain what can be explained, and record what was done and what is left."""
    free_before = work.free_spaces()
    orphaned = _flag(work, rules, now)
    written_off, lost = _write_off(work, rules, currency, now)
    settled = _cancelling(work, rules, now)
    then = work.counting.occupancy()
    ways = [each.direction for each in work.counting.strays() if each.passage_id in settled]
    then = then.after(strays_in=-ways.count("entry"), strays_out=-ways.count("exit"))
    done = Reconciled(
        day=day,
        reconciled_at=now,
        stays=then.stays,
        orphaned=orphaned,
        written_off=written_off,
        lost=lost,
        settled=settled,
        orphans=sum(each.orphaned is not None for each in work.open_stays()),
        strays=then.strays_in + then.strays_out,
        free_before=free_before,
        free_spaces=then.free,
        count=then.count,
    )
    work.record(done, now)
    _tell(work, done, now)
    return done


def _flag(work: SqliteWork, rules: OccupancySection, now: datetime) -> tuple[str, ...]:
    """Visitors who stay longer than anybody does are believed gone; whoever parks by a pass that holds may stay."""
    found = [each for each in work.open_stays() if each.orphaned is None and _too_long(work, each, rules, now)]
    for stay in found:
        orphan_overstayed(work, stay, now)
    return tuple(stay.stay_id for stay in found)


def _too_long(work: SqliteWork, stay: Stay, rules: OccupancySection, now: datetime) -> bool:
    held = work.pass_by_id(stay.pass_id) if stay.pass_id is not None else None
    entitled = held is not None and held.covers(now)
    seen = work.counting.last_found(stay.stay_id) or stay.entered_at or stay.read_at
    return not entitled and now - seen >= rules.orphan_after


def _write_off(
    work: SqliteWork, rules: OccupancySection, currency: str, now: datetime
) -> tuple[tuple[str, ...], Money]:  # fmt: skip
    ended, lost = [], Money(0, currency)
    leaving = {each.stay_id for each in work.unfinished_passages()}
    for stay in work.open_stays():
        cause = _cause(work, stay, rules, now)
        if cause is None or stay.stay_id in leaving:
            continue
        work.trail.add(now, LOT, "write_off_stay", stay.stay_id, _WORDS[cause])
        owed = write_off(work, stay.stay_id, cause, _WORDS[cause], now)
        if owed.minor:
            work.trail.add(now, LOT, "write_off_stay", stay.stay_id, f"{owed} had not been paid")
        ended.append(stay.stay_id)
        lost += owed
    return tuple(ended), lost


def _cause(work: SqliteWork, stay: Stay, rules: OccupancySection, now: datetime) -> WriteOffCause | None:
    if stay.orphaned is None or stay.orphaned_at is None:
        return None
    since = now - stay.orphaned_at
    if stay.orphaned == "reappeared" and since >= rules.look_first and explaining(work, stay) is not None:
        return "left_unseen"
    return stay.orphaned if since >= rules.write_off_after else None


def _cancelling(work: SqliteWork, rules: OccupancySection, now: datetime) -> tuple[str, ...]:
    """Old strays in and out in pairs, where no stay is left that one of them could explain."""
    if any(each.orphaned is not None for each in work.open_stays()):
        return ()
    before = now - rules.orphan_after - rules.write_off_after
    old = [each for each in work.counting.strays() if each.passed_at < before]
    ins, outs = ([each.passage_id for each in old if each.direction == way] for way in ("entry", "exit"))
    return tuple(passage for pair in zip(ins, outs, strict=False) for passage in pair)


def _tell(work: SqliteWork, done: Reconciled, now: datetime) -> None:
    """One alert of what waits for a person, in place of an earlier night's."""
    for alert in work.open_alerts():
        if alert.raised.code == UNEXPLAINED:
            work.record(AlertResolved(alert.raised.alert_id, LOT, f"the night of {done.day} says it anew"), now)
    if done.orphans or done.strays or done.written_off:
        bounds = "" if done.count is None else f", between {done.count.least} and {done.count.most}"
        text = (
            f"after the night of {done.day}: {done.orphans} stays whose vehicle is believed gone, "
            f"{done.strays} vehicles that passed outside any stay, {len(done.written_off)} stays written off; "
            f"{done.free_spaces} spaces are free{bounds}: look at the occupancy page, count those inside if in doubt"
        )
        work.record(AlertRaised(new_id(), UNEXPLAINED, None, None, None, text), now)
