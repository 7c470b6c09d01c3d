"""Raising alerts once and resolving them, as part of a handler's transaction."""

from datetime import datetime

from lot_server.domain.events import AlertRaised, AlertResolved
from lot_server.identifiers import new_id
from lot_server.ports import Work

LOT = "lot"
"""Who resolves an alert that the world answered by itself."""


def raise_once(
    work: Work,
    now: datetime,
    code: str,
    text: str,
    *,
    lane_id: str | None,
    passage_id: str | None,
    stay_id: str | None = None,
) -> None:
    """Raise an alert unless one with this code is open for the passage already."""
    open_ones = {(alert.raised.code, alert.raised.passage_id) for alert in work.open_alerts()}
    if (code, passage_id) not in open_ones:
        work.record(AlertRaised(new_id(), code, lane_id, stay_id, passage_id, text), now)


def resolve(work: Work, now: datetime, passage_id: str, operator: str, reason: str) -> None:
    """Resolve every open alert of a passage."""
    for alert in work.open_alerts():
        if alert.raised.passage_id == passage_id:
            work.record(AlertResolved(alert.raised.alert_id, operator, reason), now)
