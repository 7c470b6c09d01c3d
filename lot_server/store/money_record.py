"""Refunds, drawers, merchants and codes as the store has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, func, select

from lot_server.domain.coupon import CODE, VALIDATION, CouponKind
from lot_server.domain.merchant import CouponBatch, Merchant
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund, RefundAsk
from lot_server.domain.shift import CASH, Shift
from lot_server.domain.stay import Settlement
from lot_server.store.money_tables import (
    CouponBatchRow,
    CouponCodeRow,
    MerchantRow,
    RefundAskRow,
    RefundRow,
    ShiftRow,
)
from lot_server.store.tables import CouponRow, SettlementRow


@dataclass(frozen=True, slots=True)
class TakenAs:
    """How a settlement was taken at the desk; `tendered_minor` is None where the amount was exact or no cash."""

    taken_by: str | None
    tendered_minor: int | None


@dataclass(frozen=True, slots=True)
class ShiftTotal:
    """What one provider brought in a shift: minor units taken and given back, and how often."""

    provider: str
    count: int
    taken_minor: int
    refunds: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class IssuedBatch:
    """A batch of codes and how many of them were used."""

    batch_id: str
    merchant: str
    kind: str
    value: int
    valid_until: datetime
    codes: int
    used: int
    issued_at: datetime


class MoneyRecord:
    """The record within one transaction or look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def settlement(self, settlement_id: str) -> Settlement | None:
        row = self._session.get(SettlementRow, settlement_id)
        return None if row is None else settlement_of(row)

    def taken_as(self, stay_id: str) -> dict[str, TakenAs]:
        """How each of a stay's settlements was taken, by its id."""
        rows = self._session.exec(select(SettlementRow).where(SettlementRow.stay_id == stay_id))
        return {row.settlement_id: TakenAs(row.taken_by, row.tendered_minor) for row in rows}

    def refunds(self, stay_id: str) -> list[Refund]:
        """The money given back of a stay, in the order it was given."""
        found = select(RefundRow).where(RefundRow.stay_id == stay_id).order_by(col(RefundRow.refunded_at))
        return [_refund(row) for row in self._session.exec(found)]

    def refund_by_reference(self, provider: str, provider_reference: str) -> Refund | None:
        row = self._session.exec(
            select(RefundRow).where(RefundRow.provider == provider, RefundRow.provider_reference == provider_reference)
        ).first()
        return None if row is None else _refund(row)

    def asks(self, settlement_id: str) -> list[RefundAsk]:
        """The refunds of a settlement that the cloud was asked for and has not told of."""
        done = select(RefundRow.refund_id).where(RefundRow.settlement_id == settlement_id)
        rows = self._session.exec(
            select(RefundAskRow)
            .where(RefundAskRow.settlement_id == settlement_id, col(RefundAskRow.refund_id).not_in(done))
            .order_by(col(RefundAskRow.asked_at))
        )
        return [
            RefundAsk(
                row.refund_id,
                row.settlement_id,
                Money(row.amount_minor, row.currency),
                row.operator,
                row.reason,
                row.asked_at,
            )
            for row in rows
        ]

    def shift(self, shift_id: str) -> Shift | None:
        row = self._session.get(ShiftRow, shift_id)
        return None if row is None else _shift(row)

    def open_shift(self, account: str) -> Shift | None:
        """The drawer in an account's hands."""
        found = select(ShiftRow).where(ShiftRow.account == account, col(ShiftRow.closed_at).is_(None))
        row = self._session.exec(found).first()
        return None if row is None else _shift(row)

    def shifts(self, count: int) -> list[Shift]:
        """The open drawers, then the last that were closed, newest first."""
        newest = (col(ShiftRow.closed_at).is_not(None), col(ShiftRow.opened_at).desc())
        return [_shift(row) for row in self._session.exec(select(ShiftRow).order_by(*newest).limit(count))]

    def cash_in(self, shift_id: str) -> int:
        """Minor units of cash taken less given back in a shift."""
        return sum(each.taken_minor - each.refunded_minor for each in self.totals(shift_id) if each.provider == CASH)

    def totals(self, shift_id: str) -> list[ShiftTotal]:
        """What each provider brought in a shift."""
        taken = (
            select(SettlementRow.provider, func.count(), func.sum(SettlementRow.amount_minor))
            .where(SettlementRow.shift_id == shift_id)
            .group_by(col(SettlementRow.provider))
        )
        back = (
            select(RefundRow.provider, func.count(), func.sum(RefundRow.amount_minor))
            .where(RefundRow.shift_id == shift_id)
            .group_by(col(RefundRow.provider))
        )
        ins = {provider: (count, int(minor)) for provider, count, minor in self._session.exec(taken)}
        outs = {provider: (count, int(minor)) for provider, count, minor in self._session.exec(back)}
        return [ShiftTotal(each, *ins.get(each, (0, 0)), *outs.get(each, (0, 0))) for each in sorted(ins.keys() | outs)]

    def merchant(self, name: str) -> Merchant | None:
        row = self._session.get(MerchantRow, name)
        return None if row is None else _merchant(row)

    def merchants(self) -> list[Merchant]:
        """By name."""
        return [_merchant(row) for row in self._session.exec(select(MerchantRow).order_by(col(MerchantRow.name)))]

    def batch_of(self, code_hash: str) -> CouponBatch | None:
        """The batch of a code, without the hashes of the others."""
        code = self._session.get(CouponCodeRow, code_hash)
        if code is None:
            return None
        row = self._session.get_one(CouponBatchRow, code.batch_id)
        return CouponBatch(
            row.batch_id, row.merchant, cast(CouponKind, row.kind), row.value, row.valid_until, (code_hash,)
        )

    def batches(self) -> Iterator[IssuedBatch]:
        """Newest first."""
        used = dict(
            self._session.exec(
                select(CouponCodeRow.batch_id, func.count())
                .join(CouponRow, col(CouponRow.coupon_id) == CODE + CouponCodeRow.code_hash)
                .group_by(col(CouponCodeRow.batch_id))
            ).all()
        )
        for row in self._session.exec(select(CouponBatchRow).order_by(col(CouponBatchRow.issued_at).desc())):
            yield IssuedBatch(
                row.batch_id,
                row.merchant,
                row.kind,
                row.value,
                row.valid_until,
                row.codes,
                used.get(row.batch_id, 0),
                row.issued_at,
            )

    def validated(self, merchant: str, since: datetime, until: datetime) -> int:
        """How many coupons a merchant's own accounts gave between two instants."""
        given = col(CouponRow.applied_at)
        return self._session.exec(
            select(func.count())
            .select_from(CouponRow)
            .where(
                CouponRow.merchant == merchant,
                given >= since,
                given < until,
                col(CouponRow.coupon_id).startswith(VALIDATION, autoescape=True),
            )
        ).one()


def settlement_of(row: SettlementRow) -> Settlement:
    """The settlement in a row."""
    return Settlement(
        settlement_id=row.settlement_id,
        stay_id=row.stay_id,
        amount=Money(row.amount_minor, row.currency),
        provider=row.provider,
        provider_reference=row.provider_reference,
        quoted_at=row.quoted_at,
        settled_at=row.settled_at,
    )


def _refund(row: RefundRow) -> Refund:
    return Refund(
        refund_id=row.refund_id,
        settlement_id=row.settlement_id,
        stay_id=row.stay_id,
        amount=Money(row.amount_minor, row.currency),
        provider=row.provider,
        provider_reference=row.provider_reference,
        operator=row.operator,
        reason=row.reason,
        refunded_at=row.refunded_at,
    )


def _shift(row: ShiftRow) -> Shift:
    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row.currency)

    return Shift(
        shift_id=row.shift_id,
        account=row.account,
        opening=Money(row.opening_minor, row.currency),
        opened_at=row.opened_at,
        expected=amount(row.expected_minor),
        counted=amount(row.counted_minor),
        closed_at=row.closed_at,
        note=row.note,
    )


def _merchant(row: MerchantRow) -> Merchant:
    return Merchant(row.name, cast(CouponKind, row.kind), row.value, row.per_day, bool(row.active))
