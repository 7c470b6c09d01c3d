"""Opening and ending disputes about stays: while one lasts, no photo of its stay is dropped."""

from datetime import datetime

from lot_server.domain.events import DisputeEnded, StayDisputed
from lot_server.errors import NothingDisputed, UnknownStay
from lot_server.ports import Work


def dispute(work: Work, stay_id: str, operator: str, reason: str, now: datetime) -> None:
    """Somebody disputes a stay, ended or not; once until the dispute has ended. Raises UnknownStay."""
    if work.stay(stay_id) is None:
        raise UnknownStay(f"this lot has no stay {stay_id}: look it up among the stays")
    if not _lasting(work, stay_id):
        work.record(StayDisputed(stay_id, operator, reason), now)


def end_dispute(work: Work, stay_id: str, operator: str, reason: str, now: datetime) -> None:
    """The dispute about a stay is over; `reason` says how it ended. Raises NothingDisputed."""
    if not _lasting(work, stay_id):
        raise NothingDisputed(f"nobody disputes stay {stay_id} now: look at its page")
    work.record(DisputeEnded(stay_id, operator, reason), now)


def _lasting(work: Work, stay_id: str) -> bool:
    return any(each.ended_at is None for each in work.disputes(stay_id))
