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
    lane_id: str,
    passage_id: str | None = None,
    stay_id: str | None = None,
) -> None:
    """Raise an alert unless one with this code is open for the passage, or without a passage for the lane, already."""
    for alert in work.open_alerts():
        if (alert.raised.code, alert.raised.lane_id, alert.raised.passage_id) == (code, lane_id, passage_id):
            return
    work.record(AlertRaised(new_id(), code, lane_id, stay_id, passage_id, text), now)


def resolve(work: Work, now: datetime, passage_id: str, operator: str, reason: str) -> None:
    """Resolve every open alert of a passage."""
    for alert in work.open_alerts():
        if alert.raised.passage_id == passage_id:
            work.record(AlertResolved(alert.raised.alert_id, operator, reason), now)


def resolve_fault(work: Work, now: datetime, lane_id: str, code: str, reason: str) -> None:
    """Resolve the alert about a part of a lane that works again."""
    for alert in work.open_alerts():
        if (alert.raised.code, alert.raised.lane_id, alert.raised.passage_id) == (code, lane_id, None):
            work.record(AlertResolved(alert.raised.alert_id, LOT, reason), now)
