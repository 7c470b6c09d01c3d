"""By how many spaces the lot itself says that its count may be off."""

from lot_server.domain.events import AlertRaised, decode
from lot_server.handlers import Handlers
from lot_server.store.unit_of_work import SqliteWork

UNCOUNTED = {"tailgating", "possible_tailgating", "unread_passage", "opened_without_stay"}
"""Alerts about a vehicle that drove in or out: each without a stay may be one space."""


def vagueness(work: SqliteWork, handlers: Handlers) -> int:
    """Vehicles that passed uncounted, as far as the lot noticed, and passages that a crash left open."""
    uncounted = sum(
        alert.code in UNCOUNTED and alert.stay_id is None
        for envelope in work.envelopes()
        if envelope.kind == AlertRaised.KIND and isinstance(alert := decode(envelope.kind, envelope.body), AlertRaised)
    )
    return uncounted + len(handlers.leftovers.among(work))
