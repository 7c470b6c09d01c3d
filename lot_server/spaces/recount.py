"""A person counts the vehicles inside: what was unsure is settled."""

from datetime import datetime

from lot_server.domain.events import Recounted
from lot_server.domain.occupancy import Occupancy
from lot_server.ports import Work


def recount(work: Work, inside: int, operator: str, reason: str, now: datetime) -> Occupancy:
    """`inside` vehicles stand in the lot; those driving in are not among them. Raises NotDescribed."""
    before = work.counting.occupancy()
    uncounted = inside - before.stays
    then = before.after(
        uncounted=uncounted - before.uncounted,
        orphans=-before.orphans,
        strays_in=-before.strays_in,
        strays_out=-before.strays_out,
        older=before.stays - before.older,
    )
    work.record(Recounted(now, inside, uncounted, operator, reason, then.free, then.count), now)
    return then
