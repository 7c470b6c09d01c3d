"""Amounts, times and the steps of a fee, in a driver's words."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.driver_page.texts import TEXTS, Language
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.fee_words import explain
from lot_server.domain.money import Money

UTC = "UTC"
SYMBOLS = {"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£", "BRL": "R$"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill."""

    text: str
    amount: str


@dataclass(frozen=True, slots=True)
class Wording:
    """One language, at one lot's local time."""

    language: Language
    zone: str = UTC

    def say(self, key: str, **values: object) -> str:
        return TEXTS[self.language][key].format(**values)

    def local(self, zone: str) -> "Wording":
        """The same language, at another lot's time."""
        return replace(self, zone=zone)

    def knows(self, key: str) -> bool:
        return key in TEXTS[self.language]

    def time(self, instant: datetime, today: datetime) -> str:
        """`14:05` at the lot, with the date where that is not today's."""
        zone, label = self._zone()
        local = instant.astimezone(zone)
        same_day = local.date() == today.astimezone(zone).date()
        return local.strftime("%H:%M") + label if same_day else self.date_and_time(instant)

    def date_and_time(self, instant: datetime) -> str:
        """`2026-01-31 14:05` at the lot."""
        zone, label = self._zone()
        return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M") + label

    def amount(self, minor: int, currency: str) -> str:
        """`¥12.50`; a currency without a symbol here keeps its code."""
        symbol = SYMBOLS.get(currency)
        if symbol is None:
            return str(Money(minor, currency))
        number = str(Money(abs(minor), currency)).removesuffix(f" {currency}")
        return f"{'−' if minor < 0 else ''}{symbol}{number}"

    def distance(self, metres: int) -> str:
        return f"{metres} m" if metres < 1000 else f"{metres / 1000:.1f} km"

    def duration(self, start: datetime, end: datetime) -> str:
        """How long, in days, hours and minutes, a started minute counted whole as the fee does."""
        total = -(-int((end - start).total_seconds()) // 60)
        days, rest = divmod(total, 24 * 60)
        hours, minutes = divmod(rest, 60)
        key = "duration" if days else "duration_hours" if hours else "duration_minutes"
        return self.say(key, days=days, hours=hours, minutes=minutes)

    def steps(self, steps: list[QuoteStep] | tuple[QuoteStep, ...], currency: str) -> list[Line]:
        """Each step of a fee; days are named where there is more than one."""
        several = any(step.day for step in steps)
        zone = self._zone()[0].key

        def amount(minor: int) -> str:
            return self.amount(minor, currency)

        return [Line(explain(step, self.language, zone, amount, several), amount(step.amount)) for step in steps]

    def _zone(self) -> tuple[ZoneInfo, str]:
        """The lot's zone; UTC, which then says so, where there is no lot or its zone is not known here."""
        try:
            return ZoneInfo(self.zone), "" if self.zone != UTC else " UTC"
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(UTC), " UTC"
