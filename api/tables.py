"""The cloud's tables: what it mirrors of each lot, and what it owns. The lot's id is part of every key.

Mirrored rows are written by `ingest` alone; they hold what the lot said, never what the cloud thinks.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import (
    JSON,
    TIMESTAMP,
    BigInteger,
    Dialect,
    ForeignKeyConstraint,
    Index,
    String,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from lot_server.domain.clock import utc
from lot_server.domain.coupon import CouponKind
from lot_server.domain.listing import ListKind
from lot_server.domain.plate import PlateColor
from lot_server.domain.stay import Direction, PassKind
from lot_server.domain.vehicle import VehicleClass

RefundState = Literal["pending", "done", "refused"]
OrderState = Literal["pending", "paid", "expired"]


class Instant(TypeDecorator[datetime]):
    """An aware time, in UTC on every database. Raises NaiveTime for one without a zone."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else utc(value)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite keeps no zone: what was bound above is UTC.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else utc(value)


class Row(SQLModel, registry=registry()):
    """Base of the cloud's tables, apart from any other tables of the same process."""


class SchemaVersion(Row, table=True):
    __tablename__: ClassVar[str] = "schema_version"
    singleton: int = Field(default=1, primary_key=True)
    version: int


class Enrolment(Row, table=True):
    """A lot that may send: its public key, and how far its ledger is applied. Locked while a batch is applied."""

    __tablename__: ClassVar[str] = "enrolment"
    lot_id: str = Field(primary_key=True)
    public_key: str
    applied_seq: int = Field(default=0, sa_type=BigInteger)
    head: str


class LotRow(Row, table=True):
    """A lot as it describes itself; `free_spaces` was true at `as_of`. Positions in millionths of a degree.

    `free_least` and `free_most` bound the free spaces, of which `kept_spaces` are kept for pass holders elsewhere.
    """

    __tablename__: ClassVar[str] = "lot"
    __table_args__ = (Index("lot_position", "latitude_e6", "longitude_e6"),)
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    name: str
    address: str
    latitude_e6: int = Field(sa_type=BigInteger)
    longitude_e6: int = Field(sa_type=BigInteger)
    spaces: int = Field(sa_type=BigInteger)
    free_spaces: int = Field(sa_type=BigInteger)
    time_zone: str
    currency: str
    as_of: datetime = Field(sa_type=Instant)
    kept_for_passes: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    members_only: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    free_least: int | None = Field(default=None, sa_type=BigInteger)
    free_most: int | None = Field(default=None, sa_type=BigInteger)
    kept_spaces: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})

    @property
    def visitors_free(self) -> int:
        """The free spaces that nobody keeps."""
        return self.free_spaces - self.kept_spaces

    @property
    def visitors_least(self) -> int:
        return (self.free_spaces if self.free_least is None else self.free_least) - self.kept_spaces

    @property
    def visitors_most(self) -> int:
        return (self.free_spaces if self.free_most is None else self.free_most) - self.kept_spaces


class EnvelopeRow(Row, table=True):
    __tablename__: ClassVar[str] = "envelope"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str
    occurred_at: str
    body: dict[str, Any] = Field(sa_type=JSON)
    previous: str
    hash: str


class TariffRow(Row, table=True):
    """A version of a lot's price list; `body` is the codec's JSON of a `Tariff`."""

    __tablename__: ClassVar[str] = "tariff"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    version: int = Field(primary_key=True, sa_type=BigInteger)
    body: dict[str, Any] = Field(sa_type=JSON)


class PassRow(Row, table=True):
    __tablename__: ClassVar[str] = "pass"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    pass_id: str = Field(primary_key=True)
    plate: str
    kind: PassKind = Field(sa_type=String)
    valid_from: datetime = Field(sa_type=Instant)
    valid_until: datetime = Field(sa_type=Instant)
    more_plates: list[str] = Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    spaces: int = Field(default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": "1"})
    lanes: list[str] = Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    holder: str = Field(default="", sa_column_kwargs={"server_default": ""})


class ListedPlateRow(Row, table=True):
    """A plate on one of the lot's lists."""

    __tablename__: ClassVar[str] = "listed_plate"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    kind: ListKind = Field(primary_key=True, sa_type=String)
    plate: str = Field(primary_key=True)
    reason: str
    valid_until: datetime | None = Field(default=None, sa_type=Instant)
    free: bool
    when_full: bool
    removed_at: datetime | None = Field(default=None, sa_type=Instant)


class StrayRow(Row, table=True):
    """A vehicle that drove through a lane outside any stay."""

    __tablename__: ClassVar[str] = "stray"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    passage_id: str = Field(primary_key=True)
    lane_id: str
    direction: Direction = Field(sa_type=String)
    cause: str
    passed_at: datetime = Field(sa_type=Instant)


class StayRow(Row, table=True):
    """A stay; `gross_minor` and `paid_minor` are what the lot worked out when it let the vehicle leave."""

    __tablename__: ClassVar[str] = "stay"
    __table_args__ = (Index("stay_plate", "lot_id", "plate", "state"), Index("stay_ticket", "lot_id", "ticket_id"))
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    stay_id: str = Field(primary_key=True)
    state: str
    plate: str | None
    printed: str | None
    ticket_id: str | None
    entry_lane_id: str
    read_at: datetime = Field(sa_type=Instant)
    entered_at: datetime | None = Field(default=None, sa_type=Instant)
    exited_at: datetime | None = Field(default=None, sa_type=Instant)
    pass_id: str | None
    tariff_version: int = Field(sa_type=BigInteger)
    exit_decision: str | None = None
    gross_minor: int | None = Field(default=None, sa_type=BigInteger)
    paid_minor: int | None = Field(default=None, sa_type=BigInteger)
    plate_color: PlateColor | None = Field(default=None, sa_type=String)
    ticket_lost: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    vehicle: VehicleClass | None = Field(default=None, sa_type=String)
    forgiven_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    pass_since: datetime | None = Field(default=None, sa_type=Instant)
    waits_for: str | None = None
    allowed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    orphaned: str | None = None
    orphaned_at: datetime | None = Field(default=None, sa_type=Instant)


class CouponRow(Row, table=True):
    """What a merchant gave a stay, as the lot has counted it."""

    __tablename__: ClassVar[str] = "coupon"
    __table_args__ = (Index("coupon_stay", "lot_id", "stay_id"),)
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    coupon_id: str = Field(primary_key=True)
    stay_id: str
    merchant: str
    kind: CouponKind = Field(sa_type=String)
    value: int = Field(sa_type=BigInteger)
    reason: str
    applied_at: datetime = Field(sa_type=Instant)


class PassageRow(Row, table=True):
    """One vehicle at one lane; `decision` says what let it pass, or why it was refused."""

    __tablename__: ClassVar[str] = "passage"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    passage_id: str = Field(primary_key=True)
    lane_id: str
    direction: str
    state: str
    decision: str
    stay_id: str | None
    plate: str | None
    photos: list[str] = Field(sa_type=JSON)
    occurred_at: datetime = Field(sa_type=Instant)


class MirroredSettlement(Row, table=True):
    """Money the lot has counted for a stay, wherever it was taken."""

    __tablename__: ClassVar[str] = "mirrored_settlement"
    __table_args__ = (Index("mirrored_settlement_stay", "lot_id", "stay_id"),)
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    provider: str = Field(primary_key=True)
    provider_reference: str = Field(primary_key=True)
    settlement_id: str
    stay_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    quoted_at: datetime = Field(sa_type=Instant)
    settled_at: datetime = Field(sa_type=Instant)


class MirroredRefund(Row, table=True):
    """Money given back, as the lot has counted it, whoever gave it."""

    __tablename__: ClassVar[str] = "mirrored_refund"
    __table_args__ = (Index("mirrored_refund_stay", "lot_id", "stay_id"),)
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    provider: str = Field(primary_key=True)
    provider_reference: str = Field(primary_key=True)
    refund_id: str
    settlement_id: str
    stay_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    operator: str
    reason: str
    refunded_at: datetime = Field(sa_type=Instant)


class RefundAskRow(Row, table=True):
    """A refund that an operator at the lot asked for, of money that was taken online."""

    __tablename__: ClassVar[str] = "refund_ask"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    refund_id: str = Field(primary_key=True)
    settlement_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    operator: str
    reason: str
    asked_at: datetime = Field(sa_type=Instant)


class AlertRow(Row, table=True):
    """An alert the lot raised."""

    __tablename__: ClassVar[str] = "alert"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    alert_id: str = Field(primary_key=True)
    code: str
    lane_id: str | None
    stay_id: str | None
    passage_id: str | None
    text: str
    raised_at: datetime = Field(sa_type=Instant)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
    operator: str | None = None
    reason: str | None = None


class FeeQuery(Row, table=True):
    """That somebody asked a fee by plate: where from (a network, not an address) and how it went; never the plate."""

    __tablename__: ClassVar[str] = "fee_query"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    query_id: str = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=Instant)
    network: str
    outcome: str


class PaymentOrder(Row, table=True):
    """One attempt to pay a stay's fee: `amount_minor` settles what was due at `quoted_at`, until `expires_at`.

    `pay_url` is None until the provider has the order.
    """

    __tablename__: ClassVar[str] = "payment_order"
    __table_args__ = (
        UniqueConstraint("order_id"),
        UniqueConstraint("lot_id", "idempotency_key"),
        Index("payment_order_state", "state", "created_at"),
    )
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    order_id: str = Field(primary_key=True)
    stay_id: str
    plate: str
    idempotency_key: str
    state: OrderState = Field(sa_type=String)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    provider: str
    pay_url: str | None = None
    quoted_at: datetime = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    paid_at: datetime | None = Field(default=None, sa_type=Instant)


class TakenSettlement(Row, table=True):
    """Money taken online, once for ever by provider and reference; `flag` says what a person should look at."""

    __tablename__: ClassVar[str] = "taken_settlement"
    __table_args__ = (
        UniqueConstraint("provider", "provider_reference"),
        Index("taken_settlement_stay", "lot_id", "stay_id"),
    )
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    settlement_id: str = Field(primary_key=True)
    order_id: str
    stay_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    provider: str
    provider_reference: str
    quoted_at: datetime = Field(sa_type=Instant)
    settled_at: datetime = Field(sa_type=Instant)
    flag: str | None


class RefundOrder(Row, table=True):
    """Money of one payment to be given back by its provider, then told to the lot.

    `provider_reference` and `refunded_at` are None until it is done, `text` says why it was refused. `outcome` is what
    the lot answered, None before that.
    """

    __tablename__: ClassVar[str] = "refund_order"
    __table_args__ = (
        Index("refund_order_state", "state", "created_at"),
        Index("refund_order_settlement", "lot_id", "settlement_id"),
        Index("refund_order_stay", "lot_id", "stay_id"),
    )
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    refund_id: str = Field(primary_key=True)
    settlement_id: str
    stay_id: str
    order_id: str
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    provider: str
    payment_reference: str
    operator: str
    reason: str
    state: RefundState = Field(sa_type=String)
    created_at: datetime = Field(sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    provider_reference: str | None = None
    refunded_at: datetime | None = Field(default=None, sa_type=Instant)
    text: str | None = None
    outcome: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class DeliveryRow(Row, table=True):
    """A taken settlement on its way to its lot; `outcome` is None until the lot has answered."""

    __tablename__: ClassVar[str] = "delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["lot_id", "settlement_id"], ["taken_settlement.lot_id", "taken_settlement.settlement_id"]
        ),
        Index("delivery_outcome", "lot_id", "outcome"),
    )
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    delivery_id: str = Field(primary_key=True)
    settlement_id: str
    created_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str | None = None


class CloudAlert(Row, table=True):
    """Something about money that a person should look at, raised once by `alert_id`."""

    __tablename__: ClassVar[str] = "cloud_alert"
    lot_id: str = Field(primary_key=True, foreign_key="enrolment.lot_id")
    alert_id: str = Field(primary_key=True)
    code: str
    order_id: str
    text: str
    raised_at: datetime = Field(sa_type=Instant)
