"""What a stay parks by: a pass with a free space, the allow list, or a visitor's fee.

Of a pass whose spaces are all taken the next vehicle is a visitor, until one of them becomes free: the visitor that
came first then has it, and pays for the time before.
"""

from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.events import TermsChanged
from lot_server.domain.listing import ListedPlate
from lot_server.domain.stay import Pass, Stay
from lot_server.ports import Work


@dataclass(frozen=True, slots=True)
class Terms:
    """At most one of the three: the pass it parks by, the full pass that it waits for, its place on the allow list.

    A place on the allow list that is not free leaves the other two as they are.
    """

    parking_pass: Pass | None = None
    waits_for: Pass | None = None
    listed: ListedPlate | None = None

    @property
    def allowed(self) -> bool:
        """Whether the stay costs nothing because of its plate."""
        return self.listed is not None and self.listed.free


def terms_for(work: Work, plate: str | None, lane_id: str, at: datetime, stay: Stay | None = None) -> Terms:
    """What a vehicle that comes in by a lane at an instant parks by; `stay` is its own, where it has one already."""
    if plate is None:
        return Terms()
    listed = work.rights.listed("allow", plate, at)
    if listed is not None and listed.free:
        return Terms(listed=listed)
    held = [each for each in work.rights.passes_naming(plate) if each.covers(at) and each.counts_at(lane_id)]
    for each in held:
        own = stay is not None and stay.pass_id == each.pass_id
        if work.rights.taken(each.pass_id) - own < each.spaces:
            return Terms(parking_pass=each, listed=listed)
    return Terms(waits_for=held[0] if held else None, listed=listed)


def hand_on(work: Work, pass_id: str | None, at: datetime) -> None:
    """Give the free spaces of a pass to those who wait for them, whoever came first; None is no pass."""
    held = work.pass_by_id(pass_id) if pass_id is not None else None
    if held is None or not held.covers(at):
        return
    waiting = [each for each in _here(work) if each.waits_for == held.pass_id and each.plate in held.plates]
    free = max(0, held.spaces - work.rights.taken(held.pass_id))
    for stay in waiting[:free]:
        work.record(TermsChanged(stay.stay_id, held.pass_id, at, None, False), at)


def offer(work: Work, held: Pass, at: datetime) -> None:
    """A pass is new or was changed: those who wait for it, then others whose entry it covers, get its spaces."""
    hand_on(work, held.pass_id, at)
    for stay in _here(work):
        if stay.plate in held.plates and stay.pass_id is None and stay.waits_for is None and not stay.allowed:
            settle_terms(work, stay, at)


def settle_terms(work: Work, stay: Stay, at: datetime) -> None:
    """The stay's plate, or what it may park by, is another than at its entry: what it parks by follows.

    A space that it had of a pass goes to who waits for it.
    """
    terms = terms_for(work, stay.plate, stay.entry_lane_id, stay.entered_at or stay.read_at, stay)
    pass_id = None if terms.parking_pass is None else terms.parking_pass.pass_id
    changed = TermsChanged(
        stay_id=stay.stay_id,
        pass_id=pass_id,
        pass_since=stay.pass_since if pass_id == stay.pass_id else None,
        waits_for=None if terms.waits_for is None else terms.waits_for.pass_id,
        allowed=terms.allowed,
    )
    if changed == TermsChanged(stay.stay_id, stay.pass_id, stay.pass_since, stay.waits_for, stay.allowed):
        return
    work.record(changed, at)
    if stay.pass_id != pass_id:
        hand_on(work, stay.pass_id, at)


def _here(work: Work) -> list[Stay]:
    """The vehicles inside or driving in, whoever came first."""
    found = work.open_stays() + work.intended_stays()
    return sorted(found, key=lambda each: each.entered_at or each.read_at)
