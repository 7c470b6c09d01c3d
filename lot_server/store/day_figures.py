"""What a day brought: vehicles and money, hour by hour."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlmodel import Session, col, func, or_, select

from lot_server.store.tables import PassageRow, SettlementRow, StayRow

OVERRULED = "operator"


@dataclass(frozen=True, slots=True)
class HourFigures:
    """One hour: vehicles in and out, the most inside at once, money taken in minor units."""

    starts_at: datetime
    entries: int
    exits: int
    most_inside: int
    taken_minor: int


@dataclass(frozen=True, slots=True)
class Takings:
    """The money that one provider took."""

    provider: str
    count: int
    minor: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day's figures.

    `mean_stay` is that of the vehicles that left, None where none did. `refused` vehicles were kept out, `overruled`
    passages were let through by an operator's order. `gross_minor` is what the stays that left had cost.
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

    @property
    def taken_minor(self) -> int:
        return sum(each.minor for each in self.takings)

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
        paid = select(SettlementRow.settled_at, SettlementRow.provider, SettlementRow.amount_minor)
        settled = col(SettlementRow.settled_at)
        money = list(self._session.exec(paid.where(settled >= start, settled < end)))
        spans, outs = [until - since for since, until in stays], [until for _, until in stays]
        return Day(
            hours=_hours(edges, inside_at_start, ins, outs, [(at, minor) for at, _, minor in money]),
            inside_at_start=inside_at_start,
            entries=len(ins),
            exits=len(stays),
            refused=self._passages(start, end, PassageRow.state == "refused"),
            overruled=self._passages(start, end, PassageRow.decision == OVERRULED),
            mean_stay=sum(spans, timedelta()) / len(spans) if spans else None,
            gross_minor=self._gross(start, end),
            takings=tuple(
                Takings(provider, len(amounts), sum(amounts))
                for provider in sorted({each for _, each, _ in money})
                if (amounts := [minor for _, each, minor in money if each == provider])
            ),
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


def _hours(
    edges: Sequence[datetime],
    inside: int,
    ins: list[datetime],
    outs: list[datetime],
    money: list[tuple[datetime, int]],
) -> tuple[HourFigures, ...]:
    count = len(edges) - 1
    entries, exits, taken, most = [0] * count, [0] * count, [0] * count, [0] * count
    for at, minor in money:
        taken[bisect_right(edges, at) - 1] += minor
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
    return tuple(HourFigures(*row) for row in zip(edges, entries, exits, most, taken, strict=False))
