"""The rows a batch touches: loaded at once, changed in memory, written at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.tables import (
    AlertRow,
    CouponRow,
    EnvelopeRow,
    ListedPlateRow,
    LotRow,
    MirroredRefund,
    MirroredSettlement,
    PassageRow,
    PassRow,
    RefundAskRow,
    Row,
    StayRow,
    StrayRow,
    TariffRow,
)
from lot_server.domain.events import (
    CouponApplied,
    PassGranted,
    PassRevoked,
    PlateErased,
    PlateListed,
    PlateUnlisted,
    RefundApplied,
    SettlementApplied,
    SettlementRetimed,
    StrayPassed,
    TariffPublished,
)
from lot_server.domain.ledger import Envelope

T = TypeVar("T", bound=Row)
K = TypeVar("K", str, int, tuple[str, str])


class Unprojectable(Exception):
    """A fact about something that no earlier fact of the ledger introduced, or introduced twice."""


@dataclass(slots=True)
class Mirror:
    """One lot's rows, by the ids that a batch names; `at` is when the fact that is projected now occurred."""

    lot_id: str
    lot: LotRow | None = None
    stays: dict[str, StayRow] = field(default_factory=dict)
    passages: dict[str, PassageRow] = field(default_factory=dict)
    alerts: dict[str, AlertRow] = field(default_factory=dict)
    passes: dict[str, PassRow] = field(default_factory=dict)
    listed: dict[tuple[str, str], ListedPlateRow] = field(default_factory=dict)
    strays: dict[str, StrayRow] = field(default_factory=dict)
    tariffs: dict[int, TariffRow] = field(default_factory=dict)
    settlements: dict[tuple[str, str], MirroredSettlement] = field(default_factory=dict)
    coupons: dict[str, CouponRow] = field(default_factory=dict)
    refunds: dict[tuple[str, str], MirroredRefund] = field(default_factory=dict)
    refund_asks: dict[str, RefundAskRow] = field(default_factory=dict)
    facts: dict[int, EnvelopeRow] = field(default_factory=dict)
    at: datetime = field(init=False)

    @classmethod
    async def load(cls, session: AsyncSession, lot_id: str, envelopes: Sequence[Envelope]) -> "Mirror":
        """What `envelopes`, known to be well-formed, refer to, as far as it exists; of passes and tariffs all."""
        mirror = cls(lot_id, await session.get(LotRow, lot_id))
        stays = select(StayRow).where(StayRow.lot_id == lot_id, col(StayRow.stay_id).in_(_named(envelopes, "stay_id")))
        passages = select(PassageRow).where(
            PassageRow.lot_id == lot_id, col(PassageRow.passage_id).in_(_named(envelopes, "passage_id"))
        )
        alerts = select(AlertRow).where(
            AlertRow.lot_id == lot_id, col(AlertRow.alert_id).in_(_named(envelopes, "alert_id"))
        )
        mirror.stays = {row.stay_id: row for row in await session.exec(stays)}
        mirror.passages = {row.passage_id: row for row in await session.exec(passages)}
        mirror.alerts = {row.alert_id: row for row in await session.exec(alerts)}
        references = {
            each.body["settlement"]["provider_reference"]
            for each in envelopes
            if each.kind in (SettlementApplied.KIND, SettlementRetimed.KIND)
        }
        if references:
            settlements = select(MirroredSettlement).where(
                MirroredSettlement.lot_id == lot_id, col(MirroredSettlement.provider_reference).in_(references)
            )
            mirror.settlements = {
                (row.provider, row.provider_reference): row for row in await session.exec(settlements)
            }
        coupon_ids = {each.body["coupon"]["coupon_id"] for each in envelopes if each.kind == CouponApplied.KIND}
        if coupon_ids:
            coupons = select(CouponRow).where(CouponRow.lot_id == lot_id, col(CouponRow.coupon_id).in_(coupon_ids))
            mirror.coupons = {row.coupon_id: row for row in await session.exec(coupons)}
        back = {each.body["refund"]["provider_reference"] for each in envelopes if each.kind == RefundApplied.KIND}
        if back:
            refunds = select(MirroredRefund).where(
                MirroredRefund.lot_id == lot_id, col(MirroredRefund.provider_reference).in_(back)
            )
            mirror.refunds = {(row.provider, row.provider_reference): row for row in await session.exec(refunds)}
        kinds = {envelope.kind for envelope in envelopes}
        erasures = [each.body for each in envelopes if each.kind == PlateErased.KIND]
        if erasures:
            await mirror._load_erased(session, erasures)
        if kinds & {PassGranted.KIND, PassRevoked.KIND} or erasures:
            passes = select(PassRow).where(PassRow.lot_id == lot_id)
            mirror.passes = {row.pass_id: row for row in await session.exec(passes)}
        if kinds & {PlateListed.KIND, PlateUnlisted.KIND}:
            listed = select(ListedPlateRow).where(ListedPlateRow.lot_id == lot_id)
            mirror.listed = {(row.kind, row.plate): row for row in await session.exec(listed)}
        if StrayPassed.KIND in kinds:
            strays = select(StrayRow).where(
                StrayRow.lot_id == lot_id, col(StrayRow.passage_id).in_(_named(envelopes, "passage_id"))
            )
            mirror.strays = {row.passage_id: row for row in await session.exec(strays)}
        if TariffPublished.KIND in kinds:
            tariffs = select(TariffRow).where(TariffRow.lot_id == lot_id)
            mirror.tariffs = {row.version: row for row in await session.exec(tariffs)}
        return mirror

    async def _load_erased(self, session: AsyncSession, erasures: Sequence[dict[str, Any]]) -> None:
        """What the erasures of plates change besides passes: stays, passages, alerts about them, and facts."""
        stay_ids = {stay_id for body in erasures for stay_id in body["stay_ids"]}
        passage_ids = {passage_id for body in erasures for passage_id in body["passage_ids"]}
        seqs = {fact["seq"] for body in erasures for fact in body["facts"]}
        stays = select(StayRow).where(StayRow.lot_id == self.lot_id, col(StayRow.stay_id).in_(stay_ids))
        passages = select(PassageRow).where(
            PassageRow.lot_id == self.lot_id, col(PassageRow.passage_id).in_(passage_ids)
        )
        facts = select(EnvelopeRow).where(EnvelopeRow.lot_id == self.lot_id, col(EnvelopeRow.seq).in_(seqs))
        self.stays |= {row.stay_id: row for row in await session.exec(stays)}
        self.passages |= {row.passage_id: row for row in await session.exec(passages)}
        self.facts = {row.seq: row for row in await session.exec(facts)}
        alert_ids = [row.body["alert_id"] for row in self.facts.values() if "alert_id" in row.body]
        alerts = select(AlertRow).where(AlertRow.lot_id == self.lot_id, col(AlertRow.alert_id).in_(alert_ids))
        self.alerts |= {row.alert_id: row for row in await session.exec(alerts)}

    def rows(self) -> Iterator[Row]:
        """Every row, new ones and loaded ones."""
        if self.lot is not None:
            yield self.lot
        for table in (
            self.stays,
            self.passages,
            self.alerts,
            self.passes,
            self.listed,
            self.strays,
            self.tariffs,
            self.settlements,
            self.coupons,
            self.refunds,
            self.refund_asks,
            self.facts,
        ):
            yield from table.values()


def existing(rows: dict[K, T], key: K) -> T:
    """The row of `key`. Raises Unprojectable."""
    if key not in rows:
        raise Unprojectable(f"{key!r} was never introduced in this ledger: the lot must repair its ledger")
    return rows[key]


def introduce(rows: dict[K, T], key: K, row: T) -> None:
    """Add a row under a key that is free. Raises Unprojectable."""
    if key in rows:
        raise Unprojectable(f"{key!r} was introduced before in this ledger: the lot must repair its ledger")
    rows[key] = row


def _named(envelopes: Sequence[Envelope], key: str) -> set[str]:
    values = (envelope.body.get(key) for envelope in envelopes)
    return {value for value in values if isinstance(value, str)}
