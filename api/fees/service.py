"""Prices a stay from the mirror with the lot's own `quote()`, counting each settlement once."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import FeeUnknown
from api.tables import (
    CouponRow,
    LotRow,
    MirroredRefund,
    MirroredSettlement,
    PassRow,
    RefundOrder,
    StayRow,
    TakenSettlement,
    TariffRow,
)
from lot_server.domain.codec import from_body
from lot_server.domain.coupon import Coupon
from lot_server.domain.money import Money
from lot_server.domain.quote import Circumstances, Quote, quote
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Pass, Settlement
from lot_server.domain.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Priced:
    """A stay that is inside `lot`, and what it owes."""

    lot: LotRow
    stay: StayRow
    plate: str
    quote: Quote


async def price(session: AsyncSession, lot: LotRow, plate: str, now: datetime) -> Priced | None:
    """What the vehicle with this normalised plate owes; None where it is not inside.

    A ticket's number finds its stay as a plate does.
    """
    found = await session.exec(
        select(StayRow)
        .where(
            StayRow.lot_id == lot.lot_id,
            StayRow.state == "open",
            or_(col(StayRow.plate) == plate, col(StayRow.ticket_id) == plate),
        )
        .order_by(col(StayRow.entered_at).desc(), StayRow.stay_id)
        .limit(1)
    )
    stay = found.first()
    if stay is None:
        return None
    return Priced(lot, stay, plate, await quote_stay(session, stay, now))


async def quote_stay(session: AsyncSession, stay: StayRow, now: datetime) -> Quote:
    """What a stay that has begun owes at `now`, or owed when it left. Raises FeeUnknown without its tariff."""
    tariff = await session.get(TariffRow, (stay.lot_id, stay.tariff_version))
    if tariff is None or stay.entered_at is None:
        raise FeeUnknown("the lot has not sent this stay's tariff yet: try again in a minute, or pay at the barrier")
    parking_pass = None if stay.pass_id is None else await session.get(PassRow, (stay.lot_id, stay.pass_id))
    # The lot's clock may be a moment ahead of this one.
    at = max(stay.exited_at or now, stay.entered_at)
    return quote(
        from_body(Tariff, tariff.body),
        stay.entered_at,
        at,
        await settlements(session, stay.lot_id, stay.stay_id),
        None if parking_pass is None else _pass(parking_pass),
        Circumstances(
            stay.plate_color,
            stay.ticket_lost,
            await _coupons(session, stay),
            stay.vehicle,
            stay.pass_since,
            stay.allowed,
        ),
        await refunds(session, stay.lot_id, stay.stay_id),
        stay.forgiven_minor,
    )


async def settlements(session: AsyncSession, lot_id: str, stay_id: str) -> list[Settlement]:
    """All the money taken for a stay: at the lot, and online though the lot has not confirmed it yet."""
    counted = await session.exec(
        select(MirroredSettlement).where(MirroredSettlement.lot_id == lot_id, MirroredSettlement.stay_id == stay_id)
    )
    taken = await session.exec(
        select(TakenSettlement).where(TakenSettlement.lot_id == lot_id, TakenSettlement.stay_id == stay_id)
    )
    rows: list[MirroredSettlement | TakenSettlement] = [*counted, *taken]
    return list({(row.provider, row.provider_reference): settlement_of(row) for row in rows}.values())


async def refunds(session: AsyncSession, lot_id: str, stay_id: str) -> list[Refund]:
    """All the money given back of a stay: at the lot, and online though the lot has not confirmed it yet."""
    counted = await session.exec(
        select(MirroredRefund).where(MirroredRefund.lot_id == lot_id, MirroredRefund.stay_id == stay_id)
    )
    given = await session.exec(
        select(RefundOrder).where(
            RefundOrder.lot_id == lot_id, RefundOrder.stay_id == stay_id, RefundOrder.state == "done"
        )
    )
    rows: list[MirroredRefund | RefundOrder] = [*counted, *given]
    return list({(row.provider, row.provider_reference): refund_of(row) for row in rows}.values())


def refund_of(row: MirroredRefund | RefundOrder) -> Refund:
    """The refund in a row; an order must be done."""
    assert row.provider_reference is not None
    assert row.refunded_at is not None
    return Refund(
        row.refund_id,
        row.settlement_id,
        row.stay_id,
        Money(row.amount_minor, row.currency),
        row.provider,
        row.provider_reference,
        row.operator,
        row.reason,
        row.refunded_at,
    )


async def _coupons(session: AsyncSession, stay: StayRow) -> tuple[Coupon, ...]:
    found = await session.exec(
        select(CouponRow).where(CouponRow.lot_id == stay.lot_id, CouponRow.stay_id == stay.stay_id)
    )
    return tuple(
        Coupon(row.coupon_id, row.stay_id, row.merchant, row.kind, row.value, row.reason, row.applied_at)
        for row in found
    )


def settlement_of(row: MirroredSettlement | TakenSettlement) -> Settlement:
    """The settlement in a row."""
    return Settlement(
        row.settlement_id,
        row.stay_id,
        Money(row.amount_minor, row.currency),
        row.provider,
        row.provider_reference,
        row.quoted_at,
        row.settled_at,
    )


def _pass(row: PassRow) -> Pass:
    return Pass(row.pass_id, row.plate, row.kind, row.valid_from, row.valid_until)
