"""What a stay owes: the golden tables, and what holds for every tariff, stay and payment."""

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.codec import from_body, to_body
from lot_server.domain.errors import BadTariff, CurrencyMismatch, NaiveTime, TimeBeforeEntry
from lot_server.domain.money import Money
from lot_server.domain.quote import fee, quote
from lot_server.domain.stay import Pass, Settlement
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.domain.weekly import DAY_MINUTES

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("tariff_*.toml"))
ENTERED = datetime(2026, 3, 2, 8, tzinfo=UTC)
CITY = Tariff(1, "CNY", ENTERED, 15, (RateLine(0, 60, 500),), 4000, 15, 10)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def paid(minor: int, after: float, reference: str = "o1", quoted_after: float | None = None) -> Settlement:
    at = ENTERED + minutes(after)
    quoted_at = at if quoted_after is None else ENTERED + minutes(quoted_after)
    return Settlement(f"s-{reference}", "stay", Money(minor, "CNY"), "sandbox", reference, quoted_at, at)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    starts = sorted({0, *draw(st.lists(st.integers(1, DAY_MINUTES - 1), max_size=4))})
    lines = tuple(RateLine(start, draw(st.integers(1, 600)), draw(st.integers(0, 2000))) for start in starts)
    cap = draw(st.none() | st.integers(0, 20_000))
    few = st.integers(0, 120)
    return Tariff(1, "CNY", ENTERED, draw(few), lines, cap, draw(few), draw(few))


stay_minutes = st.integers(0, 5 * DAY_MINUTES)
payments = st.lists(
    st.tuples(st.integers(0, 9000), st.integers(0, 3 * DAY_MINUTES)).map(lambda each: paid(each[0], each[1])),
    max_size=4,
)


@pytest.mark.parametrize(
    ("table", "length"),
    [(path, length) for path in GOLDEN for length in tomllib.loads(path.read_text())["fees"]],
    ids=lambda each: each.stem if isinstance(each, Path) else each,
)
def test_golden_fees(table: Path, length: str) -> None:
    """Fees are those that were worked out by hand from the price list."""
    golden = tomllib.loads(table.read_text())
    words = golden["tariff"]
    lines = tuple(RateLine(**line) for line in words["lines"])
    tariff = Tariff(1, words["currency"], ENTERED, words["free_minutes"], lines, words.get("daily_cap"), 0, 0)
    assert fee(tariff, ENTERED, ENTERED + minutes(int(length)))[0] == golden["fees"][length]


@given(tariffs(), stay_minutes, st.integers(0, 2 * DAY_MINUTES))
def test_a_longer_stay_never_costs_less(tariff: Tariff, length: int, more: int) -> None:
    """The fee is monotone in time."""
    assert (
        fee(tariff, ENTERED, ENTERED + minutes(length))[0] <= fee(tariff, ENTERED, ENTERED + minutes(length + more))[0]
    )


@given(tariffs(), stay_minutes)
def test_a_day_never_costs_more_than_its_cap(tariff: Tariff, length: int) -> None:
    """However long a stay, no day of it exceeds the daily cap."""
    amount, steps = fee(tariff, ENTERED, ENTERED + minutes(length))
    if tariff.daily_cap is not None:
        assert amount <= tariff.daily_cap * -(-length // DAY_MINUTES)
        for day in {step.day for step in steps}:
            assert sum(step.amount for step in steps if step.day == day) <= tariff.daily_cap


@given(tariffs(), stay_minutes, payments)
def test_the_steps_explain_every_unit(tariff: Tariff, length: int, taken: list[Settlement]) -> None:
    """The steps but those of money add up to the gross fee, all steps to what is due, all of it integers."""
    owed = quote(tariff, ENTERED, ENTERED + minutes(length), taken)
    assert sum(step.amount for step in owed.steps if step.kind not in ("paid", "overpaid")) == owed.gross.minor
    assert sum(step.amount for step in owed.steps) == owed.due.minor
    assert owed.overpaid.minor == sum(step.amount for step in owed.steps if step.kind == "overpaid")
    assert owed.due.minor == max(0, owed.gross.minor - owed.paid.minor)
    for step in owed.steps:
        assert {type(getattr(step, name)) for name in ("day", "count", "unit_minutes", "unit_price", "amount")} == {int}
        if step.kind == "blocks":
            assert step.amount == step.count * step.unit_price


@given(tariffs(), stay_minutes, payments)
def test_cloud_and_lot_agree(tariff: Tariff, length: int, taken: list[Settlement]) -> None:
    """A tariff and settlements that crossed the wire give the very same quote."""
    at = ENTERED + minutes(length)
    mirrored = from_body(Tariff, to_body(tariff))
    same = [from_body(Settlement, to_body(each)) for each in taken]
    assert quote(mirrored, ENTERED, at, same) == quote(tariff, ENTERED, at, taken)


@given(tariffs(), stay_minutes, st.integers(0, 600))
def test_paying_the_quote_opens_the_gate(tariff: Tariff, length: int, later: int) -> None:
    """Who pays what a quote says owes nothing at once, and nothing more until the grace is over."""
    at = ENTERED + minutes(length)
    due = quote(tariff, ENTERED, at).due
    settled = [paid(due.minor, length)]
    assert quote(tariff, ENTERED, at, settled).due.minor == 0
    owed = quote(tariff, ENTERED, at + minutes(later), settled)
    if later <= tariff.grace_minutes:
        assert (owed.due.minor, owed.leave_by) == (0, at + minutes(tariff.grace_minutes))
    else:
        assert owed.due.minor == fee(tariff, ENTERED, ENTERED + minutes(length + later))[0] - due.minor


@given(tariffs(), stay_minutes, payments)
def test_the_order_of_settlements_does_not_matter(tariff: Tariff, length: int, taken: list[Settlement]) -> None:
    """Settlements may arrive in any order."""
    at = ENTERED + minutes(length)
    forward, backward = (quote(tariff, ENTERED, at, each) for each in (taken, taken[::-1]))
    assert (forward.due, forward.leave_by) == (backward.due, backward.leave_by)


@given(tariffs(), stay_minutes, payments)
def test_a_pass_pays_for_the_stay(tariff: Tariff, length: int, taken: list[Settlement]) -> None:
    """A pass that covers the entry makes the whole stay free."""
    parking_pass = Pass("p", "A1", "staff", ENTERED - minutes(1), ENTERED + minutes(1))
    owed = quote(tariff, ENTERED, ENTERED + minutes(length), taken, parking_pass)
    assert (owed.gross.minor, owed.due.minor, owed.steps[0].kind) == (0, 0, "pass")


def test_a_pass_that_begins_after_the_entry_does_not_count() -> None:
    """A pass must be valid when the vehicle came in."""
    late = Pass("p", "A1", "monthly", ENTERED + minutes(1), ENTERED + minutes(9999))
    assert quote(CITY, ENTERED, ENTERED + minutes(61), (), late).due == Money(1000, "CNY")


def test_after_the_grace_the_rest_is_due() -> None:
    """A vehicle that dawdles past its grace pays the difference to the whole fee, not a new fee."""
    settled = [paid(500, 50)]
    assert quote(CITY, ENTERED, ENTERED + minutes(65), settled).due.minor == 0
    assert quote(CITY, ENTERED, ENTERED + minutes(66), settled).due.minor == 500


def test_a_quote_is_honoured_although_the_money_came_later() -> None:
    """A payment made for a quote settles the stay even if the next hour began before the money arrived."""
    settled = [paid(500, 61, quoted_after=59)]
    owed = quote(CITY, ENTERED, ENTERED + minutes(62), settled)
    assert (owed.due.minor, owed.leave_by) == (0, ENTERED + minutes(76))


def test_paying_too_little_leaves_the_rest() -> None:
    """A settlement below the fee opens no grace."""
    owed = quote(CITY, ENTERED, ENTERED + minutes(61), [paid(400, 60)])
    assert (owed.due.minor, owed.leave_by) == (600, None)


@pytest.mark.parametrize(("seconds", "blocks"), [(0, 0), (1, 1), (59.999999, 1), (60, 1), (60.000001, 2), (120, 2)])
def test_a_started_block_counts_whole(seconds: float, blocks: int) -> None:
    """Blocks are rounded up, to the microsecond."""
    by_minute = Tariff(1, "CNY", ENTERED, 0, (RateLine(0, 1, 10),), None, 0, 0)
    assert fee(by_minute, ENTERED, ENTERED + timedelta(seconds=seconds))[0] == 10 * blocks


def test_zones_do_not_change_the_fee() -> None:
    """The same instants written in other zones cost the same, also across a change of summer time."""
    shanghai = timezone(timedelta(hours=8))
    at = ENTERED + minutes(61)
    assert quote(CITY, ENTERED.astimezone(shanghai), at).due == quote(CITY, ENTERED, at.astimezone(shanghai)).due


def test_a_stay_cannot_be_priced_before_it_began() -> None:
    """An instant before the entry is an error that points at the clocks, not a free stay."""
    with pytest.raises(TimeBeforeEntry, match="clocks"):
        quote(CITY, ENTERED, ENTERED - minutes(1))


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive time is an error, not a guess."""
    with pytest.raises(NaiveTime):
        quote(CITY, ENTERED.replace(tzinfo=None), ENTERED)


def test_money_of_another_currency_is_refused() -> None:
    """A settlement in another currency is an error, not an amount."""
    other = Settlement("s", "stay", Money(500, "EUR"), "sandbox", "o", ENTERED, ENTERED)
    with pytest.raises(CurrencyMismatch):
        quote(CITY, ENTERED, ENTERED, [other])


@pytest.mark.parametrize(
    "words",
    [
        pytest.param({"lines": ()}, id="no line"),
        pytest.param({"lines": (RateLine(1, 60, 5),)}, id="first line starts late"),
        pytest.param({"lines": (RateLine(0, 0, 5),)}, id="empty block"),
        pytest.param({"lines": (RateLine(0, 60, -5),)}, id="negative price"),
        pytest.param({"lines": (RateLine(0, 60, 5), RateLine(0, 30, 5))}, id="two lines at once"),
        pytest.param({"lines": (RateLine(0, 60, 5), RateLine(1440, 30, 5))}, id="line after the day"),
        pytest.param({"daily_cap": -1}, id="negative cap"),
        pytest.param({"free_minutes": -1}, id="negative free minutes"),
        pytest.param({"grace_minutes": -1}, id="negative grace"),
        pytest.param({"quote_minutes": -1}, id="negative quote"),
    ],
)
def test_a_tariff_that_contradicts_itself_is_refused(words: dict[str, object]) -> None:
    """A price list nobody could follow is refused when it is made."""
    with pytest.raises(BadTariff):
        from_body(Tariff, to_body(CITY) | {name: _plain(value) for name, value in words.items()})


def _plain(value: object) -> object:
    return [to_body(line) for line in value] if isinstance(value, tuple) else value
