"""What events about passes and lists change in the tables."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, delete

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.codec import from_body, to_body
from lot_server.domain.events import Event
from lot_server.domain.ledger import Envelope
from lot_server.domain.stay import Pass
from lot_server.errors import ContradictoryEvent
from lot_server.store import tables
from lot_server.store.rows import row


def _pass_granted(session: Session, event: events.PassGranted, envelope: Envelope) -> None:
    _stand(session, event.parking_pass, envelope, event.operator, event.reason)


def _pass_revoked(session: Session, event: events.PassRevoked, envelope: Envelope) -> None:
    held = from_body(Pass, row(session, tables.PassRow, event.pass_id).body)
    until = max(held.valid_from, min(held.valid_until, event.revoked_at))
    _stand(session, replace(held, valid_until=until), envelope, event.operator, event.reason)


def _stand(session: Session, held: Pass, envelope: Envelope, operator: str | None, reason: str | None) -> None:
    """The pass stands like this from now on."""
    body = to_body(held)
    session.merge(
        tables.PassRow(
            pass_id=held.pass_id,
            kind=held.kind,
            valid_from=held.valid_from,
            valid_until=held.valid_until,
            body=body,
        )
    )
    session.flush()
    session.exec(delete(tables.PassPlateRow).where(col(tables.PassPlateRow.pass_id) == held.pass_id))
    session.add_all(tables.PassPlateRow(plate=plate, pass_id=held.pass_id) for plate in held.plates)
    session.add(
        tables.PassVersionRow(
            seq=envelope.seq,
            pass_id=held.pass_id,
            made_at=from_text(envelope.occurred_at),
            operator=operator,
            reason=reason,
            body=body,
        )
    )


def _plate_listed(session: Session, event: events.PlateListed, envelope: Envelope) -> None:
    listed = event.listed
    session.merge(
        tables.ListedPlateRow(
            kind=listed.kind,
            plate=listed.plate,
            reason=listed.reason,
            valid_until=listed.valid_until,
            free=listed.free,
            when_full=listed.when_full,
            operator=event.operator,
            listed_at=from_text(envelope.occurred_at),
        )
    )


def _plate_unlisted(session: Session, event: events.PlateUnlisted, _: Envelope) -> None:
    found = session.get(tables.ListedPlateRow, (event.kind, event.plate))
    if found is None:
        raise ContradictoryEvent(f"this plate is not on the {event.kind} list: nothing is left to do")
    session.delete(found)


def _terms_changed(session: Session, event: events.TermsChanged, _: Envelope) -> None:
    stay = row(session, tables.StayRow, event.stay_id)
    if stay.state not in ("open", "intended"):
        raise ContradictoryEvent(f"stay {event.stay_id} has ended: what it parks by is settled")
    stay.pass_id, stay.pass_since = event.pass_id, event.pass_since
    stay.waits_for, stay.allowed = event.waits_for, event.allowed


RIGHTS: Mapping[type[Event], Callable[[Session, Any, Envelope], None]] = {
    events.PassGranted: _pass_granted,
    events.PassRevoked: _pass_revoked,
    events.PlateListed: _plate_listed,
    events.PlateUnlisted: _plate_unlisted,
    events.TermsChanged: _terms_changed,
}
