"""What each kind of event changes in the tables: one small function a kind, and the table that finds it.

An event that contradicts the tables raises ContradictoryEvent, so that the transaction it came with leaves nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.codec import to_body
from lot_server.domain.events import Event
from lot_server.domain.ledger import Envelope
from lot_server.domain.stay import PassageState
from lot_server.errors import ContradictoryEvent
from lot_server.store import tables
from lot_server.store.clock_doubts import (
    clock_doubt_ended,
    clock_doubted,
    mark_unsure,
    passage_retimed,
    settlement_retimed,
    stay_retimed,
)
from lot_server.store.counting_projection import COUNTING, explain_stray
from lot_server.store.disputes import open_dispute
from lot_server.store.emergencies import emergency_began, emergency_ended, forget_unmatched, unmatched_exit
from lot_server.store.erasure import pseudonymise
from lot_server.store.matching_record import count_exit, note_judgement
from lot_server.store.money_projection import MONEY_PROJECTIONS, balance_of_exit
from lot_server.store.rights_projection import RIGHTS
from lot_server.store.rows import row, stay_in


def project(session: Session, event: Event, envelope: Envelope) -> None:
    """Apply `event`, which `envelope` holds, to the tables. Raises ContradictoryEvent."""
    _PROJECTIONS[type(event)](session, event, envelope)
    session.flush()


def _lot_described(session: Session, event: events.LotDescribed, envelope: Envelope) -> None:
    session.merge(
        tables.LotRow(
            lot_id=envelope.lot_id,
            name=event.name,
            address=event.address,
            latitude_e6=event.latitude_e6,
            longitude_e6=event.longitude_e6,
            spaces=event.spaces,
            time_zone=event.time_zone,
            currency=event.currency,
            kept_for_passes=event.kept_for_passes,
            members_only=event.members_only,
        )
    )
    facts, at = to_body(event), from_text(envelope.occurred_at)
    session.add(tables.LotVersionRow(seq=envelope.seq, described_at=at, facts=facts))


def _tariff_published(session: Session, event: events.TariffPublished, _: Envelope) -> None:
    tariff = event.tariff
    session.add(tables.TariffRow(version=tariff.version, valid_from=tariff.valid_from, body=tariff))


def _entry_admitted(session: Session, event: events.EntryAdmitted, envelope: Envelope) -> None:
    session.add(
        tables.StayRow(
            stay_id=event.stay_id,
            state="intended",
            plate=event.plate,
            printed=event.printed,
            ticket_id=event.ticket_id,
            entry_lane_id=event.lane_id,
            read_at=event.read_at,
            evidence=event.evidence,
            photos=event.photos,
            pass_id=event.pass_id,
            tariff_version=event.tariff_version,
            plate_color=event.plate_color,
            other_plates=event.other_plates,
            vehicle=event.vehicle,
            waits_for=event.waits_for,
            allowed=event.allowed,
        )
    )
    session.flush()
    mark_unsure(session, event.stay_id)
    session.add(
        tables.PassageRow(
            passage_id=event.passage_id,
            lane_id=event.lane_id,
            direction="entry",
            state="intended",
            stay_id=event.stay_id,
            plate=event.plate,
            decision=event.decision,
            evidence=event.evidence,
            photos=event.photos,
            decided_at=from_text(envelope.occurred_at),
        )
    )


def _entry_confirmed(session: Session, event: events.EntryConfirmed, _: Envelope) -> None:
    stay = stay_in(session, event.stay_id, "intended")
    stay.state, stay.entered_at = "open", event.entered_at
    mark_unsure(session, event.stay_id)
    _end_passage(session, event.passage_id, "confirmed", event.entered_at)


def _entry_abandoned(session: Session, event: events.EntryAbandoned, envelope: Envelope) -> None:
    stay_in(session, event.stay_id, "intended").state = "abandoned"
    _end_passage(session, event.passage_id, "abandoned", from_text(envelope.occurred_at))


def _entry_refused(session: Session, event: events.EntryRefused, envelope: Envelope) -> None:
    refused_at = from_text(envelope.occurred_at)
    session.add(
        tables.PassageRow(
            passage_id=event.passage_id,
            lane_id=event.lane_id,
            direction="entry",
            state="refused",
            plate=event.plate,
            decision=event.reason,
            photos=event.photos,
            decided_at=refused_at,
            ended_at=refused_at,
        )
    )


def _exit_admitted(session: Session, event: events.ExitAdmitted, _: Envelope) -> None:
    stay_in(session, event.stay_id, "open")
    forget_unmatched(session, event.passage_id)
    session.add(
        tables.PassageRow(
            passage_id=event.passage_id,
            lane_id=event.lane_id,
            direction="exit",
            state="intended",
            stay_id=event.stay_id,
            plate=event.read_plate,
            decision=event.decision,
            evidence=event.evidence,
            photos=event.photos,
            gross_minor=event.gross.minor,
            paid_minor=event.paid.minor,
            operator=event.operator,
            reason=event.reason,
            decided_at=event.decided_at,
        )
    )


def _exit_confirmed(session: Session, event: events.ExitConfirmed, envelope: Envelope) -> None:
    stay = stay_in(session, event.stay_id, "open")
    stay.state, stay.exited_at = "closed", event.exited_at
    _end_passage(session, event.passage_id, "confirmed", event.exited_at)
    explain_stray(session, event.passage_id, event.stay_id, envelope)
    passage = row(session, tables.PassageRow, event.passage_id)
    balance_of_exit(session, stay, passage.gross_minor or 0)
    count_exit(session, stay, passage, event.exited_at)


def _exit_abandoned(session: Session, event: events.ExitAbandoned, envelope: Envelope) -> None:
    stay_in(session, event.stay_id, "open")
    _end_passage(session, event.passage_id, "abandoned", from_text(envelope.occurred_at))


def _match_judged(session: Session, event: events.MatchJudged, _: Envelope) -> None:
    note_judgement(session, event)


def _alert_raised(session: Session, event: events.AlertRaised, envelope: Envelope) -> None:
    session.add(
        tables.AlertRow(
            alert_id=event.alert_id,
            code=event.code,
            lane_id=event.lane_id,
            stay_id=event.stay_id,
            passage_id=event.passage_id,
            text=event.text,
            photos=event.photos,
            raised_at=from_text(envelope.occurred_at),
        )
    )


def _alert_resolved(session: Session, event: events.AlertResolved, envelope: Envelope) -> None:
    alert = row(session, tables.AlertRow, event.alert_id)
    if alert.resolved_at is not None:
        raise ContradictoryEvent(f"alert {event.alert_id} is resolved already: nothing is left to do")
    alert.resolved_at = from_text(envelope.occurred_at)
    alert.operator, alert.reason = event.operator, event.reason


def _plate_corrected(session: Session, event: events.PlateCorrected, envelope: Envelope) -> None:
    stay = row(session, tables.StayRow, event.stay_id)
    session.add(
        tables.PlateCorrectionRow(
            seq=envelope.seq,
            stay_id=event.stay_id,
            before=stay.plate,
            after=event.plate,
            operator=event.operator,
            reason=event.reason,
        )
    )
    if event.plate != stay.plate:
        # The printed form belonged to the text that was wrong.
        stay.plate, stay.printed = event.plate, None
    stay.plate_color = event.plate_color or stay.plate_color


def _vehicle_classed(session: Session, event: events.VehicleClassed, _: Envelope) -> None:
    row(session, tables.StayRow, event.stay_id).vehicle = event.vehicle


def _coupon_applied(session: Session, event: events.CouponApplied, _: Envelope) -> None:
    coupon = event.coupon
    session.add(
        tables.CouponRow(
            coupon_id=coupon.coupon_id,
            stay_id=coupon.stay_id,
            merchant=coupon.merchant,
            kind=coupon.kind,
            value=coupon.value,
            reason=coupon.reason,
            applied_at=coupon.applied_at,
        )
    )


def _ticket_lost(session: Session, event: events.TicketLost, _: Envelope) -> None:
    row(session, tables.StayRow, event.stay_id).ticket_lost = True


def _stay_disputed(session: Session, event: events.StayDisputed, envelope: Envelope) -> None:
    session.add(
        tables.DisputeRow(
            seq=envelope.seq,
            stay_id=event.stay_id,
            opened_at=from_text(envelope.occurred_at),
            operator=event.operator,
            reason=event.reason,
        )
    )


def _dispute_ended(session: Session, event: events.DisputeEnded, envelope: Envelope) -> None:
    row = open_dispute(session, event.stay_id)
    if row is None:
        raise ContradictoryEvent(f"nobody disputes stay {event.stay_id}: look at its page")
    row.ended_at, row.ended_by, row.outcome = from_text(envelope.occurred_at), event.operator, event.reason


_PROJECTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.LotDescribed: _lot_described,
    events.TariffPublished: _tariff_published,
    **RIGHTS,
    **COUNTING,
    events.EntryAdmitted: _entry_admitted,
    events.EntryConfirmed: _entry_confirmed,
    events.EntryAbandoned: _entry_abandoned,
    events.EntryRefused: _entry_refused,
    events.AlertRaised: _alert_raised,
    events.AlertResolved: _alert_resolved,
    events.ExitAdmitted: _exit_admitted,
    events.ExitConfirmed: _exit_confirmed,
    events.ExitAbandoned: _exit_abandoned,
    events.MatchJudged: _match_judged,
    events.PlateCorrected: _plate_corrected,
    events.VehicleClassed: _vehicle_classed,
    events.CouponApplied: _coupon_applied,
    events.TicketLost: _ticket_lost,
    events.EmergencyBegan: emergency_began,
    events.EmergencyEnded: emergency_ended,
    events.UnmatchedExit: unmatched_exit,
    events.ClockDoubted: clock_doubted,
    events.ClockDoubtEnded: clock_doubt_ended,
    events.StayRetimed: stay_retimed,
    events.PassageRetimed: passage_retimed,
    events.SettlementRetimed: settlement_retimed,
    **MONEY_PROJECTIONS,
    events.StayDisputed: _stay_disputed,
    events.DisputeEnded: _dispute_ended,
    events.PlateErased: lambda session, event, _: pseudonymise(session, event),
}


def _end_passage(session: Session, passage_id: str, state: PassageState, at: datetime) -> None:
    passage = row(session, tables.PassageRow, passage_id)
    if passage.state != "intended":
        raise ContradictoryEvent(f"passage {passage_id} is {passage.state} already")
    passage.state, passage.ended_at = state, at
