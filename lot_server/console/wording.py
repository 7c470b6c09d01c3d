"""Texts, amounts and times as the console's people read them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lot_server.console.texts.en import TEXTS as ENGLISH
from lot_server.console.texts.en_money import TEXTS as ENGLISH_MONEY
from lot_server.console.texts.running_en import TEXTS as ENGLISH_RUNNING
from lot_server.console.texts.running_zh import TEXTS as CHINESE_RUNNING
from lot_server.console.texts.zh import TEXTS as CHINESE
from lot_server.console.texts.zh_money import TEXTS as CHINESE_MONEY
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.fee_words import FeeLanguage, between, explain
from lot_server.domain.money import Money
from lot_server.errors import TooManySignIns

Language = FeeLanguage
TEXTS: dict[Language, dict[str, str]] = {
    "en": ENGLISH | ENGLISH_RUNNING | ENGLISH_MONEY,
    "zh": CHINESE | CHINESE_RUNNING | CHINESE_MONEY,
}
SYMBOLS = {"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£", "BRL": "R$"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill; `when` is None where it is not about a span of time."""

    text: str
    when: str | None
    amount: str


@dataclass(frozen=True, slots=True)
class Wording:
    """One language, at one lot's local time and in its currency."""

    language: Language
    zone: str = "UTC"
    currency: str = ""

    def say(self, key: str, **values: object) -> str:
        return TEXTS[self.language][key].format(**values)

    def name(self, kind: str, code: str) -> str:
        """The words for a code of some kind; a code that came after this console is shown as it is.

        What is wrong with a ticket or a receipt reads alike on a display, in an alert and as a problem.
        """
        texts = TEXTS[self.language]
        return texts.get(f"{kind}_{code}") or texts.get(f"notice_{code}", code.replace("_", " "))

    def problem(self, error: Exception) -> str:
        """What a refusal means; its own words where there are no others."""
        texts, code = TEXTS[self.language], getattr(error, "code", "")
        text = texts.get(f"problem_{code}") or texts.get(f"notice_{code}")
        wait_s = error.wait_s if isinstance(error, TooManySignIns) else 0
        return str(error) if text is None else text.format(wait_s=wait_s)

    def clock(self, instant: datetime) -> str:
        """`14:05`"""
        return self.local(instant).strftime("%H:%M")

    def time(self, instant: datetime, today: datetime) -> str:
        """`14:05`, with the date where that is not today's."""
        same_day = self.local(instant).date() == self.local(today).date()
        return self.clock(instant) if same_day else self.date_and_time(instant)

    def date_and_time(self, instant: datetime) -> str:
        """`2026-01-31 14:05`"""
        return self.local(instant).strftime("%Y-%m-%d %H:%M")

    def amount(self, minor: int) -> str:
        """`¥12.50`; a currency without a symbol here keeps its code."""
        symbol = SYMBOLS.get(self.currency)
        if symbol is None:
            return str(Money(minor, self.currency))
        number = str(Money(abs(minor), self.currency)).removesuffix(f" {self.currency}")
        return f"{'−' if minor < 0 else ''}{symbol}{number}"

    def decimal(self, minor: int) -> str:
        """`12.50`, as an amount is typed."""
        return str(Money(minor, "")).strip()

    def worth(self, kind: str, value: int) -> str:
        """What a coupon gives: `60 min`, `¥5.00`, `20 %`, or the words for all of it."""
        texts = {"minutes": self.span(timedelta(minutes=value)), "amount": self.amount(value), "percent": f"{value} %"}
        return texts.get(kind) or self.name("coupon", kind)

    def span(self, span: timedelta) -> str:
        """How long, in days, hours and minutes, a started minute counted whole as the fee does."""
        hours, minutes = divmod(-(-int(span.total_seconds()) // 60), 60)
        days, hours = divmod(hours, 24)
        counts = {"span_days": days, "span_hours": hours, "span_minutes": minutes}
        told = [self.say(key, count=count) for key, count in counts.items() if count]
        return " ".join(told) or self.say("span_minutes", count=0)

    def bill(self, steps: Iterable[QuoteStep]) -> list[Line]:
        """Each step of a fee; days are named where there is more than one."""
        listed = list(steps)
        several = any(step.day for step in listed)
        return [
            Line(
                explain(step, self.language, self.zone, self.amount, several),
                between(step, self.zone),
                self.amount(step.amount),
            )
            for step in listed
        ]

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.zone))


def language_of(chosen: str | None, accepted: str) -> Language:
    """The language that was chosen, or else the first of the browser's that the console speaks."""
    for tag in (chosen or "", *accepted.split(",")):
        name = tag.strip().lower()[:2]
        if name == "zh":
            return "zh"
        if name == "en":
            return "en"
    return "en"
