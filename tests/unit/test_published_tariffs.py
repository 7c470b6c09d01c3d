"""Price lists of real car parks, as our TOML, charge what their operators publish."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lot_server.domain.coupon import Coupon
from lot_server.domain.quote import Circumstances, fee
from lot_server.domain.tariff import Tariff
from lot_server.tariff_config import tariffs_of

FILES = sorted((Path(__file__).parents[1] / "golden").glob("published_*.toml"))
ENTERED = datetime(2026, 3, 2, 9)  # noqa: DTZ001


def coupon(kind: str, value: int) -> Circumstances:
    given = Coupon("1", "stay", "shop", "minutes" if kind == "minutes" else "amount", value, "", ENTERED.astimezone())
    return Circumstances(coupons=(given,))


FACTS = {
    "plain": Circumstances(),
    "blue": Circumstances("blue"),
    "black": Circumstances("black"),
    "yellow": Circumstances("yellow"),
    "lost": Circumstances(ticket_lost=True),
    "stamped": coupon("minutes", 60),
    "shop": coupon("amount", 100),
}


def tariff_of(golden: dict[str, Any]) -> Tariff:
    lot = golden["lot"]
    (tariff,) = tariffs_of([("[[tariffs]]", golden["tariffs"][0])], Path(), lot["currency"], lot["time_zone"])
    return tariff


def rows() -> Iterator[Any]:
    for file in FILES:
        golden = tomllib.loads(file.read_text(encoding="utf-8"))
        tariff, zone = tariff_of(golden), ZoneInfo(golden["lot"]["time_zone"])
        begins = ENTERED.replace(tzinfo=zone)
        for who, table in golden.get("fees", {}).items():
            for minutes, amount in table.items():
                at = begins + timedelta(minutes=int(minutes))
                yield pytest.param(tariff, begins, at, FACTS[who], amount, id=f"{file.stem}-{who}-{minutes}")
        for starts, table in golden.get("stays", {}).items():
            for ends, amount in table.items():
                entered_at, at = (datetime.fromisoformat(each).replace(tzinfo=zone) for each in (starts, ends))
                yield pytest.param(tariff, entered_at, at, Circumstances(), amount, id=f"{file.stem}-{starts}-{ends}")


def test_they_are_all_there() -> None:
    """Four car parks in three countries, each with its source."""
    assert len(FILES) == 4
    assert all("Published at https://" in file.read_text(encoding="utf-8") for file in FILES)


@pytest.mark.parametrize(("tariff", "entered_at", "at", "facts", "amount"), list(rows()))
def test_a_published_fee(tariff: Tariff, entered_at: datetime, at: datetime, facts: Circumstances, amount: int) -> None:
    """A stay costs what the operator's page says it does."""
    assert fee(tariff, entered_at, at, facts)[0] == amount
