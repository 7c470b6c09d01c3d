"""The facts a lot records, in the past tense; each is one outbox row and one envelope.

The body of an envelope is `codec.to_body(event)`; its kind is the event's `KIND`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from lot_server.domain.clock_trust import DoubtEnd, DoubtReason
from lot_server.domain.codec import ADDED, Json, from_body
from lot_server.domain.coupon import Coupon
from lot_server.domain.emergency import HoldSource
from lot_server.domain.errors import UnknownEvent
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.listing import ListedPlate, ListKind
from lot_server.domain.merchant import CouponBatch, Merchant
from lot_server.domain.money import Money
from lot_server.domain.occupancy import SpaceCount, StrayCause
from lot_server.domain.plate import PlateColor
from lot_server.domain.refund import Refund, RefundAsk
from lot_server.domain.shift import AtDesk
from lot_server.domain.stay import Direction, OrphanCause, Pass, Settlement
from lot_server.domain.tariff import Tariff
from lot_server.domain.vehicle import VehicleClass

EntryRefusal = Literal["full", "blocked", "members_only"]
EntryDecision = Literal["read", "ticket", "pass", "operator", "allowed", "emergency", "follower"]
ExitDecision = Literal["paid", "free", "pass", "operator", "emergency", "follower"]
"""follower: nobody let the vehicle through, it drove behind another one."""
WriteOffCause = Literal["left_unseen", "reappeared", "too_long", "operator"]
"""left_unseen: its plate stood at an entry again, and before that a stray had left."""


@dataclass(frozen=True, slots=True)
class LotDescribed:
    """The lot's facts as its administrator states them; positions in millionths of a degree (WGS 84).

    `kept_for_passes` spaces are kept for pass holders; with `members_only` nobody enters without a pass or a place on
    the allow list. `count`, here and in other events, says how sure `free_spaces` is: None where it is exact.
    """

    KIND: ClassVar[str] = "lot_described"
    name: str
    address: str
    latitude_e6: int
    longitude_e6: int
    spaces: int
    free_spaces: int
    time_zone: str
    currency: str
    kept_for_passes: int = field(default=0, metadata=ADDED)
    members_only: bool = field(default=False, metadata=ADDED)
    count: SpaceCount | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class TariffPublished:
    """A new version of the price list; a stay is priced by the version valid when it began."""

    KIND: ClassVar[str] = "tariff_published"
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class PassGranted:
    """A pass as it stands from now on, new or changed; `operator` is None where the configuration file says so."""

    KIND: ClassVar[str] = "pass_granted"
    parking_pass: Pass
    operator: str | None = field(default=None, metadata=ADDED)
    reason: str | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class PassRevoked:
    """A pass counts for nobody who enters from `revoked_at` on."""

    KIND: ClassVar[str] = "pass_revoked"
    pass_id: str
    revoked_at: datetime
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlateListed:
    """A plate is on a list as `listed` says, new or changed."""

    KIND: ClassVar[str] = "plate_listed"
    listed: ListedPlate
    operator: str


@dataclass(frozen=True, slots=True)
class PlateUnlisted:
    """A plate is on a list no more."""

    KIND: ClassVar[str] = "plate_unlisted"
    kind: ListKind
    plate: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class EntryAdmitted:
    """A stay is intended: on disk before the barrier opens. `plate` is None where a ticket stands for it.

    `other_plates` were read beside it: those of a trailer, or of a vehicle near it.
    `waits_for` is the pass of a plate that parks as a visitor because the pass' spaces are taken; `allowed` says that
    the stay costs nothing because its plate is on the allow list.
    """

    KIND: ClassVar[str] = "entry_admitted"
    stay_id: str
    passage_id: str
    lane_id: str
    plate: str | None
    printed: str | None
    ticket_id: str | None
    decision: EntryDecision
    evidence: ReadEvidence | None
    photos: tuple[str, ...]
    pass_id: str | None
    tariff_version: int
    read_at: datetime
    plate_color: PlateColor | None = field(default=None, metadata=ADDED)
    other_plates: tuple[str, ...] = field(default=(), metadata=ADDED)
    vehicle: VehicleClass | None = field(default=None, metadata=ADDED)
    waits_for: str | None = field(default=None, metadata=ADDED)
    allowed: bool = field(default=False, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class EntryConfirmed:
    """The closing loop was crossed: the vehicle is inside and counted."""

    KIND: ClassVar[str] = "entry_confirmed"
    stay_id: str
    passage_id: str
    entered_at: datetime
    free_spaces: int
    count: SpaceCount | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class EntryAbandoned:
    """The vehicle backed out before the closing loop: never counted."""

    KIND: ClassVar[str] = "entry_abandoned"
    stay_id: str
    passage_id: str


@dataclass(frozen=True, slots=True)
class EntryRefused:
    KIND: ClassVar[str] = "entry_refused"
    passage_id: str
    lane_id: str
    plate: str | None
    reason: EntryRefusal
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Something a person should look at; `code` is stable, e.g. already_inside, unmatched_exit, ambiguous_exit."""

    KIND: ClassVar[str] = "alert_raised"
    alert_id: str
    code: str
    lane_id: str | None
    stay_id: str | None
    passage_id: str | None
    text: str
    photos: tuple[str, ...] = field(default=(), metadata=ADDED)


@dataclass(frozen=True, slots=True)
class AlertResolved:
    KIND: ClassVar[str] = "alert_resolved"
    alert_id: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExitAdmitted:
    """The stay may leave: on disk before the barrier opens. `gross` is the whole fee, `paid` what was taken."""

    KIND: ClassVar[str] = "exit_admitted"
    stay_id: str
    passage_id: str
    lane_id: str
    read_plate: str | None
    decision: ExitDecision
    evidence: ReadEvidence | None
    photos: tuple[str, ...]
    gross: Money
    paid: Money
    operator: str | None
    reason: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ExitConfirmed:
    """The closing loop was crossed: the stay is closed and its space is free again."""

    KIND: ClassVar[str] = "exit_confirmed"
    stay_id: str
    passage_id: str
    exited_at: datetime
    free_spaces: int
    count: SpaceCount | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class ExitAbandoned:
    """The vehicle turned back at the exit: its stay goes on."""

    KIND: ClassVar[str] = "exit_abandoned"
    stay_id: str
    passage_id: str


@dataclass(frozen=True, slots=True)
class MatchJudged:
    """It came out whether matching had chosen the right stay at an exit.

    `opened`: the barrier had opened on its choice, and the stay's own vehicle turned up later; else a person decided.
    `doubt_ppm`: the probability that it had given its choice of being wrong.
    """

    KIND: ClassVar[str] = "match_judged"
    passage_id: str
    stay_id: str
    opened: bool
    right: bool
    doubt_ppm: int
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class SettlementApplied:
    """Money counted for a stay at the lot, once by provider reference, wherever it was taken."""

    KIND: ClassVar[str] = "settlement_applied"
    settlement: Settlement
    desk: AtDesk | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class RefundApplied:
    """Money given back, counted once by provider reference; `shift_id` is the drawer that it came out of."""

    KIND: ClassVar[str] = "refund_applied"
    refund: Refund
    shift_id: str | None


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """The cloud is asked to give back money that it took; `refund_applied` follows once its provider did."""

    KIND: ClassVar[str] = "refund_asked"
    ask: RefundAsk


@dataclass(frozen=True, slots=True)
class DebtForgiven:
    """What a stay still owed when it had left is not asked for any more, or `amount` of it."""

    KIND: ClassVar[str] = "debt_forgiven"
    stay_id: str
    amount: Money
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """A cash drawer is in somebody's hands, with `opening` in it."""

    KIND: ClassVar[str] = "shift_opened"
    shift_id: str
    account: str
    opening: Money
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """A drawer was counted: `expected` should have been there by the ledger, `counted` was."""

    KIND: ClassVar[str] = "shift_closed"
    shift_id: str
    expected: Money
    counted: Money
    operator: str
    note: str | None
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class MerchantAgreed:
    """A merchant may give coupons on these terms, which replace those before."""

    KIND: ClassVar[str] = "merchant_agreed"
    merchant: Merchant
    operator: str


@dataclass(frozen=True, slots=True)
class CouponBatchIssued:
    """Codes were handed out for a merchant; the ledger has their hashes."""

    KIND: ClassVar[str] = "coupon_batch_issued"
    batch: CouponBatch
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlateCorrected:
    """An operator changed the plate of a stay, and its colour where one is given, with a reason."""

    KIND: ClassVar[str] = "plate_corrected"
    stay_id: str
    plate: str
    operator: str
    reason: str
    plate_color: PlateColor | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class VehicleClassed:
    """An operator says what kind of vehicle a stay is of, by which it may be priced."""

    KIND: ClassVar[str] = "vehicle_classed"
    stay_id: str
    vehicle: VehicleClass
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class CouponApplied:
    """A merchant took over part of a stay's fee, or all of it; counted once by the coupon's id."""

    KIND: ClassVar[str] = "coupon_applied"
    coupon: Coupon


@dataclass(frozen=True, slots=True)
class TicketLost:
    """The driver of a stay cannot show its ticket: the tariff's rate for that is the least the stay costs."""

    KIND: ClassVar[str] = "ticket_lost"
    stay_id: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class EmergencyBegan:
    """All barriers are held open from now on: `actor` is the operator, or the input's name."""

    KIND: ClassVar[str] = "emergency_began"
    source: HoldSource
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class EmergencyEnded:
    """A person gave the barriers back to their lanes."""

    KIND: ClassVar[str] = "emergency_ended"
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnmatchedExit:
    """A vehicle drove out through a barrier that was held open, and whose it was is not known: no stay has ended."""

    KIND: ClassVar[str] = "unmatched_exit"
    passage_id: str
    lane_id: str
    read_plate: str | None
    evidence: ReadEvidence | None
    photos: tuple[str, ...]
    exited_at: datetime


@dataclass(frozen=True, slots=True)
class ClockDoubted:
    """The lot's clock may be wrong: the instants of facts after `since_seq` are not sure.

    `boot_id` tells one start of the machine from another; this was said `boot_us` microseconds after it.
    """

    KIND: ClassVar[str] = "clock_doubted"
    reason: DoubtReason
    since_seq: int
    boot_id: str
    boot_us: int


@dataclass(frozen=True, slots=True)
class ClockDoubtEnded:
    """The lot's clock is right from now on, moved by `shift_us` microseconds; `doubt_seq` is that of the doubt.

    Where the machine's restart ended it, nothing was moved and the instants of its facts stay unsure.
    """

    KIND: ClassVar[str] = "clock_doubt_ended"
    doubt_seq: int
    source: DoubtEnd
    actor: str
    reason: str
    shift_us: int


@dataclass(frozen=True, slots=True)
class StayRetimed:
    """The instants of a stay as they really were."""

    KIND: ClassVar[str] = "stay_retimed"
    stay_id: str
    read_at: datetime
    entered_at: datetime | None
    exited_at: datetime | None


@dataclass(frozen=True, slots=True)
class PassageRetimed:
    """The instants of a passage as they really were."""

    KIND: ClassVar[str] = "passage_retimed"
    passage_id: str
    decided_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SettlementRetimed:
    """Money taken at the gate, with the instants as they really were; nothing else of it changes."""

    KIND: ClassVar[str] = "settlement_retimed"
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class StayDisputed:
    """Somebody disputes a stay: what shows how it was is kept until the dispute has ended."""

    KIND: ClassVar[str] = "stay_disputed"
    stay_id: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class DisputeEnded:
    """The dispute about a stay is over; `reason` says how it ended."""

    KIND: ClassVar[str] = "dispute_ended"
    stay_id: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class ErasedFact:
    """A fact whose body was written anew without the plate: its seq, and the SHA-256 of the new body's bytes."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class PlateErased:
    """A vehicle's plate was taken out of the facts of stays that ended long ago, and `pseudonym` put in its place.

    `everywhere`: in passes and in what was said of other vehicles as well, since no younger stay has this plate.
    """

    KIND: ClassVar[str] = "plate_erased"
    pseudonym: str
    stay_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    everywhere: bool
    facts: tuple[ErasedFact, ...]
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class TermsChanged:
    """What a stay parks by from now on, where that is not what its entry said: the fields are those of `Stay`."""

    KIND: ClassVar[str] = "terms_changed"
    stay_id: str
    pass_id: str | None
    pass_since: datetime | None
    waits_for: str | None
    allowed: bool


@dataclass(frozen=True, slots=True)
class StrayPassed:
    """A vehicle drove through a lane outside any stay: it is counted, though nobody knows whose it is."""

    KIND: ClassVar[str] = "stray_passed"
    passage_id: str
    lane_id: str
    direction: Direction
    cause: StrayCause
    passed_at: datetime
    free_spaces: int
    count: SpaceCount | None


@dataclass(frozen=True, slots=True)
class StayOrphaned:
    """The vehicle of an open stay is believed gone: the stay goes on, and the count is less sure."""

    KIND: ClassVar[str] = "stay_orphaned"
    stay_id: str
    cause: OrphanCause
    orphaned_at: datetime
    free_spaces: int
    count: SpaceCount | None


@dataclass(frozen=True, slots=True)
class OrphanFound:
    """A person saw that the vehicle of an orphaned stay is inside."""

    KIND: ClassVar[str] = "orphan_found"
    stay_id: str
    operator: str
    reason: str
    free_spaces: int
    count: SpaceCount | None


@dataclass(frozen=True, slots=True)
class StayWrittenOff:
    """A stay ended without its vehicle seen at an exit; what it had not paid of `gross` is lost, and said so.

    `stray` is the passage of the stray out that this explains. `recounted` says that the last recount had not found the
    vehicle already. `operator` is None where the nightly reconciliation ended it by its rules.
    """

    KIND: ClassVar[str] = "stay_written_off"
    stay_id: str
    ended_at: datetime
    cause: WriteOffCause
    stray: str | None
    recounted: bool
    gross: Money
    paid: Money
    operator: str | None
    reason: str
    free_spaces: int
    count: SpaceCount | None


@dataclass(frozen=True, slots=True)
class Recounted:
    """A person counted `inside` vehicles, `uncounted` more than there were open stays; what was unsure is settled."""

    KIND: ClassVar[str] = "recounted"
    counted_at: datetime
    inside: int
    uncounted: int
    operator: str
    reason: str
    free_spaces: int
    count: SpaceCount | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The nightly reconciliation of the local day `day`; the stays that it flagged and ended have events of their own.

    `orphans` and `strays` are what is left unexplained, `settled` the passages of old strays that cancel out.
    `lost` is what the ended stays had not paid.
    """

    KIND: ClassVar[str] = "reconciled"
    day: str
    reconciled_at: datetime
    stays: int
    orphaned: tuple[str, ...]
    written_off: tuple[str, ...]
    lost: Money
    settled: tuple[str, ...]
    orphans: int
    strays: int
    free_before: int
    free_spaces: int
    count: SpaceCount | None


Event = (
    LotDescribed
    | TariffPublished
    | PassGranted
    | PassRevoked
    | PlateListed
    | PlateUnlisted
    | EntryAdmitted
    | EntryConfirmed
    | EntryAbandoned
    | EntryRefused
    | AlertRaised
    | AlertResolved
    | ExitAdmitted
    | ExitConfirmed
    | ExitAbandoned
    | MatchJudged
    | SettlementApplied
    | PlateCorrected
    | VehicleClassed
    | CouponApplied
    | TicketLost
    | EmergencyBegan
    | EmergencyEnded
    | UnmatchedExit
    | ClockDoubted
    | ClockDoubtEnded
    | StayRetimed
    | PassageRetimed
    | SettlementRetimed
    | RefundApplied
    | RefundAsked
    | DebtForgiven
    | ShiftOpened
    | ShiftClosed
    | MerchantAgreed
    | CouponBatchIssued
    | StayDisputed
    | DisputeEnded
    | PlateErased
    | TermsChanged
    | StrayPassed
    | StayOrphaned
    | OrphanFound
    | StayWrittenOff
    | Recounted
    | Reconciled
)

_KINDS: dict[str, type[Event]] = {event.KIND: event for event in Event.__args__}


def decode(kind: str, body: Json) -> Event:
    """The event of an envelope's kind and body. Raises UnknownEvent or BadBody."""
    if kind not in _KINDS:
        raise UnknownEvent(f"event kind {kind!r} is not known here: upgrade this side")
    return from_body(_KINDS[kind], body)
