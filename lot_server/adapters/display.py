"""What a lane's display says, in the lot's languages."""

import asyncio
from collections.abc import Mapping, Sequence

from lot_server.adapters.notices import NOTICES
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.fee_words import FEE_LANGUAGES, FeeLanguage, explain
from lot_server.domain.money import Money
from lot_server.errors import BadConfig
from lot_server.ports import LaneMessage, MessageCode, NoticeCode

_ENGLISH: dict[MessageCode, str] = {
    "welcome": "Welcome",
    "reading": "One moment, please",
    "one_moment": "One moment, please",
    "please_enter": "Please drive in",
    "take_ticket": "Please photograph your ticket, then drive in",
    "lot_full": "Car park full",
    "no_admission": "No admission",
    "please_pay": "Please pay",
    "please_top_up": "Please pay the rest",
    "see_operator": "Please wait for the operator",
    "goodbye": "Goodbye, have a safe trip",
    "drive_on": "Please drive on",
    "out_of_order": "Out of order, please wait for the operator",
}
_CHINESE: dict[MessageCode, str] = {
    "welcome": "欢迎光临",
    "reading": "正在识别，请稍候",
    "one_moment": "请稍候",
    "please_enter": "请入场",
    "take_ticket": "请拍下停车券后入场",
    "lot_full": "车位已满",
    "no_admission": "禁止入场",
    "please_pay": "请缴费",
    "please_top_up": "请补缴余额",
    "see_operator": "请等候工作人员",
    "goodbye": "一路平安",
    "drive_on": "请向前行驶",
    "out_of_order": "设备故障，请等候工作人员",
}
_GERMAN: dict[MessageCode, str] = {
    "welcome": "Willkommen",
    "reading": "Einen Moment bitte",
    "one_moment": "Einen Moment bitte",
    "please_enter": "Bitte einfahren",
    "take_ticket": "Bitte Ticket fotografieren, dann einfahren",
    "lot_full": "Parkplatz besetzt",
    "no_admission": "Keine Einfahrt",
    "please_pay": "Bitte bezahlen",
    "please_top_up": "Bitte den Rest bezahlen",
    "see_operator": "Bitte auf das Personal warten",
    "goodbye": "Gute Fahrt",
    "drive_on": "Bitte weiterfahren",
    "out_of_order": "Störung, bitte auf das Personal warten",
}
_WORDS: Mapping[str, Mapping[MessageCode, str]] = {"en": _ENGLISH, "zh": _CHINESE, "de": _GERMAN}


class TextDisplay:
    """A display as lines of text: one a language, then plate or ticket, amount due, notice and the QR's content."""

    def __init__(self, languages: Sequence[str], zone: str = "UTC") -> None:
        """`zone` is the lot's. Raises BadConfig for a language that has no words here."""
        for language in languages:
            if language not in _WORDS:
                raise BadConfig(f"[lot] languages has {language!r}: displays speak {', '.join(_WORDS)}")
        self._zone = zone
        self._languages = tuple(dict.fromkeys(languages)) or ("en",)
        self.lines: tuple[str, ...] = ()
        self.message: LaneMessage | None = None
        self._changed = asyncio.Event()

    async def show(self, message: LaneMessage) -> None:
        """Replaces what is shown."""
        words = self.words(message.code).values()
        due = None if message.due is None else str(message.due)
        notices = () if message.notice is None else self.notices(message.notice).values()
        shown = (message.plate, message.ticket, due, *notices, message.qr)
        self.lines = (*words, *(line for line in shown if line))
        self.message = message
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def words(self, code: MessageCode) -> Mapping[str, str]:
        """What a message says, by language, in the lot's order."""
        return {language: _WORDS[language][code] for language in self._languages}

    def notices(self, code: NoticeCode) -> Mapping[str, str]:
        """What a notice says, by language, in the lot's order."""
        return {language: NOTICES[language][code] for language in self._languages}

    def why(self, message: LaneMessage) -> list[tuple[Mapping[FeeLanguage, str], str]]:
        """Each step to what is due: its sentence by language, and its amount.

        In the lot's languages that fees have words in, in English where they have none.
        """
        spoken = [each for each in FEE_LANGUAGES if each in self._languages] or ["en"]
        spoken.sort(key=lambda each: self._languages.index(each) if each in self._languages else 0)
        several = any(step.day for step in message.steps)

        def amount(minor: int) -> str:
            return str(Money(minor, message.due.currency)) if message.due else str(minor)

        def sentences(step: QuoteStep) -> Mapping[FeeLanguage, str]:
            return {language: explain(step, language, self._zone, amount, several) for language in spoken}

        return [(sentences(step), amount(step.amount)) for step in message.steps]

    async def next_message(self, seen: LaneMessage | None) -> LaneMessage:
        """What is shown as soon as it is not `seen`: the newest, where several came in between."""
        while self.message is None or self.message == seen:
            await self._changed.wait()
        return self.message
