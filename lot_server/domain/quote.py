"""What a stay owes at an instant, with every step that led there.

The cloud prices with this same `quote()`, so that a phone and a gate never disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lot_server.domain.charge import charges
from lot_server.domain.clock import to_text, utc
from lot_server.domain.coupon import Coupon
from lot_server.domain.errors import TimeBeforeEntry
from lot_server.domain.fee_step import QuoteStep, StepKind
from lot_server.domain.money import Money
from lot_server.domain.plate import PlateColor
from lot_server.domain.refund import Refund, left_of
from lot_server.domain.stay import Pass, Settlement
from lot_server.domain.tariff import ClassRate, Rounding, Tariff
from lot_server.domain.vehicle import VehicleClass


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What lowers or raises a stay's fee beside its time: its plate's colour, a lost ticket, coupons in any order, and
    the kind of vehicle, which counts before the colour.

    `pass_since` is when a pass took over a stay that had begun as a visitor's; `allowed` stays cost nothing.
    """

    plate_color: PlateColor | None = None
    ticket_lost: bool = False
    coupons: tuple[Coupon, ...] = ()
    vehicle: VehicleClass | None = None
    pass_since: datetime | None = None
    allowed: bool = False


PLAIN = Circumstances()


@dataclass(frozen=True, slots=True)
class Quote:
    """What a stay owes at `at`: `due` = `gross` - `paid` - what was forgiven, never below 0, with the steps there.

    `paid` is what was taken less what was given back. `leave_by` is the end of the grace after payment, None while
    something is due or nothing was ever owed. `honoured_until` is how long a payment of `due` settles the stay.
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

    @property
    def overpaid(self) -> Money:
        """What should be given back, as far as it is known at `at`."""
        return Money(max(0, self.paid.minor - self.gross.minor), self.paid.currency)


def fee(
    tariff: Tariff, entered_at: datetime, at: datetime, facts: Circumstances = PLAIN
) -> tuple[int, tuple[QuoteStep, ...]]:
    """Minor units for a stay from `entered_at` to `at`, and the steps, which add up to them.

    Never falls as `at` grows. Raises TimeBeforeEntry, NaiveTime.
    """
    entered_at, at = utc(entered_at), utc(at)
    if at < entered_at:
        raise TimeBeforeEntry(
            f"the stay began at {to_text(entered_at)}, after {to_text(at)}: check the clocks of camera and server"
        )
    own = tariff.class_of(facts.plate_color, facts.vehicle)
    steps = _time_steps(tariff, own, facts, entered_at, at)
    amount = sum(step.amount for step in steps)
    for step in _adjustments(tariff, own, facts, amount):
        amount += step.amount
        steps.append(step)
    return amount, tuple(steps)


def quote(
    tariff: Tariff,
    entered_at: datetime,
    at: datetime,
    settlements: Iterable[Settlement] = (),
    parking_pass: Pass | None = None,
    facts: Circumstances = PLAIN,
    refunds: Iterable[Refund] = (),
    forgiven_minor: int = 0,
) -> Quote:
    """What a stay owes at an instant; the steps add up to it.

    A settlement that brought the money taken, less what was given back of it since, up to the fee at its `quoted_at`
    opens a grace: until `settled_at` plus `grace_minutes` nothing more is due. A pass that covers the entry makes the
    stay free; one that took it over later ends what is charged there. A stay that is allowed is free.
    `forgiven_minor` is what nobody asks for any more.
    Raises TimeBeforeEntry, NaiveTime, CurrencyMismatch.
    """
    taken, back = list(settlements), list(refunds)
    kept = left_of(taken, back)
    zero = Money(0, tariff.currency)
    paid = sum((each.amount for each in kept), zero)
    honoured_until = at + timedelta(minutes=tariff.quote_minutes)
    charged_until = _charged_until(entered_at, at, parking_pass, facts)
    amount, fee_steps = fee(tariff, entered_at, min(at, charged_until or at), facts)
    steps, leave_by = list(fee_steps), None
    if facts.allowed or charged_until == entered_at:
        kind: StepKind = "allowed" if facts.allowed else "pass"
        steps, amount, forgiven_minor = [QuoteStep(kind, 0, 1, 0, 0, 0)], 0, 0
    else:
        if charged_until is not None:
            steps.append(QuoteStep("pass_from", 0, 1, 0, 0, 0, starts_at=charged_until))
        leave_by = _leave_by(tariff, entered_at, kept, facts, charged_until)
    if leave_by is not None and at <= leave_by:
        waived = max(0, amount - paid.minor)
        if waived:
            steps.append(QuoteStep("grace", 0, 1, tariff.grace_minutes, 0, -waived))
            amount -= waived
    elif leave_by is not None:
        if amount > paid.minor:
            ended = leave_by - timedelta(minutes=tariff.grace_minutes)
            steps.append(QuoteStep("grace_over", 0, 1, tariff.grace_minutes, 0, 0, None, ended, leave_by))
        leave_by = None
    gross = Money(amount, tariff.currency)
    forgiven = min(forgiven_minor, max(0, amount - paid.minor))
    due = Money(max(0, amount - paid.minor - forgiven), tariff.currency)
    steps += _money_steps(taken, back, forgiven, paid.minor - amount)
    return Quote(entered_at, at, tariff.version, gross, paid, due, leave_by, honoured_until, tuple(steps))


def _money_steps(taken: list[Settlement], back: list[Refund], forgiven: int, over: int) -> Iterable[QuoteStep]:
    """What was paid, given back, forgiven, and paid too much."""
    told: list[tuple[StepKind, int, int]] = [
        ("paid", len(taken), -sum(each.amount.minor for each in taken)),
        ("refunded", len(back), sum(each.amount.minor for each in back)),
        ("forgiven", 1, -forgiven),
        ("overpaid", 1, max(0, over)),
    ]
    return (QuoteStep(kind, 0, count, 0, 0, amount) for kind, count, amount in told if amount)


def _charged_until(
    entered_at: datetime, at: datetime, parking_pass: Pass | None, facts: Circumstances
) -> datetime | None:  # fmt: skip
    """From when on a pass covers the stay at `at`: the entry, or later; None where none does."""
    since = entered_at if facts.pass_since is None else max(entered_at, facts.pass_since)
    covered = parking_pass is not None and parking_pass.covers(since) and since <= at
    return since if covered else None


def _time_steps(
    tariff: Tariff, own: ClassRate | None, facts: Circumstances, entered_at: datetime, at: datetime
) -> list[QuoteStep]:
    free_minutes = tariff.free_minutes if own is None or own.free_minutes is None else own.free_minutes
    if at - entered_at <= timedelta(minutes=free_minutes):
        return [QuoteStep("free", 0, 1, free_minutes, 0, 0)]
    minutes = [each for each in _in_order(facts) if each.kind == "minutes"]
    givers = [own.name] if own is not None and own.waived_minutes else []
    waived = (own.waived_minutes if own is not None else 0) + sum(each.value for each in minutes)
    by = ", ".join([*givers, *(each.merchant for each in minutes)])
    return list(charges(tariff, tariff.rates(own), entered_at, at, timedelta(minutes=waived), by or None))


def _adjustments(tariff: Tariff, own: ClassRate | None, facts: Circumstances, amount: int) -> Iterable[QuoteStep]:
    """What follows the price of the time, in this order; `docs/tariffs.md` says why."""
    if own is not None and own.percent_off and amount:
        off = amount * own.percent_off // 100
        yield _change("class", -off, name=own.name, percent=own.percent_off)
        amount -= off
    if 0 < amount < tariff.minimum:
        yield _change("minimum", tariff.minimum - amount, price=tariff.minimum)
        amount = tariff.minimum
    rounded = _rounded(amount, tariff.rounding)
    if rounded != amount:
        yield _change("rounding", rounded - amount, price=tariff.rounding.unit)
        amount = rounded
    coupons = _in_order(facts)
    for coupon in (each for each in coupons if each.kind == "percent"):
        # Down to whole units, so that what is left is payable as the rounding wants it.
        off = amount * coupon.value // 100 // tariff.rounding.unit * tariff.rounding.unit
        yield _change("coupon_percent", -off, name=coupon.merchant, percent=coupon.value)
        amount -= off
    for coupon in (each for each in coupons if each.kind == "amount"):
        off = min(amount, coupon.value)
        yield _change("coupon_amount", -off, name=coupon.merchant, price=coupon.value)
        amount -= off
    for coupon in (each for each in coupons if each.kind == "full"):
        yield _change("coupon_full", -amount, name=coupon.merchant)
        amount = 0
    if facts.ticket_lost and tariff.lost_ticket is not None and tariff.lost_ticket > amount:
        yield _change("lost_ticket", tariff.lost_ticket - amount, price=tariff.lost_ticket)


def _change(
    kind: StepKind, amount: int, *, name: str | None = None, price: int = 0, percent: int = 0
) -> QuoteStep:  # fmt: skip
    return QuoteStep(kind, 0, 1, 0, price, amount, name, percent=percent)


def _rounded(amount: int, rounding: Rounding) -> int:
    unit = rounding.unit
    match rounding.mode:
        case "up":
            return -(-amount // unit) * unit
        case "down":
            return amount // unit * unit
        case "nearest":
            return (2 * amount + unit) // (2 * unit) * unit


def _in_order(facts: Circumstances) -> list[Coupon]:
    return sorted(facts.coupons, key=lambda each: (each.applied_at, each.coupon_id))


def _leave_by(
    tariff: Tariff,
    entered_at: datetime,
    taken: list[Settlement],
    facts: Circumstances,
    charged_until: datetime | None,
) -> datetime | None:
    """The end of the latest grace that a settlement opened, or None; `taken` is in the order of time."""
    latest = None
    sum_minor = 0
    for each in taken:
        sum_minor += each.amount.minor
        quoted_at = each.quoted_at if charged_until is None else min(each.quoted_at, charged_until)
        owed, _ = fee(tariff, entered_at, max(entered_at, quoted_at), facts)
        if sum_minor >= owed:
            latest = each.settled_at + timedelta(minutes=tariff.grace_minutes)
    return latest
