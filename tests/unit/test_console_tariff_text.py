"""A price list as text: what is written reads back as the same list, and what is wrong is named."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lot_server.console.tariff_text import preview, read_tariff, write_tariff
from lot_server.domain.events import LotDescribed
from lot_server.domain.tariff import ClassRate, RateLine, Rounding, Tariff, Window
from lot_server.errors import BadConfig
from lot_server.tariff_config import tariffs_of

FACTS = LotDescribed("Lot", "1 Road", 0, 0, 10, 10, "Europe/Berlin", "EUR")
GOLDEN = Path(__file__).parent.parent / "golden"
FULL = Tariff(
    version=3,
    currency="EUR",
    valid_from=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    free_minutes=10,
    lines=(RateLine(0, 30, 100), RateLine(60, 60, 150)),
    daily_cap=2000,
    grace_minutes=15,
    quote_minutes=10,
    valid_until=datetime(2027, 3, 1, tzinfo=UTC),
    time_zone="Europe/Berlin",
    visit_price=50,
    windows=(Window('night "late"', "22:00", "06:00", (RateLine(0, 60, 50),), ("mon", "tue"), 300),),
    restart="midnight",
    window_end="finish",
    calendar_day_cap=2500,
    classes=(ClassRate("new energy", ("green",), percent_off=10),),
    minimum=50,
    rounding=Rounding(50, "nearest"),
    lost_ticket=3000,
)


def published(name: str) -> Tariff:
    """A price list of a real car park."""
    found = tomllib.loads((GOLDEN / name).read_text(encoding="utf-8"))
    (tariff,) = tariffs_of([("x", found["tariffs"][0])], GOLDEN, found["lot"]["currency"], found["lot"]["time_zone"])
    return tariff


@pytest.mark.parametrize(
    "tariff", [FULL, *map(published, sorted(each.name for each in GOLDEN.glob("published_*.toml")))]
)
def test_what_is_written_reads_back(tariff: Tariff) -> None:
    """Every key of a list survives; version and currency are the lot's to give."""
    text = write_tariff(tariff)
    facts = replace(FACTS, currency=tariff.currency)
    assert read_tariff(text, tariff.version, facts) == tariff
    assert "version" not in tomllib.loads(text)
    assert read_tariff(text, 9, facts) == replace(tariff, version=9)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("free_minutes = ", "this is not TOML"),
        ("version = 2", "leave out version"),
        ('currency = "USD"', "leave out currency"),
        ("free_minuets = 3", "no key 'free_minuets'"),
        ("free_minutes = 3", "is missing"),
        (write_tariff(FULL).replace("free_minutes = 10", "free_minutes = -1"), "cannot be negative"),
    ],
)
def test_what_is_wrong_is_named(text: str, complaint: str) -> None:
    """The administrator is told which key to change."""
    with pytest.raises(BadConfig, match=complaint):
        read_tariff(text, 2, FACTS)


def test_a_preview_prices_stays_for_each_class() -> None:
    """Fees of rising lengths never fall, and a class with a discount pays no more."""
    rows = preview(FULL, datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert rows[0][0] == timedelta(minutes=15)
    plain, green = zip(*(fees for _, fees in rows), strict=True)
    assert list(plain) == sorted(plain)
    assert all(less <= more for less, more in zip(green, plain, strict=True))
