"""The tables of what money comes with: refunds, cash drawers, merchants and their coupons' codes."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, Integer, Text, UniqueConstraint
from sqlmodel import Field

from lot_server.store.columns import InstantText
from lot_server.store.tables import LotTable


class RefundRow(LotTable, table=True):
    """Money given back, unique for ever by provider and its reference; the columns are those of `refund.Refund`."""

    __tablename__: ClassVar[str] = "refund"
    __table_args__ = (
        UniqueConstraint("provider", "provider_reference", name="refund_once"),
        Index("refund_by_stay", "stay_id"),
        Index("refund_by_refunded_at", "refunded_at"),
        Index("refund_by_shift", "shift_id"),
    )
    refund_id: str = Field(primary_key=True, sa_type=Text)
    settlement_id: str = Field(foreign_key="settlement.settlement_id", sa_type=Text)
    stay_id: str = Field(foreign_key="stay.stay_id", sa_type=Text)
    amount_minor: int
    currency: str = Field(sa_type=Text)
    provider: str = Field(sa_type=Text)
    provider_reference: str = Field(sa_type=Text)
    operator: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    refunded_at: datetime = Field(sa_type=InstantText)
    shift_id: str | None = Field(default=None, sa_type=Text)


class RefundAskRow(LotTable, table=True):
    """A refund that the cloud was asked for; the columns are those of `refund.RefundAsk`."""

    __tablename__: ClassVar[str] = "refund_ask"
    __table_args__ = (Index("refund_ask_by_settlement", "settlement_id"),)
    refund_id: str = Field(primary_key=True, sa_type=Text)
    settlement_id: str = Field(foreign_key="settlement.settlement_id", sa_type=Text)
    amount_minor: int
    currency: str = Field(sa_type=Text)
    operator: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=InstantText)


class ShiftRow(LotTable, table=True):
    """A cash drawer in somebody's hands; the columns are those of `shift.Shift`."""

    __tablename__: ClassVar[str] = "cash_shift"
    __table_args__ = (Index("cash_shift_by_account", "account", "closed_at"),)
    shift_id: str = Field(primary_key=True, sa_type=Text)
    account: str = Field(sa_type=Text)
    opening_minor: int
    currency: str = Field(sa_type=Text)
    opened_at: datetime = Field(sa_type=InstantText)
    expected_minor: int | None = None
    counted_minor: int | None = None
    closed_at: datetime | None = Field(default=None, sa_type=InstantText)
    closed_by: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)


class MerchantRow(LotTable, table=True):
    """A merchant's terms as last agreed; the columns are those of `merchant.Merchant`."""

    __tablename__: ClassVar[str] = "merchant"
    name: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    value: int
    per_day: int
    active: bool = Field(sa_type=Integer)


class CouponBatchRow(LotTable, table=True):
    """Codes handed out at once."""

    __tablename__: ClassVar[str] = "coupon_batch"
    batch_id: str = Field(primary_key=True, sa_type=Text)
    merchant: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    value: int
    valid_until: datetime = Field(sa_type=InstantText)
    codes: int
    operator: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    issued_at: datetime = Field(sa_type=InstantText)


class CouponCodeRow(LotTable, table=True):
    """One code of a batch, by its hash."""

    __tablename__: ClassVar[str] = "coupon_code"
    __table_args__ = (Index("coupon_code_by_batch", "batch_id"),)
    code_hash: str = Field(primary_key=True, sa_type=Text)
    batch_id: str = Field(foreign_key="coupon_batch.batch_id", sa_type=Text)
