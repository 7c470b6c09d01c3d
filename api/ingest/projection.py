"""What each fact changes in the mirror: one small function an event kind."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from api.ingest import rights
from api.ingest.mirror import Mirror, Unprojectable, existing, introduce
from api.tables import (
    AlertRow,
    CouponRow,
    LotRow,
    MirroredRefund,
    MirroredSettlement,
    PassageRow,
    RefundAskRow,
    StayRow,
    TariffRow,
)
from lot_server.domain import events
from lot_server.domain.codec import to_body
from lot_server.domain.erasure import is_about, replaced, without_plate


def project(mirror: Mirror, event: events.Event, occurred_at: datetime) -> None:
    """Change `mirror` as `event` says. Raises Unprojectable."""
    mirror.at = occurred_at
    PROJECTIONS[type(event)](mirror, event)
    if mirror.lot is not None:
        mirror.lot.as_of = max(mirror.lot.as_of, occurred_at)


def lot_described(mirror: Mirror, event: events.LotDescribed) -> None:
    if abs(event.latitude_e6) > 90_000_000 or abs(event.longitude_e6) > 180_000_000:
        raise Unprojectable("the lot lies outside the globe: give its position in millionths of a degree")
    facts: dict[str, Any] = {
        "name": event.name,
        "address": event.address,
        "latitude_e6": event.latitude_e6,
        "longitude_e6": event.longitude_e6,
        "spaces": event.spaces,
        "free_spaces": event.free_spaces,
        "time_zone": event.time_zone,
        "currency": event.currency,
        "kept_for_passes": event.kept_for_passes,
        "members_only": event.members_only,
        "as_of": mirror.at,
    }
    if mirror.lot is None:
        mirror.lot = LotRow(lot_id=mirror.lot_id, **facts)
    else:
        mirror.lot.sqlmodel_update(facts)
    rights.count(mirror, event.free_spaces, event.count)


def tariff_published(mirror: Mirror, event: events.TariffPublished) -> None:
    version = event.tariff.version
    introduce(mirror.tariffs, version, TariffRow(lot_id=mirror.lot_id, version=version, body=to_body(event.tariff)))


def entry_admitted(mirror: Mirror, event: events.EntryAdmitted) -> None:
    stay = StayRow(
        lot_id=mirror.lot_id,
        stay_id=event.stay_id,
        state="intended",
        plate=event.plate,
        printed=event.printed,
        ticket_id=event.ticket_id,
        entry_lane_id=event.lane_id,
        read_at=event.read_at,
        pass_id=event.pass_id,
        tariff_version=event.tariff_version,
        plate_color=event.plate_color,
        vehicle=event.vehicle,
        waits_for=event.waits_for,
        allowed=event.allowed,
    )
    introduce(mirror.stays, event.stay_id, stay)
    _passage(mirror, event, "entry", "intended", event.decision, event.plate)


def entry_confirmed(mirror: Mirror, event: events.EntryConfirmed) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.state, stay.entered_at = "open", event.entered_at
    existing(mirror.passages, event.passage_id).state = "confirmed"
    rights.count(mirror, event.free_spaces, event.count)


def entry_abandoned(mirror: Mirror, event: events.EntryAbandoned) -> None:
    existing(mirror.stays, event.stay_id).state = "abandoned"
    existing(mirror.passages, event.passage_id).state = "abandoned"


def entry_refused(mirror: Mirror, event: events.EntryRefused) -> None:
    _passage(mirror, event, "entry", "refused", event.reason, event.plate)


def exit_admitted(mirror: Mirror, event: events.ExitAdmitted) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.exit_decision, stay.gross_minor, stay.paid_minor = event.decision, event.gross.minor, event.paid.minor
    _passage(mirror, event, "exit", "intended", event.decision, event.read_plate)


def exit_confirmed(mirror: Mirror, event: events.ExitConfirmed) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.state, stay.exited_at = "closed", event.exited_at
    existing(mirror.passages, event.passage_id).state = "confirmed"
    rights.count(mirror, event.free_spaces, event.count)


def exit_abandoned(mirror: Mirror, event: events.ExitAbandoned) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.exit_decision = stay.gross_minor = stay.paid_minor = None
    existing(mirror.passages, event.passage_id).state = "abandoned"


def alert_raised(mirror: Mirror, event: events.AlertRaised) -> None:
    row = AlertRow(lot_id=mirror.lot_id, raised_at=mirror.at, **to_body(event))
    introduce(mirror.alerts, event.alert_id, row)


def alert_resolved(mirror: Mirror, event: events.AlertResolved) -> None:
    alert = existing(mirror.alerts, event.alert_id)
    alert.resolved_at, alert.operator, alert.reason = mirror.at, event.operator, event.reason


def settlement_applied(mirror: Mirror, event: events.SettlementApplied) -> None:
    taken = event.settlement
    row = MirroredSettlement(
        lot_id=mirror.lot_id,
        provider=taken.provider,
        provider_reference=taken.provider_reference,
        settlement_id=taken.settlement_id,
        stay_id=taken.stay_id,
        amount_minor=taken.amount.minor,
        currency=taken.amount.currency,
        quoted_at=taken.quoted_at,
        settled_at=taken.settled_at,
    )
    introduce(mirror.settlements, (taken.provider, taken.provider_reference), row)


def plate_corrected(mirror: Mirror, event: events.PlateCorrected) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.plate, stay.plate_color = event.plate, event.plate_color or stay.plate_color


def vehicle_classed(mirror: Mirror, event: events.VehicleClassed) -> None:
    existing(mirror.stays, event.stay_id).vehicle = event.vehicle


def coupon_applied(mirror: Mirror, event: events.CouponApplied) -> None:
    coupon = event.coupon
    facts = to_body(coupon) | {"applied_at": coupon.applied_at}
    introduce(mirror.coupons, coupon.coupon_id, CouponRow(lot_id=mirror.lot_id, **facts))


def ticket_lost(mirror: Mirror, event: events.TicketLost) -> None:
    existing(mirror.stays, event.stay_id).ticket_lost = True


def refund_applied(mirror: Mirror, event: events.RefundApplied) -> None:
    back = event.refund
    row = MirroredRefund(
        lot_id=mirror.lot_id,
        provider=back.provider,
        provider_reference=back.provider_reference,
        refund_id=back.refund_id,
        settlement_id=back.settlement_id,
        stay_id=back.stay_id,
        amount_minor=back.amount.minor,
        currency=back.amount.currency,
        operator=back.operator,
        reason=back.reason,
        refunded_at=back.refunded_at,
    )
    introduce(mirror.refunds, (back.provider, back.provider_reference), row)


def refund_asked(mirror: Mirror, event: events.RefundAsked) -> None:
    ask = event.ask
    row = RefundAskRow(
        lot_id=mirror.lot_id,
        refund_id=ask.refund_id,
        settlement_id=ask.settlement_id,
        amount_minor=ask.amount.minor,
        currency=ask.amount.currency,
        operator=ask.operator,
        reason=ask.reason,
        asked_at=ask.asked_at,
    )
    introduce(mirror.refund_asks, ask.refund_id, row)


def debt_forgiven(mirror: Mirror, event: events.DebtForgiven) -> None:
    existing(mirror.stays, event.stay_id).forgiven_minor += event.amount.minor


def kept_at_the_lot(_: Mirror, __: events.Event) -> None:
    """The envelope has it; whose drawer it was and which codes were handed out is the lot's own concern."""


def match_judged(_: Mirror, __: events.MatchJudged) -> None:
    """How well the lot matches is its own concern."""


def emergency_began(_: Mirror, __: events.EmergencyBegan) -> None:
    """The ledger keeps it; who may drive in is the lot's own concern."""


def emergency_ended(_: Mirror, __: events.EmergencyEnded) -> None:
    """As it began."""


def unmatched_exit(mirror: Mirror, event: events.UnmatchedExit) -> None:
    _passage(mirror, event, "exit", "confirmed", "unmatched", event.read_plate)


def clock_doubted(_: Mirror, __: events.ClockDoubted) -> None:
    """The lot says what came of it by what it re-times."""


def clock_doubt_ended(_: Mirror, __: events.ClockDoubtEnded) -> None:
    """As it was raised."""


def stay_retimed(mirror: Mirror, event: events.StayRetimed) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.read_at, stay.entered_at, stay.exited_at = event.read_at, event.entered_at, event.exited_at


def passage_retimed(mirror: Mirror, event: events.PassageRetimed) -> None:
    existing(mirror.passages, event.passage_id).occurred_at = event.decided_at


def settlement_retimed(mirror: Mirror, event: events.SettlementRetimed) -> None:
    moved = event.settlement
    row = existing(mirror.settlements, (moved.provider, moved.provider_reference))
    row.quoted_at, row.settled_at = moved.quoted_at, moved.settled_at


def stay_disputed(_: Mirror, __: events.StayDisputed | events.DisputeEnded) -> None:
    """How long the lot keeps its photos is its own concern."""


def plate_erased(mirror: Mirror, event: events.PlateErased) -> None:
    """What the lot forgot, its mirror forgets: in rows, and in the bodies that they were made of."""
    stays = [existing(mirror.stays, stay_id) for stay_id in event.stay_ids]
    passages = [existing(mirror.passages, passage_id) for passage_id in event.passage_ids]
    refused = [row.plate for row in passages if row.stay_id is None]
    texts = {text for text in (*(t for row in stays for t in (row.plate, row.printed)), *refused) if text}
    for stay in stays:
        stay.plate, stay.printed = event.pseudonym, None
    for passage in passages:
        passage.plate, passage.photos = None if passage.plate is None else event.pseudonym, []
    for alert in mirror.alerts.values():
        alert.text = replaced(alert.text, texts, event.pseudonym)
    for parking_pass in mirror.passes.values():
        if event.everywhere:
            parking_pass.plate = replaced(parking_pass.plate, texts, event.pseudonym)
            parking_pass.more_plates = [replaced(each, texts, event.pseudonym) for each in parking_pass.more_plates]
    for fact in event.facts:
        row = existing(mirror.facts, fact.seq)
        row.body = without_plate(
            row.body, texts, event.pseudonym, is_about(row.body, event.stay_ids, event.passage_ids)
        )


PROJECTIONS: dict[type[events.Event], Callable[[Mirror, Any], None]] = {
    events.LotDescribed: lot_described,
    events.TariffPublished: tariff_published,
    events.PassGranted: rights.pass_granted,
    events.PassRevoked: rights.pass_revoked,
    events.PlateListed: rights.plate_listed,
    events.PlateUnlisted: rights.plate_unlisted,
    events.TermsChanged: rights.terms_changed,
    events.StrayPassed: rights.stray_passed,
    events.StayOrphaned: rights.stay_orphaned,
    events.OrphanFound: rights.orphan_found,
    events.StayWrittenOff: rights.stay_written_off,
    events.Recounted: rights.recounted,
    events.Reconciled: rights.reconciled,
    events.EntryAdmitted: entry_admitted,
    events.EntryConfirmed: entry_confirmed,
    events.EntryAbandoned: entry_abandoned,
    events.EntryRefused: entry_refused,
    events.ExitAdmitted: exit_admitted,
    events.ExitConfirmed: exit_confirmed,
    events.ExitAbandoned: exit_abandoned,
    events.MatchJudged: match_judged,
    events.AlertRaised: alert_raised,
    events.AlertResolved: alert_resolved,
    events.SettlementApplied: settlement_applied,
    events.PlateCorrected: plate_corrected,
    events.VehicleClassed: vehicle_classed,
    events.CouponApplied: coupon_applied,
    events.TicketLost: ticket_lost,
    events.EmergencyBegan: emergency_began,
    events.EmergencyEnded: emergency_ended,
    events.UnmatchedExit: unmatched_exit,
    events.ClockDoubted: clock_doubted,
    events.ClockDoubtEnded: clock_doubt_ended,
    events.StayRetimed: stay_retimed,
    events.PassageRetimed: passage_retimed,
    events.SettlementRetimed: settlement_retimed,
    events.RefundApplied: refund_applied,
    events.RefundAsked: refund_asked,
    events.DebtForgiven: debt_forgiven,
    events.ShiftOpened: kept_at_the_lot,
    events.ShiftClosed: kept_at_the_lot,
    events.MerchantAgreed: kept_at_the_lot,
    events.CouponBatchIssued: kept_at_the_lot,
    events.StayDisputed: stay_disputed,
    events.DisputeEnded: stay_disputed,
    events.PlateErased: plate_erased,
}


def _passage(
    mirror: Mirror,
    event: events.EntryAdmitted | events.EntryRefused | events.ExitAdmitted | events.UnmatchedExit,
    direction: str,
    state: str,
    decision: str,
    plate: str | None,
) -> None:
    """A lane may decide again about the vehicle before it, for one when an operator lets in what was refused."""
    facts: dict[str, Any] = {
        "lane_id": event.lane_id,
        "direction": direction,
        "state": state,
        "decision": decision,
        "stay_id": None if isinstance(event, events.EntryRefused | events.UnmatchedExit) else event.stay_id,
        "plate": plate,
        "photos": list(event.photos),
        "occurred_at": mirror.at,
    }
    if event.passage_id in mirror.passages:
        mirror.passages[event.passage_id].sqlmodel_update(facts)
    else:
        mirror.passages[event.passage_id] = PassageRow(lot_id=mirror.lot_id, passage_id=event.passage_id, **facts)
