"""Putting plates on the block and allow lists, and taking them off."""

from datetime import datetime

from lot_server.domain.events import PlateListed, PlateUnlisted
from lot_server.domain.listing import ListedPlate, ListKind
from lot_server.errors import BadListing, NotListed
from lot_server.ports import Work


def check_listing(before: ListedPlate | None, listed: ListedPlate, now: datetime) -> None:
    """Raises BadListing."""
    if not listed.reason:
        raise BadListing("a plate is on a list for a reason: give one")
    if listed.kind == "block" and (listed.free or listed.when_full):
        raise BadListing("free and when_full are for the allow list: leave them out")
    if listed != before and not listed.holds_at(now):
        raise BadListing("the plate's place on the list would have ended already: give a later valid_until")


def enlist(work: Work, listed: ListedPlate, operator: str, now: datetime) -> None:
    """A plate is on a list from now on, or in another way than before. Raises BadListing."""
    before = work.rights.standing(listed.kind, listed.plate)
    check_listing(before, listed, now)
    if listed != before:
        work.record(PlateListed(listed, operator), now)


def unlist(work: Work, kind: ListKind, plate: str, operator: str, reason: str, now: datetime) -> None:
    """A plate is on a list no more. Raises NotListed."""
    if work.rights.standing(kind, plate) is None:
        raise NotListed(f"{plate} is not on the {kind} list: see `openlot lot list show`")
    work.record(PlateUnlisted(kind, plate, operator, reason), now)
