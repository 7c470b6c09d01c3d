"""What holds for every price list, stay and circumstance, whatever rules meet."""

import json
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich_tariffs import BEGINNING, circumstances, clock, entries, lengths, tariffs

from lot_server.domain.codec import from_body, to_body
from lot_server.domain.coupon import Coupon
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.money import Money
from lot_server.domain.quote import Circumstances, fee, quote
from lot_server.domain.stay import Settlement
from lot_server.domain.tariff import RateLine, Rates, Tariff, Window
from lot_server.domain.weekly import EVERY_DAY, edge, local_date

DAY = timedelta(hours=24)


@given(tariffs(), entries, lengths, lengths, circumstances())
def test_a_longer_stay_never_costs_less(tariff, entered_at, length, more, facts) -> None:
    """The fee is monotone in time, through windows, days, changes of summer time and coupons."""
    short, _ = fee(tariff, entered_at, entered_at + length, facts)
    long, _ = fee(tariff, entered_at, entered_at + length + more, facts)
    assert 0 <= short <= long


def rates_of(tariff: Tariff, facts: Circumstances) -> Rates:
    return tariff.rates(tariff.class_of(facts.plate_color))


@given(tariffs(), entries, lengths, circumstances())
def test_no_cap_is_ever_exceeded(tariff, entered_at, length, facts) -> None:
    """What begins in a capped span of time adds up to the cap at most, and so does the whole fee over all spans."""
    at = entered_at + length
    amount, steps = fee(tariff, entered_at, at, facts)
    rates = rates_of(tariff, facts)
    days = -(-length // DAY) or 1
    lost = tariff.lost_ticket or 0 if facts.ticket_lost else 0
    if rates.daily_cap is not None:
        assert amount <= max(lost, rates.daily_cap * days)
        taken: dict[int, int] = {}
        for step in steps:
            if step.kind in ("visit", "blocks", "cap", "calendar_cap", "window_cap"):
                taken[step.day] = taken.get(step.day, 0) + step.amount
        # What another cap takes off, it takes off the day in which its own span began.
        if rates.calendar_day_cap is None and all(each.cap is None for each in rates.windows):
            assert all(each <= rates.daily_cap for each in taken.values())
    if rates.calendar_day_cap is not None and tariff.time_zone is not None:
        span = local_date(tariff.time_zone, at) - local_date(tariff.time_zone, entered_at)
        assert amount <= max(lost, rates.calendar_day_cap * (span.days + 1))
    for window in rates.windows:
        if window.cap is not None:
            _check_runs(window, steps)


def _check_runs(window: Window, steps: tuple[QuoteStep, ...]) -> None:
    """Each run of a window, its blocks and what its cap took off, costs at most the cap."""
    assert window.cap is not None
    for cut in (each for each in steps if each.kind == "window_cap" and each.name == window.name):
        assert cut.starts_at is not None
        assert cut.ends_at is not None
        inside = [
            each.amount
            for each in steps
            if each.kind in ("visit", "blocks")
            and each.starts_at is not None
            and cut.starts_at <= each.starts_at < cut.ends_at
        ]
        assert sum(inside) + cut.amount <= window.cap


@given(tariffs(), entries, lengths, circumstances())
def test_the_steps_explain_every_unit(tariff, entered_at, length, facts) -> None:
    """The steps add up to the fee, every value of them is a whole number, and blocks cover the whole stay."""
    at = entered_at + length
    amount, steps = fee(tariff, entered_at, at, facts)
    assert sum(step.amount for step in steps) == amount
    for step in steps:
        assert {type(step.count), type(step.unit_minutes), type(step.unit_price), type(step.amount)} == {int}
        if step.kind == "blocks":
            assert step.amount == step.count * step.unit_price
    blocks = [step for step in steps if step.kind in ("blocks", "waived")]
    if blocks:
        assert blocks[0].starts_at == entered_at
        assert all(one.ends_at == other.starts_at for one, other in pairwise(blocks))
        assert blocks[-1].starts_at < at <= blocks[-1].ends_at


@given(tariffs(), entries, lengths, circumstances())
def test_fees_are_whole_units_and_at_least_the_minimum(tariff, entered_at, length, facts) -> None:
    """Without coupons of amounts, a fee is a multiple of the rounding unit and, if charged, at least the minimum."""
    plain = Circumstances(facts.plate_color)
    amount, _ = fee(tariff, entered_at, entered_at + length, plain)
    assert amount % tariff.rounding.unit == 0
    assert amount == 0 or amount >= tariff.minimum


@given(tariffs(), entries, lengths, circumstances(), st.sampled_from(("minutes", "amount", "percent", "full")))
def test_a_coupon_never_makes_a_stay_dearer(tariff, entered_at, length, facts, kind) -> None:
    """One coupon more lowers the fee or leaves it."""
    more = Coupon("more", "stay", "shop", kind, 0 if kind == "full" else 30, "", BEGINNING)
    with_it = Circumstances(facts.plate_color, facts.ticket_lost, (*facts.coupons, more))
    at = entered_at + length
    assert fee(tariff, entered_at, at, with_it)[0] <= fee(tariff, entered_at, at, facts)[0]


@given(tariffs(), entries, lengths, circumstances())
def test_cloud_and_lot_quote_alike(tariff, entered_at, length, facts) -> None:
    """A price list and coupons that crossed the wire as JSON give the very same quote, step by step."""
    at = entered_at + length
    mirrored = from_body(Tariff, json.loads(json.dumps(to_body(tariff))))
    coupons = tuple(from_body(Coupon, json.loads(json.dumps(to_body(each)))) for each in facts.coupons[::-1])
    same = Circumstances(facts.plate_color, facts.ticket_lost, coupons)
    assert mirrored == tariff
    assert quote(mirrored, entered_at, at, facts=same) == quote(tariff, entered_at, at, facts=facts)


DIVISORS = st.sampled_from([each for each in range(1, 1441) if 1440 % each == 0])
shares = st.integers(0, 100)


@given(
    DIVISORS, st.integers(0, 2000), st.none() | st.integers(0, 20_000), entries, lengths, shares, st.integers(0, 500)
)
def test_splitting_a_stay_is_never_cheaper_at_one_rate(block, price, cap, entered_at, length, share, visit) -> None:
    """Where one rate holds at all times and nothing is free, driving out and in again never lowers what is paid."""
    tariff = Tariff(1, "CNY", BEGINNING, 0, (RateLine(0, block, price),), cap, 0, 0, visit_price=visit)
    at, between = entered_at + length, entered_at + length * share / 100
    whole, _ = fee(tariff, entered_at, at)
    assert fee(tariff, entered_at, between)[0] + fee(tariff, between, at)[0] >= whole


@st.composite
def flat_windows(draw: st.DrawFn) -> Tariff:
    """One rate a window of every day, a cap for each run and one for the calendar day."""
    edges = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=4)))
    spans = zip(edges, [*edges[1:], edges[0]], strict=True)
    line = st.builds(RateLine, st.just(0), st.integers(1, 600), st.integers(0, 2000)).map(lambda one: (one,))
    some_cap = st.none() | st.integers(0, 5000)
    found = tuple(
        Window(str(number), clock(starts), clock(ends), draw(line), EVERY_DAY, draw(some_cap))
        for number, (starts, ends) in enumerate(spans)
    )
    return Tariff(
        1, "CNY", BEGINNING, 0, draw(line), None, 0, 0, time_zone="Europe/Berlin", windows=found,
        restart=draw(st.sampled_from(("midnight", "never"))), calendar_day_cap=draw(some_cap),
    )  # fmt: skip


@given(flat_windows(), entries, lengths, shares)
def test_splitting_a_stay_is_never_cheaper_where_the_clock_sets_the_rate(tariff, entered_at, length, share) -> None:
    """Nor where windows have one rate each, with caps by the clock: every part meets the same windows and days."""
    at, between = entered_at + length, entered_at + length * share / 100
    whole, _ = fee(tariff, entered_at, at)
    assert fee(tariff, entered_at, between)[0] + fee(tariff, between, at)[0] >= whole


@given(tariffs(), entries, lengths, shares, circumstances())
def test_paying_on_the_way_is_not_splitting(tariff, entered_at, length, share, facts) -> None:
    """Whoever pays in between and stays beyond the grace has paid, in the end, what the whole stay costs."""
    at, between = entered_at + length, entered_at + length * share / 100
    first = quote(tariff, entered_at, between, facts=facts).due
    taken = [Settlement("s", "stay", first, "cash", "1", between, between)]
    later = at + timedelta(minutes=tariff.grace_minutes, seconds=1)
    rest = quote(tariff, entered_at, later, taken, facts=facts).due
    assert first + rest == Money(fee(tariff, entered_at, later, facts)[0], "CNY")


@given(st.sampled_from(("Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo")), entries)
def test_edges_keep_their_order(zone, instant) -> None:
    """The minutes of a local day are instants that never go back, whatever the clock does that day."""
    day = local_date(zone, instant)
    instants = [edge(zone, day, minute) for minute in range(0, 1441, 15)]
    assert instants == sorted(instants)
    assert edge(zone, day, 1440) == edge(zone, day + timedelta(days=1), 0)
