"""Granting, changing, extending and revoking passes."""

from dataclasses import replace
from datetime import datetime

from lot_server.domain.errors import BadPass
from lot_server.domain.events import PassGranted, PassRevoked
from lot_server.domain.stay import Pass
from lot_server.errors import UnknownPass
from lot_server.ports import Work
from lot_server.rights.terms import offer


def check_change(before: Pass | None, held: Pass, now: datetime) -> None:
    """Raises BadPass for a change that would take from stays what they were let in by."""
    if before is None:
        return
    if held.valid_until < before.valid_until and held.valid_until < now:
        raise BadPass(f"pass {held.pass_id} cannot end in the past: revoke it, or let it end from now on")
    if held.valid_from > before.valid_from and before.valid_from <= now:
        raise BadPass(f"pass {held.pass_id} has begun: leave valid_from as it is")


def grant(work: Work, held: Pass, operator: str, reason: str, now: datetime) -> None:
    """A pass, new or changed; vehicles inside whose entry it covers park by it. Raises BadPass."""
    before = work.pass_by_id(held.pass_id)
    check_change(before, held, now)
    if held != before:
        work.record(PassGranted(held, operator, reason), now)
        offer(work, held, now)


def extend(work: Work, pass_id: str, until: datetime, operator: str, reason: str, now: datetime) -> None:
    """Let a pass end at another time. Raises UnknownPass, BadPass."""
    grant(work, replace(known(work, pass_id), valid_until=until), operator, reason, now)


def revoke(work: Work, pass_id: str, operator: str, reason: str, now: datetime) -> None:
    """Nobody enters by it any more; who is inside by it stays so. Raises UnknownPass, BadPass."""
    if known(work, pass_id).valid_until <= now:
        raise BadPass(f"pass {pass_id} has ended already: nothing is left to revoke")
    work.record(PassRevoked(pass_id, now, operator, reason), now)


def known(work: Work, pass_id: str) -> Pass:
    """Raises UnknownPass."""
    held = work.pass_by_id(pass_id)
    if held is None:
        raise UnknownPass(f"there is no pass {pass_id!r}: see `openlot lot pass list`")
    return held
