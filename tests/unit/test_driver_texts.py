"""The drivers' pages say the same in every language, and amounts and times as a driver reads them."""

import re
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from api.driver_page.texts import TEXTS, language_of
from api.driver_page.wording import Wording
from lot_server.domain.fee_step import QuoteStep, StepKind
from lot_server.domain.fee_words import STEP_WORDS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_languages_say_the_same_things():
    """Each text exists in each language, with the same blanks to fill."""
    blanks = {
        language: {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in texts.items()}
        for language, texts in TEXTS.items()
    }
    assert blanks["en"] == blanks["zh"]


def test_every_step_says_the_same_in_each_language():
    """Each kind of step has a sentence in each language, with the same blanks to fill."""
    blanks = {
        language: {kind: sorted(re.findall(r"{(\w+)}", text)) for kind, text in words.items()}
        for language, words in STEP_WORDS.items()
    }
    assert blanks["en"] == blanks["zh"]
    assert set(blanks["en"]) == set(get_args(StepKind))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_of_step_has_words(language):
    """No step of a fee is left without words, and days are named only where there are several."""
    steps = [QuoteStep(kind, day, 2, 60, 500, 1000) for kind in get_args(StepKind) for day in (0, 1)]
    lines = Wording(language).steps(steps, "CNY")
    assert all(line.text for line in lines)
    days = {"en": "Day 2", "zh": "第 2 天"}
    assert any(days[language] in line.text for line in lines)
    (single,) = Wording(language).steps([QuoteStep("blocks", 0, 2, 30, 500, 1000)], "CNY")
    assert days[language][:2] not in single.text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1250, "CNY", "¥12.50"), (-5, "EUR", "−€0.05"), (100000, "USD", "$1000.00"), (700, "CHF", "7.00 CHF")],
)
def test_amounts(minor, currency, text):
    """Amounts show their currency's sign, or its code where there is none."""
    assert Wording("en").amount(minor, currency) == text


def test_times_are_the_lots():
    """A time is the lot's, with its date when that is another day, and says UTC where the zone is not known."""
    late = NOON + timedelta(hours=5)
    assert Wording("en", "Asia/Shanghai").time(NOON, NOON) == "20:00"
    assert Wording("en", "Asia/Shanghai").time(late, NOON) == "2026-03-03 01:00"
    assert Wording("en", "Mars/Crater").time(NOON, NOON) == "12:00 UTC"
    assert Wording("en", "../etc").time(NOON, NOON) == "12:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 min"), (61, "2 min"), (3600, "1 h 0 min"), (90000, "1 d 1 h 0 min")]
)
def test_durations(seconds, text):
    """A started minute counts whole, as in the fee."""
    assert Wording("en").duration(NOON, NOON + timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "fr-FR, zh;q=0.5", "zh"),
        ("en", "zh", "en"),
        ("xx", "zh", "zh"),
    ],
)
def test_the_language_is_the_drivers(chosen, accepted, language):
    """A choice counts first, then the browser's languages in their order, then English."""
    assert language_of(chosen, accepted) == language
