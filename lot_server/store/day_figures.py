"""What a day brought: vehicles and money, hour by hour."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlmodel import Session, col, func, or_, select

from lot_server.store.day_money import DayMoney, MoneyMove
from lot_server.store.tables import PassageRow, StayRow

OVERRULED = "operator"


@dataclass(frozen=True, slots=True)
class HourFigures:
    """One hour: vehicles in and out, the most inside at once, money taken and given back in minor units."""

    starts_at: datetime
    entries: int
    exits: int
    most_inside: int
    taken_minor: int
    refunded_minor: int = 0


@dataclass(frozen=True, slots=True)
class Takings:
    """The money that one provider took, or gave back."""

    provider: str
    count: int
    minor: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day's figures.

    `mean_stay` is that of the vehicles that left, None where none did. `refused` vehicles were kept out, `overruled`
    passages were let through by an operator's order. `gross_minor` is what the stays that left had cost; of them,
    `owed_minor` is not paid to this hour, and `overpaid_minor` is to be given back.
    """

    hours: tuple[HourFigures, ...]
    inside_at_start: int
    entries: int
    exits: int
    refused: int
    overruled: int
    mean_stay: timedelta | None
    gross_minor: int
    takings: tuple[Takings, ...]
    refunds: tuple[Takings, ...] = ()
    owed_minor: int = 0
    overpaid_minor: int = 0

    @property
    def taken_minor(self) -> int:
        return sum(each.minor for each in self.takings)

    @property
    def refunded_minor(self) -> int:
        return sum(each.minor for each in self.refunds)

    @property
    def net_minor(self) -> int:
        """What was taken less what was given back."""
        return self.taken_minor - self.refunded_minor

    @property
    def most_inside(self) -> int:
        return max(hour.most_inside for hour in self.hours)

    @property
    def inside_at_end(self) -> int:
        return self.inside_at_start + self.entries - self.exits


class DayFigures:
    """The figures within one look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, edges: Sequence[datetime]) -> Day:
        """The figures between the first edge and the last, with one hour for each two neighbours."""
        start, end = edges[0], edges[-1]
        entered, exited = col(StayRow.entered_at), col(StayRow.exited_at)
        before = (
            select(func.count()).select_from(StayRow).where(entered < start, or_(exited.is_(None), exited >= start))
        )
        inside_at_start = self._session.exec(before).one()
        ins = [at for at in self._session.exec(select(StayRow.entered_at).where(entered >= start, entered < end)) if at]
        left = self._session.exec(select(StayRow.entered_at, StayRow.exited_at).where(exited >= start, exited < end))
        stays = [(since, until) for since, until in left if since and until]
        money = DayMoney(self._session)
        moves = money.moves(start, end)
        owed, overpaid = money.open_of(start, end)
        spans, outs = [until - since for since, until in stays], [until for _, until in stays]
        return Day(
            hours=_hours(edges, inside_at_start, ins, outs, moves),
            inside_at_start=inside_at_start,
            entries=len(ins),
            exits=len(stays),
            refused=self._passages(start, end, PassageRow.state == "refused"),
            overruled=self._passages(start, end, PassageRow.decision == OVERRULED),
            mean_stay=sum(spans, timedelta()) / len(spans) if spans else None,
            gross_minor=self._gross(start, end),
            takings=_by_provider(moves, "payment"),
            refunds=_by_provider(moves, "refund"),
            owed_minor=owed,
            overpaid_minor=overpaid,
        )

    def _passages(self, start: datetime, end: datetime, which: bool) -> int:
        ended = col(PassageRow.ended_at)
        return self._session.exec(
            select(func.count()).select_from(PassageRow).where(ended >= start, ended < end, which)
        ).one()

    def _gross(self, start: datetime, end: datetime) -> int:
        ended = col(PassageRow.ended_at)
        out = (PassageRow.direction == "exit", PassageRow.state == "confirmed")
        total = select(func.coalesce(func.sum(PassageRow.gross_minor), 0)).where(ended >= start, ended < end, *out)
        return int(self._session.exec(total).one() or 0)


def _by_provider(moves: list[MoneyMove], kind: str) -> tuple[Takings, ...]:
    found = [move for move in moves if move.kind == kind]
    return tuple(
        Takings(provider, len(amounts), sum(amounts))
        for provider in sorted({move.provider for move in found})
        if (amounts := [abs(move.minor) for move in found if move.provider == provider])
    )


def _hours(
    edges: Sequence[datetime],
    inside: int,
    ins: list[datetime],
    outs: list[datetime],
    moves: list[MoneyMove],
) -> tuple[HourFigures, ...]:
    count = len(edges) - 1
    entries, exits, most = [0] * count, [0] * count, [0] * count
    taken, back = [0] * count, [0] * count
    for move in moves:
        (taken if move.kind == "payment" else back)[bisect_right(edges, move.at) - 1] += abs(move.minor)
    changes = sorted(chain(((at, 1) for at in ins), ((at, -1) for at in outs)))
    position = 0
    for hour in range(count):
        most[hour] = inside
        while position < len(changes) and changes[position][0] < edges[hour + 1]:
            change = changes[position][1]
            inside += change
            entries[hour] += change > 0
            exits[hour] += change < 0
            most[hour] = max(most[hour], inside)
            position += 1
    return tuple(HourFigures(*row) for row in zip(edges, entries, exits, most, taken, back, strict=False))
