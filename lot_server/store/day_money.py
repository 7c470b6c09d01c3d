"""A day's money one by one: what was taken and what was given back, and the coupons of those who left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, func, select

from lot_server.store.money_tables import RefundRow
from lot_server.store.tables import CouponRow, PassageRow, SettlementRow, StayRow


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """Money that came or went; `minor` is below 0 for a refund, `who` and `reason` are None where nobody said."""

    at: datetime
    kind: Literal["payment", "refund"]
    stay_id: str
    plate: str | None
    provider: str
    reference: str
    minor: int
    who: str | None
    reason: str | None
    tendered_minor: int | None


class DayMoney:
    """The moves within one look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def moves(self, start: datetime, end: datetime) -> list[MoneyMove]:
        """Every payment and refund from `start` on and before `end`, in the order of time."""
        settled, refunded = col(SettlementRow.settled_at), col(RefundRow.refunded_at)
        paid = select(SettlementRow, StayRow.plate).join(StayRow, col(StayRow.stay_id) == SettlementRow.stay_id)
        back = select(RefundRow, StayRow.plate).join(StayRow, col(StayRow.stay_id) == RefundRow.stay_id)
        ins = [
            MoneyMove(
                row.settled_at,
                "payment",
                row.stay_id,
                plate,
                row.provider,
                row.provider_reference,
                row.amount_minor,
                row.taken_by,
                None,
                row.tendered_minor,
            )
            for row, plate in self._session.exec(paid.where(settled >= start, settled < end))
        ]
        outs = [
            MoneyMove(
                row.refunded_at,
                "refund",
                row.stay_id,
                plate,
                row.provider,
                row.provider_reference,
                -row.amount_minor,
                row.operator,
                row.reason,
                None,
            )
            for row, plate in self._session.exec(back.where(refunded >= start, refunded < end))
        ]
        return sorted(ins + outs, key=lambda move: move.at)

    def open_of(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Minor units that stays which left in between owe still, and have paid too much still."""
        balance, exited = col(StayRow.balance_minor), col(StayRow.exited_at)
        found = self._session.exec(
            select(StayRow.balance_minor).where(balance != 0, exited >= start, exited < end)
        ).all()
        return sum(each for each in found if each > 0), -sum(each for each in found if each < 0)

    def couponed(self, start: datetime, end: datetime) -> list[tuple[str, datetime]]:
        """The stays with coupons that left in between, and the instant by which each was priced."""
        exited = col(StayRow.exited_at)
        rows: Any = self._session.exec(
            select(StayRow.stay_id, func.max(PassageRow.decided_at))
            .join(PassageRow, col(PassageRow.stay_id) == StayRow.stay_id)
            .where(
                exited >= start,
                exited < end,
                PassageRow.direction == "exit",
                PassageRow.state == "confirmed",
                col(StayRow.stay_id).in_(select(CouponRow.stay_id)),
            )
            .group_by(col(StayRow.stay_id))
        )
        return [(stay_id, decided_at) for stay_id, decided_at in rows]
