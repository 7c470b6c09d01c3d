"""The console says the same in each language, and has words for every code that the lot's parts use."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

import lot_server.console.pages as pages
from lot_server.console.wording import TEXTS, Wording, language_of
from lot_server.domain.account import Role
from lot_server.domain.audit import AuditAction
from lot_server.domain.clock_trust import DoubtReason
from lot_server.domain.coupon import CouponKind
from lot_server.domain.events import EntryDecision, EntryRefusal, ExitDecision
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.lane import LaneState
from lot_server.domain.occupancy import StrayCause
from lot_server.domain.plate import PlateColor
from lot_server.domain.shift import AT_DESK
from lot_server.domain.stay import OrphanCause, PassageState, PassKind, StayState
from lot_server.domain.vehicle import VehicleClass
from lot_server.ports import MessageCode, NoticeCode

TEMPLATES = Path(pages.__file__).parent / "templates"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CODES: dict[str, tuple[str, ...]] = {
    "role": get_args(Role),
    "action": get_args(AuditAction),
    "coupon": get_args(CouponKind),
    "decision": (*get_args(EntryDecision), *get_args(ExitDecision), *get_args(EntryRefusal)),
    "state": tuple(LaneState),
    "message": get_args(MessageCode),
    "provider": AT_DESK,
    "color": get_args(PlateColor),
    "notice": get_args(NoticeCode),
    "passage": get_args(PassageState),
    "vehicle": get_args(VehicleClass),
    "stay": get_args(StayState),
    "doubt": get_args(DoubtReason),
    "passkind": get_args(PassKind),
    "orphan": get_args(OrphanCause),
    "stray": get_args(StrayCause),
}
GROUPS = ("where", "sort", "tile", "list", "import")
"""Texts whose keys a page puts together from a list of its own."""


def test_languages_say_the_same_things() -> None:
    """Each text exists in each language, with the same blanks to fill."""
    blanks = {
        language: {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in texts.items()}
        for language, texts in TEXTS.items()
    }
    assert blanks["en"] == blanks["zh"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", sorted(CODES))
def test_every_code_has_words(language: str, kind: str) -> None:
    """No code of the lot is shown as it is."""
    assert [code for code in CODES[kind] if f"{kind}_{code}" not in TEXTS[language]] == []


def test_templates_say_what_there_is_and_all_of_it() -> None:
    """Each text that a page asks for exists, and none exists that no page asks for."""
    source = "".join(file.read_text(encoding="utf-8") for file in TEMPLATES.glob("*.html"))
    asked = {key for key in re.findall(r'say\(["\']([a-z_]+)["\']', source) if not key.endswith("_")}
    assert asked - TEXTS["en"].keys() == set()
    quoted = set(re.findall(r'"([a-z_]+)"', source))
    made = tuple(f"{kind}_" for kind in (*CODES, "alert", "problem", "reason", "who", "direction", "span", *GROUPS))
    assert [key for key in TEXTS["en"] if key not in asked | quoted and not key.startswith(made)] == []


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1250, "CNY", "¥12.50"), (-5, "EUR", "−€0.05"), (100000, "USD", "$1000.00"), (700, "CHF", "7.00 CHF")],
)
def test_amounts(minor: int, currency: str, text: str) -> None:
    """Amounts show their currency's sign, or its code where there is none."""
    assert Wording("en", "UTC", currency).amount(minor) == text


@pytest.mark.parametrize(
    ("minutes", "english", "chinese"),
    [
        (0, "0 min", "0 分钟"),
        (59, "59 min", "59 分钟"),
        (60, "1 h", "1 小时"),
        (1530, "1 d 1 h 30 min", "1 天 1 小时 30 分钟"),
    ],
)
def test_spans(minutes: int, english: str, chinese: str) -> None:
    """A span says its days, hours and minutes, and leaves out what is none."""
    span = timedelta(minutes=minutes)
    assert (Wording("en").span(span), Wording("zh").span(span)) == (english, chinese)
    assert Wording("en").span(span + timedelta(seconds=1)) != english


def test_times_are_the_lots() -> None:
    """A time is the lot's, with its date when that is another day there."""
    words = Wording("en", "Asia/Shanghai")
    assert words.time(NOON, NOON) == "20:00"
    assert words.time(NOON + timedelta(hours=5), NOON) == "2026-03-03 01:00"


def test_a_bill_says_when_and_how_much() -> None:
    """Blocks carry the time they ran by the lot's clock; days are named where there are several."""
    step = QuoteStep("blocks", 0, 2, 60, 500, 1000, None, NOON, NOON + timedelta(hours=2))
    (line,) = Wording("en", "Asia/Shanghai", "CNY").bill([step])
    assert (line.text, line.when, line.amount) == ("2 × 1 h at ¥5.00", "2026-03-02 20:00 – 22:00", "¥10.00")


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "zh-CN,en;q=0.8", "zh"),
        (None, "fr, zh;q=0.5", "zh"),
        ("en", "zh", "en"),
        ("x", "zh", "zh"),
    ],
)
def test_the_language_is_the_visitors(chosen: str | None, accepted: str, language: str) -> None:
    """A choice counts first, then the browser's languages in their order, then English."""
    assert language_of(chosen, accepted) == language
