"""The price list of a lot, and what a stay owes at an instant.

The cloud prices with this same `quote()`, so that a phone and a gate never disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from lot_server.domain.clock import to_text, utc
from lot_server.domain.errors import BadTariff, TimeBeforeEntry
from lot_server.domain.money import Money
from lot_server.domain.stay import Pass, Settlement

DAY_MINUTES = 24 * 60
StepKind = Literal["free", "blocks", "cap", "pass", "paid", "grace"]


@dataclass(frozen=True, slots=True)
class RateLine:
    """From `start_minute` of a stay's day on, every started block of `block_minutes` costs `price` minor units."""

    start_minute: int
    block_minutes: int
    price: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """A versioned price list.

    A stay is cut into days of 24 hours from its entry; each is priced by `lines` from their first minute and costs
    at most `daily_cap`. A stay of at most `free_minutes` costs nothing; a longer one is charged from its entry.
    Once paid, a vehicle may leave for `grace_minutes` more. A quote is honoured for `quote_minutes`.
    Raises BadTariff when it contradicts itself.
    """

    version: int
    currency: str
    valid_from: datetime
    free_minutes: int
    lines: tuple[RateLine, ...]
    daily_cap: int | None
    grace_minutes: int
    quote_minutes: int

    def __post_init__(self) -> None:
        utc(self.valid_from)
        if not self.lines or self.lines[0].start_minute != 0:
            raise BadTariff("the first rate line must start at minute 0")
        if any(line.block_minutes <= 0 or line.price < 0 for line in self.lines):
            raise BadTariff("a rate line needs a block of at least one minute and a price of at least 0")
        starts = [line.start_minute for line in self.lines]
        if starts != sorted(set(starts)) or starts[-1] >= DAY_MINUTES:
            raise BadTariff("rate lines must start later and later, all within the first 24 hours")
        if min(self.free_minutes, self.grace_minutes, self.quote_minutes) < 0:
            raise BadTariff("minutes cannot be negative")
        if self.daily_cap is not None and self.daily_cap < 0:
            raise BadTariff("a daily cap cannot be negative")


@dataclass(frozen=True, slots=True)
class QuoteStep:
    """One step of a fee: `count` blocks of `unit_minutes` at `unit_price`, on day `day` (from 0), adding `amount`."""

    kind: StepKind
    day: int
    count: int
    unit_minutes: int
    unit_price: int
    amount: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a stay owes at `at`: `due` = `gross` - `paid`, never below 0, with the steps that led there.

    `leave_by` is the end of the grace after payment, None while something is due or nothing was ever owed.
    `honoured_until` is how long a payment of `due` settles the stay.
    """

    entered_at: datetime
    at: datetime
    tariff_version: int
    gross: Money
    paid: Money
    due: Money
    leave_by: datetime | None
    honoured_until: datetime
    steps: tuple[QuoteStep, ...]


def started_minutes(entered_at: datetime, at: datetime) -> int:
    """Minutes of a stay, a started minute counted whole. Raises TimeBeforeEntry."""
    elapsed = utc(at) - utc(entered_at)
    if elapsed < timedelta():
        raise TimeBeforeEntry(
            f"the stay began at {to_text(entered_at)}, after {to_text(at)}: check the clocks of camera and server"
        )
    return -(-elapsed // timedelta(minutes=1))


def fee(tariff: Tariff, minutes: int) -> tuple[int, tuple[QuoteStep, ...]]:
    """Minor units for a stay of whole `minutes`, and the steps. Never falls as minutes grow."""
    if minutes <= tariff.free_minutes:
        return 0, (QuoteStep("free", 0, 1, tariff.free_minutes, 0, 0),)
    steps: list[QuoteStep] = []
    total = 0
    for day, start in enumerate(range(0, minutes, DAY_MINUTES)):
        amount = 0
        length = min(minutes - start, DAY_MINUTES)
        for index, line in enumerate(tariff.lines):
            end = tariff.lines[index + 1].start_minute if index + 1 < len(tariff.lines) else DAY_MINUTES
            span = min(length, end) - line.start_minute
            if span <= 0:
                break
            blocks = -(-span // line.block_minutes)
            amount += blocks * line.price
            steps.append(QuoteStep("blocks", day, blocks, line.block_minutes, line.price, blocks * line.price))
        if tariff.daily_cap is not None and amount > tariff.daily_cap:
            steps.append(QuoteStep("cap", day, 1, DAY_MINUTES, tariff.daily_cap, tariff.daily_cap - amount))
            amount = tariff.daily_cap
        total += amount
    return total, tuple(steps)


def quote(
    tariff: Tariff,
    entered_at: datetime,
    at: datetime,
    settlements: Iterable[Settlement] = (),
    parking_pass: Pass | None = None,
) -> Quote:
    """What a stay owes at an instant.

    A settlement that brought the money taken up to the fee at its `quoted_at` opens a grace: until `settled_at` plus
    `grace_minutes` nothing more is due. A pass that covers the entry makes the stay free.
    Raises TimeBeforeEntry, NaiveTime, CurrencyMismatch.
    """
    zero = Money(0, tariff.currency)
    taken = sorted(settlements, key=lambda each: each.settled_at)
    paid = sum((each.amount for each in taken), zero)
    honoured_until = at + timedelta(minutes=tariff.quote_minutes)
    minutes = started_minutes(entered_at, at)
    if parking_pass is not None and parking_pass.covers(entered_at):
        free = (QuoteStep("pass", 0, 1, minutes, 0, 0),)
        return Quote(entered_at, at, tariff.version, zero, paid, zero, None, honoured_until, free)
    amount, blocks = fee(tariff, minutes)
    steps = list(blocks)
    leave_by = _leave_by(tariff, entered_at, taken)
    if leave_by is not None and at <= leave_by:
        gross = min(Money(amount, tariff.currency), paid, key=lambda money: money.minor)
        waived = amount - gross.minor
        if waived:
            steps.append(QuoteStep("grace", 0, 1, tariff.grace_minutes, 0, -waived))
    else:
        gross, leave_by = Money(amount, tariff.currency), None
    due = Money(max(0, gross.minor - paid.minor), tariff.currency)
    if paid.minor:
        steps.append(QuoteStep("paid", 0, len(taken), 0, 0, -paid.minor))
    return Quote(entered_at, at, tariff.version, gross, paid, due, leave_by, honoured_until, tuple(steps))


def _leave_by(tariff: Tariff, entered_at: datetime, taken: list[Settlement]) -> datetime | None:
    """The end of the latest grace that a settlement opened, or None."""
    latest = None
    sum_minor = 0
    for each in taken:
        sum_minor += each.amount.minor
        owed, _ = fee(tariff, started_minutes(entered_at, max(entered_at, each.quoted_at)))
        if sum_minor >= owed:
            latest = each.settled_at + timedelta(minutes=tariff.grace_minutes)
    return latest
