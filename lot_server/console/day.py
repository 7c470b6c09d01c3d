"""A calendar day of a lot: its hours as instants, and its figures as files that spreadsheets open."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from lot_server.console.wording import Wording
from lot_server.domain.merchant import CouponBatch
from lot_server.store.day_figures import Day
from lot_server.store.day_money import MoneyMove
from lot_server.store.stay_list import ListedStay

BYTE_ORDER_MARK = "\ufeff"
"""Without it, common spreadsheet programs take UTF-8 for something else."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def hour_edges(day: date, zone: str) -> list[datetime]:
    """The instants at which the hours of a local day begin, and its end: 24 to 26 of them, as clocks change."""
    place = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=place).astimezone(UTC)
    edges = [start]
    while edges[-1] < end:
        edges.append(min(edges[-1] + timedelta(hours=1), end))
    return edges


def hours_csv(day: Day, words: Wording) -> str:
    """One line an hour."""
    return _csv(
        ("hour", "entries", "exits", "most_inside", f"taken_{words.currency}", f"refunded_{words.currency}"),
        (
            (
                words.date_and_time(hour.starts_at),
                hour.entries,
                hour.exits,
                hour.most_inside,
                _decimal(hour.taken_minor),
                _decimal(hour.refunded_minor),
            )
            for hour in day.hours
        ),
    )


def stays_csv(stays: Iterable[tuple[ListedStay, int]], words: Wording) -> str:
    """One line a stay, with the minor units that it paid."""

    def at(instant: datetime | None) -> str:
        return "" if instant is None else words.local(instant).strftime("%Y-%m-%d %H:%M:%S")

    return _csv(
        ("stay_id", "plate", "ticket", "entry_lane", "entered_at", "exited_at", "pass", f"paid_{words.currency}"),
        (
            (
                each.stay_id,
                each.plate or "",
                each.ticket_id or "",
                each.entry_lane_id,
                at(each.entered_at),
                at(each.exited_at),
                each.pass_id or "",
                _decimal(paid),
            )
            for each, paid in stays
        ),
    )


def money_csv(moves: Iterable[MoneyMove], words: Wording) -> str:
    """One line for each payment and refund; refunds are below 0."""
    return _csv(
        ("at", "kind", "stay_id", "plate", "provider", "reference", f"amount_{words.currency}", "who", "reason"),
        (
            (
                words.local(each.at).strftime("%Y-%m-%d %H:%M:%S"),
                each.kind,
                each.stay_id,
                each.plate or "",
                each.provider,
                each.reference,
                _decimal(each.minor),
                each.who or "",
                each.reason or "",
            )
            for each in moves
        ),
    )


def codes_csv(batch: CouponBatch, codes: Iterable[str], words: Wording) -> str:
    """One line a code of a batch, with what it is worth."""
    until = words.date_and_time(batch.valid_until)
    return _csv(
        ("code", "merchant", "kind", "value", "valid_until"),
        ((code, batch.merchant, batch.kind, batch.value, until) for code in codes),
    )


def _csv(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return BYTE_ORDER_MARK + text.getvalue()


def _cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _decimal(minor: int) -> Decimal:
    """A number, so that no minus is taken for the beginning of a formula."""
    return Decimal(minor).scaleb(-2)
