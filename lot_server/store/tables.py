"""The lot's tables: the ledger and outbox, and what its events add up to.

They have a registry of their own, so that the cloud may have tables of the same names in one process. Rows never
leave the store: `unit_of_work` turns them into the domain's values. The schema on disk is made by `migrations`;
a test holds the two to each other.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from lot_server.domain.codec import Json
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.tariff import Tariff
from lot_server.store.columns import BodyText, EvidenceText, InstantText, PhotosText, TariffText


class LotTable(SQLModel, registry=registry()):
    """Base of every table of a lot."""


class LedgerRow(LotTable, table=True):
    """Whose ledger this is, and up to where the cloud has acknowledged it. One row."""

    __tablename__: ClassVar[str] = "ledger"
    lot_id: str = Field(primary_key=True, sa_type=Text)
    acked_seq: int = 0
    folded: int = 0
    """The last record of the spare that is in these tables."""


class OutboxRow(LotTable, table=True):
    """One sealed fact; `body` is canonical JSON, the rest as in `ledger.Envelope`."""

    __tablename__: ClassVar[str] = "outbox"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(sa_type=Text)
    occurred_at: str = Field(sa_type=Text)
    body: Json = Field(sa_type=BodyText)
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
    erased_by: int | None = None
    """The seq of the fact that took a plate out of this body: `hash` is that of the body as it was before."""


class LotRow(LotTable, table=True):
    """The lot's facts as last described. One row."""

    __tablename__: ClassVar[str] = "lot"
    lot_id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    latitude_e6: int
    longitude_e6: int
    spaces: int
    time_zone: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    kept_for_passes: int = 0
    members_only: bool = Field(default=False, sa_type=Integer)


class LotVersionRow(LotTable, table=True):
    """The lot's facts as one event described them; `facts` is its body."""

    __tablename__: ClassVar[str] = "lot_version"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    described_at: datetime = Field(sa_type=InstantText)
    facts: Json = Field(sa_type=BodyText)


class TariffRow(LotTable, table=True):
    """A version of the price list."""

    __tablename__: ClassVar[str] = "tariff"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    valid_from: datetime = Field(sa_type=InstantText)
    body: Tariff = Field(sa_type=TariffText)


class PassRow(LotTable, table=True):
    """A right to park without paying per stay, as it stands now; `body` is the pass."""

    __tablename__: ClassVar[str] = "parking_pass"
    pass_id: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    valid_from: datetime = Field(sa_type=InstantText)
    valid_until: datetime = Field(sa_type=InstantText)
    body: Json = Field(sa_type=BodyText)


class PassPlateRow(LotTable, table=True):
    """Which plates a pass names."""

    __tablename__: ClassVar[str] = "pass_plate"
    plate: str = Field(primary_key=True, sa_type=Text)
    pass_id: str = Field(primary_key=True, foreign_key="parking_pass.pass_id", sa_type=Text)


class PassVersionRow(LotTable, table=True):
    """A pass as one event made it; `operator` is None where the configuration file said so."""

    __tablename__: ClassVar[str] = "pass_version"
    __table_args__ = (Index("pass_version_by_pass", "pass_id"),)
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    pass_id: str = Field(foreign_key="parking_pass.pass_id", sa_type=Text)
    made_at: datetime = Field(sa_type=InstantText)
    operator: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    body: Json = Field(sa_type=BodyText)


class ListedPlateRow(LotTable, table=True):
    """A plate on the block or allow list; the columns are those of `listing.ListedPlate`, and who put it there."""

    __tablename__: ClassVar[str] = "listed_plate"
    __table_args__ = (CheckConstraint("kind IN ('block', 'allow')", name="listed_plate_kind"),)
    kind: str = Field(primary_key=True, sa_type=Text)
    plate: str = Field(primary_key=True, sa_type=Text)
    reason: str = Field(sa_type=Text)
    valid_until: datetime | None = Field(default=None, sa_type=InstantText)
    free: bool = Field(sa_type=Integer)
    when_full: bool = Field(sa_type=Integer)
    operator: str = Field(sa_type=Text)
    listed_at: datetime = Field(sa_type=InstantText)


class StayRow(LotTable, table=True):
    """A vehicle's visit."""

    __tablename__: ClassVar[str] = "stay"
    __table_args__ = (
        Index("stay_by_state", "state"),
        Index("stay_by_entered_at", "entered_at"),
        Index("stay_by_exited_at", "exited_at"),
        Index("stay_by_ticket", "ticket_id"),
        Index("stay_by_balance", "balance_minor", sqlite_where=text("balance_minor <> 0")),
        CheckConstraint("state IN ('intended', 'open', 'closed', 'abandoned')", name="stay_state"),
    )
    stay_id: str = Field(primary_key=True, sa_type=Text)
    state: str = Field(sa_type=Text)
    plate: str | None = Field(default=None, sa_type=Text)
    printed: str | None = Field(default=None, sa_type=Text)
    ticket_id: str | None = Field(default=None, sa_type=Text)
    entry_lane_id: str = Field(sa_type=Text)
    read_at: datetime = Field(sa_type=InstantText)
    entered_at: datetime | None = Field(default=None, sa_type=InstantText)
    exited_at: datetime | None = Field(default=None, sa_type=InstantText)
    evidence: ReadEvidence | None = Field(default=None, sa_type=EvidenceText)
    photos: tuple[str, ...] = Field(sa_type=PhotosText)
    pass_id: str | None = Field(default=None, sa_type=Text)
    tariff_version: int = Field(foreign_key="tariff.version")
    plate_color: str | None = Field(default=None, sa_type=Text)
    ticket_lost: bool = Field(default=False, sa_type=Integer)
    doubt_seq: int | None = None
    """The doubt about the clock in which the vehicle came, while that has not ended."""
    other_plates: tuple[str, ...] = Field(default=(), sa_type=PhotosText)
    vehicle: str | None = Field(default=None, sa_type=Text)
    forgiven_minor: int = 0
    balance_minor: int = 0
    pass_since: datetime | None = Field(default=None, sa_type=InstantText)
    waits_for: str | None = Field(default=None, sa_type=Text)
    allowed: bool = Field(default=False, sa_type=Integer)
    orphaned: str | None = Field(default=None, sa_type=Text)
    orphaned_at: datetime | None = Field(default=None, sa_type=InstantText)
    found_at: datetime | None = Field(default=None, sa_type=InstantText)


class PassageRow(LotTable, table=True):
    """One vehicle at one lane: what was decided and whether the closing loop confirmed it."""

    __tablename__: ClassVar[str] = "passage"
    __table_args__ = (
        Index("passage_by_stay", "stay_id"),
        Index("passage_by_state", "state"),
        Index("passage_by_lane", "lane_id", "decided_at"),
        Index("passage_by_ended_at", "ended_at"),
        CheckConstraint("direction IN ('entry', 'exit')", name="passage_direction"),
        CheckConstraint("state IN ('intended', 'confirmed', 'abandoned', 'refused')", name="passage_state"),
    )
    passage_id: str = Field(primary_key=True, sa_type=Text)
    lane_id: str = Field(sa_type=Text)
    direction: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    stay_id: str | None = Field(default=None, foreign_key="stay.stay_id", sa_type=Text)
    plate: str | None = Field(default=None, sa_type=Text)
    decision: str = Field(sa_type=Text)
    evidence: ReadEvidence | None = Field(default=None, sa_type=EvidenceText)
    photos: tuple[str, ...] = Field(sa_type=PhotosText)
    gross_minor: int | None = None
    paid_minor: int | None = None
    operator: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    decided_at: datetime = Field(sa_type=InstantText)
    ended_at: datetime | None = Field(default=None, sa_type=InstantText)
    photos_dropped_at: datetime | None = Field(default=None, sa_type=InstantText)


class PhotoRow(LotTable, table=True):
    """A photo that is kept for a passage; the same picture may stand for several. A trigger adds them."""

    __tablename__: ClassVar[str] = "photo"
    __table_args__ = (Index("photo_by_passage", "passage_id"),)
    name: str = Field(primary_key=True, sa_type=Text)
    passage_id: str = Field(primary_key=True, foreign_key="passage.passage_id", sa_type=Text)


class DisputeRow(LotTable, table=True):
    """A dispute about a stay; `seq` is that of the fact that opened it, the rest as in `dispute.Dispute`."""

    __tablename__: ClassVar[str] = "dispute"
    __table_args__ = (Index("dispute_by_stay", "stay_id"),)
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    stay_id: str = Field(foreign_key="stay.stay_id", sa_type=Text)
    opened_at: datetime = Field(sa_type=InstantText)
    operator: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=InstantText)
    ended_by: str | None = Field(default=None, sa_type=Text)
    outcome: str | None = Field(default=None, sa_type=Text)


class ExitCountRow(LotTable, table=True):
    """Vehicles that left in a month (`2026-03`), by their lanes; `unaided`: those whose stay no person chose."""

    __tablename__: ClassVar[str] = "exit_count"
    month: str = Field(primary_key=True, sa_type=Text)
    entry_lane_id: str = Field(primary_key=True, sa_type=Text)
    exit_lane_id: str = Field(primary_key=True, sa_type=Text)
    exits: int
    unaided: int


class MatchJudgementRow(LotTable, table=True):
    """Whether matching had chosen the right stay at an exit, as in `events.MatchJudged`."""

    __tablename__: ClassVar[str] = "match_judgement"
    __table_args__ = (Index("match_judgement_by_judged_at", "judged_at"),)
    passage_id: str = Field(primary_key=True, sa_type=Text)
    stay_id: str = Field(foreign_key="stay.stay_id", sa_type=Text)
    opened: bool = Field(sa_type=Integer)
    right: bool = Field(sa_type=Integer)
    doubt_ppm: int
    judged_at: datetime = Field(sa_type=InstantText)


class SettlementRow(LotTable, table=True):
    """Money taken for a stay, unique for ever by provider and its reference."""

    __tablename__: ClassVar[str] = "settlement"
    __table_args__ = (
        UniqueConstraint("provider", "provider_reference", name="settlement_once"),
        Index("settlement_by_stay", "stay_id"),
        Index("settlement_by_settled_at", "settled_at"),
        Index("settlement_by_shift", "shift_id"),
    )
    settlement_id: str = Field(primary_key=True, sa_type=Text)
    stay_id: str = Field(foreign_key="stay.stay_id", sa_type=Text)
    amount_minor: int
    currency: str = Field(sa_type=Text)
    provider: str = Field(sa_type=Text)
    provider_reference: str = Field(sa_type=Text)
    quoted_at: datetime = Field(sa_type=InstantText)
    settled_at: datetime = Field(sa_type=InstantText)
    taken_by: str | None = Field(default=None, sa_type=Text)
    shift_id: str | None = Field(default=None, sa_type=Text)
    tendered_minor: int | None = None


class CouponRow(LotTable, table=True):
    """What a merchant gave a stay, unique for ever by its id."""

    __tablename__: ClassVar[str] = "coupon"
    __table_args__ = (Index("coupon_by_stay", "stay_id"), Index("coupon_by_merchant", "merchant", "applied_at"))
    coupon_id: str = Field(primary_key=True, sa_type=Text)
    stay_id: str = Field(foreign_key="stay.stay_id", sa_type=Text)
    merchant: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    value: int
    reason: str = Field(sa_type=Text)
    applied_at: datetime = Field(sa_type=InstantText)


class AlertRow(LotTable, table=True):
    """Something a person should look at; open until `resolved_at`."""

    __tablename__: ClassVar[str] = "alert"
    __table_args__ = (Index("alert_by_resolved_at", "resolved_at"),)
    alert_id: str = Field(primary_key=True, sa_type=Text)
    code: str = Field(sa_type=Text)
    lane_id: str | None = Field(default=None, sa_type=Text)
    stay_id: str | None = Field(default=None, sa_type=Text)
    passage_id: str | None = Field(default=None, sa_type=Text)
    text: str = Field(sa_type=Text)
    raised_at: datetime = Field(sa_type=InstantText)
    resolved_at: datetime | None = Field(default=None, sa_type=InstantText)
    operator: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    photos: tuple[str, ...] = Field(default=(), sa_type=PhotosText)


class PlateCorrectionRow(LotTable, table=True):
    """What an operator changed a stay's plate from and to."""

    __tablename__: ClassVar[str] = "plate_correction"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    stay_id: str = Field(foreign_key="stay.stay_id", sa_type=Text)
    before: str | None = Field(default=None, sa_type=Text)
    after: str = Field(sa_type=Text)
    operator: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class EmergencyRow(LotTable, table=True):
    """An emergency as in `emergency.Emergency`, until `ended_at`."""

    __tablename__: ClassVar[str] = "emergency"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    began_at: datetime = Field(sa_type=InstantText)
    source: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=InstantText)
    ended_by: str | None = Field(default=None, sa_type=Text)
    end_reason: str | None = Field(default=None, sa_type=Text)


class ClockDoubtRow(LotTable, table=True):
    """A doubt about the clock as in `clock_trust.ClockDoubt`, until `trusted_at`."""

    __tablename__: ClassVar[str] = "clock_doubt"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    doubted_at: datetime = Field(sa_type=InstantText)
    reason: str = Field(sa_type=Text)
    since_seq: int
    boot_id: str = Field(sa_type=Text)
    boot_us: int
    trusted_at: datetime | None = Field(default=None, sa_type=InstantText)
    source: str | None = Field(default=None, sa_type=Text)
    actor: str | None = Field(default=None, sa_type=Text)
    trust_reason: str | None = Field(default=None, sa_type=Text)
    shift_us: int | None = None


class StrayRow(LotTable, table=True):
    """A vehicle that drove through a lane outside any stay; open until `settled_at`, by a recount or another fact."""

    __tablename__: ClassVar[str] = "stray"
    __table_args__ = (
        Index("stray_by_settled_at", "settled_at"),
        CheckConstraint("direction IN ('entry', 'exit')", name="stray_direction"),
    )
    passage_id: str = Field(primary_key=True, sa_type=Text)
    lane_id: str = Field(sa_type=Text)
    direction: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    passed_at: datetime = Field(sa_type=InstantText)
    settled_at: datetime | None = Field(default=None, sa_type=InstantText)
    settled_by: str | None = Field(default=None, sa_type=Text)


class RecountRow(LotTable, table=True):
    """What a person counted; `uncounted` is what is left now of the difference to the stays."""

    __tablename__: ClassVar[str] = "recount"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    counted_at: datetime = Field(sa_type=InstantText)
    inside: int
    uncounted: int
    operator: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class ReconciliationRow(LotTable, table=True):
    """One nightly reconciliation; `body` is that of `events.Reconciled`."""

    __tablename__: ClassVar[str] = "reconciliation"
    day: str = Field(primary_key=True, sa_type=Text)
    reconciled_at: datetime = Field(sa_type=InstantText)
    body: Json = Field(sa_type=BodyText)


class AuditRow(LotTable, table=True):
    """Who did what, chained by hash; the columns are those of `audit.AuditEntry`."""

    __tablename__: ClassVar[str] = "audit"
    __table_args__ = (Index("audit_by_action", "action", "ledger_seq"),)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    ledger_seq: int
    ledger_head: str = Field(sa_type=Text)
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class AccountRow(LotTable, table=True):
    """Who may use the operator console; the columns are those of `account.Account`."""

    __tablename__: ClassVar[str] = "account"
    __table_args__ = (
        CheckConstraint("role IN ('viewer', 'operator', 'administrator', 'merchant')", name="account_role"),
    )
    name: str = Field(primary_key=True, sa_type=Text)
    role: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    one_time: bool = Field(sa_type=Integer)
    added_at: datetime = Field(sa_type=InstantText)
    merchant: str | None = Field(default=None, sa_type=Text)


class SignInRow(LotTable, table=True):
    """A browser that proved a password; the columns are those of `account.SignIn`."""

    __tablename__: ClassVar[str] = "sign_in"
    __table_args__ = (Index("sign_in_by_account", "account"),)
    secret_hash: str = Field(primary_key=True, sa_type=Text)
    account: str = Field(foreign_key="account.name", sa_type=Text)
    began_at: datetime = Field(sa_type=InstantText)
    seen_at: datetime = Field(sa_type=InstantText)
