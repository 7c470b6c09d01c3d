"""Raising alerts once and resolving them, as part of a handler's transaction."""

from datetime import datetime

from lot_server.domain.alert import OpenAlert
from lot_server.domain.events import AlertRaised, AlertResolved
from lot_server.identifiers import new_id
from lot_server.ports import Work

LOT = "lot"
"""Who resolves an alert that the world answered by itself."""

FOR_A_PERSON = frozenset(
    {
        "already_inside",
        "twin_plate",
        "changed_plates",
        "plate_corrected",
        "ticket_used",
        "ticket_of_another_stay",
        "ticket_contradicted",
        "unknown_ticket",
        "forged_receipt",
        "receipt_of_another_stay",
        "receipt_out_of_time",
        "receipt_conflict",
    }
)
"""Alerts that the lot never resolves by itself: what they tell is to be looked at though the vehicle has gone."""


def raise_once(
    work: Work,
    now: datetime,
    code: str,
    text: str,
    *,
    lane_id: str | None,
    passage_id: str | None = None,
    stay_id: str | None = None,
    photos: tuple[str, ...] = (),
) -> None:
    """Raise an alert unless one with this code is open for the passage, or without a passage for the lane, already.

    Without a lane it is about the whole lot.
    """
    for alert in work.open_alerts():
        if (alert.raised.code, alert.raised.lane_id, alert.raised.passage_id) == (code, lane_id, passage_id):
            return
    work.record(AlertRaised(new_id(), code, lane_id, stay_id, passage_id, text, photos), now)


def resolve_one(work: Work, now: datetime, alert: OpenAlert, operator: str, reason: str) -> None:
    """Resolve one open alert."""
    work.record(AlertResolved(alert.raised.alert_id, operator, reason), now)


def resolve(work: Work, now: datetime, passage_id: str, operator: str, reason: str) -> None:
    """Resolve every open alert of a passage; what is for a person stays open unless one says so."""
    for alert in work.open_alerts():
        if alert.raised.passage_id == passage_id and not (operator == LOT and alert.raised.code in FOR_A_PERSON):
            work.record(AlertResolved(alert.raised.alert_id, operator, reason), now)


def resolve_faults(work: Work, now: datetime, reason: str, lane_id: str | None = None, code: str | None = None) -> None:
    """Resolve alerts about parts that do not work: those of a lane, of a code, or of all lanes."""
    for alert in work.open_alerts():
        raised = alert.raised
        of_lanes = raised.lane_id is not None or code is not None
        if raised.passage_id is None and of_lanes and lane_id in (None, raised.lane_id) and code in (None, raised.code):
            work.record(AlertResolved(raised.alert_id, LOT, reason), now)
