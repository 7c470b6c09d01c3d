"""Price lists with every rule there is, and stays to price by them, for property tests."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from lot_server.domain.coupon import Coupon
from lot_server.domain.quote import Circumstances
from lot_server.domain.tariff import ClassRate, RateLine, Rounding, Tariff, Window
from lot_server.domain.weekly import DAY_MINUTES, EVERY_DAY

ZONES = ("Europe/Berlin", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/St_Johns")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)

few_minutes = st.integers(0, 120)
prices = st.integers(0, 2000)


@st.composite
def rate_lines(draw: st.DrawFn) -> tuple[RateLine, ...]:
    starts = sorted({0, *draw(st.lists(st.integers(1, DAY_MINUTES - 1), max_size=2))})
    return tuple(RateLine(start, draw(st.integers(5, 900)), draw(prices)) for start in starts)


@st.composite
def windows(draw: st.DrawFn, unit: int, least: int) -> tuple[Window, ...]:
    """Up to three windows of one day, none overlapping, each on some days of the week."""
    edges = sorted(draw(st.sets(st.integers(0, DAY_MINUTES - 1), min_size=2, max_size=4)))
    spans = list(zip(edges, [*edges[1:], edges[0]], strict=True))
    chosen = draw(st.lists(st.sampled_from(spans[:-1]), unique=True, max_size=3))
    # Only a window of every day may run past midnight here: others could meet the next day's first.
    if draw(st.booleans()):
        chosen.append(spans[-1])
    return tuple(
        Window(
            f"window {number}",
            clock(starts),
            clock(ends),
            draw(rate_lines()),
            EVERY_DAY if ends <= starts else tuple(draw(st.lists(st.sampled_from(EVERY_DAY), unique=True, min_size=1))),
            draw(st.none() | caps(unit, least)),
        )
        for number, (starts, ends) in enumerate(chosen)
    )


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def caps(unit: int, least: int) -> st.SearchStrategy[int]:
    """A cap that fits the rounding unit and the minimum."""
    return st.integers(-(-least // unit), 10_000 // unit).map(lambda count: count * unit)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    unit = draw(st.sampled_from((1, 10, 50, 100)))
    minimum = draw(st.sampled_from((0, 0, 2, 5))) * unit
    some_caps = st.none() | caps(unit, minimum)
    large = ClassRate(
        "large", ("yellow",), None, 0, 0, draw(rate_lines()), draw(windows(unit, minimum)), draw(some_caps)
    )
    green = ClassRate("new energy", ("green",), draw(few_minutes), draw(few_minutes), draw(st.integers(0, 100)))
    return Tariff(
        version=1,
        currency="CNY",
        valid_from=BEGINNING,
        free_minutes=draw(few_minutes),
        lines=draw(rate_lines()),
        daily_cap=draw(some_caps),
        grace_minutes=draw(few_minutes),
        quote_minutes=draw(few_minutes),
        time_zone=draw(st.sampled_from(ZONES)),
        visit_price=draw(st.just(0) | prices),
        windows=draw(windows(unit, minimum)),
        restart=draw(st.sampled_from(("24h", "midnight", "never"))),
        window_end=draw(st.sampled_from(("cut", "finish"))),
        calendar_day_cap=draw(some_caps),
        classes=(large, green),
        minimum=minimum,
        rounding=Rounding(unit, draw(st.sampled_from(("up", "down", "nearest")))),
        lost_ticket=draw(st.none() | prices),
    )


entries = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 20), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.integers(0, 5 * DAY_MINUTES * 60).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def circumstances(draw: st.DrawFn) -> Circumstances:
    color = draw(st.sampled_from((None, "blue", "green", "yellow")))
    kinds = draw(st.lists(st.sampled_from(("minutes", "amount", "percent", "full")), max_size=3))
    coupons = tuple(
        Coupon(str(number), "stay", "shop", kind, 0 if kind == "full" else draw(st.integers(1, 99)), "", BEGINNING)
        for number, kind in enumerate(kinds)
    )
    return Circumstances(color, draw(st.booleans()), coupons)
