"""What each rule of a price list does to a fee, by examples worked out by hand; `docs/tariffs.md` explains them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lot_server.domain.codec import from_body, to_body
from lot_server.domain.coupon import Coupon, CouponKind
from lot_server.domain.errors import BadCoupon, BadTariff
from lot_server.domain.quote import Circumstances, fee, quote
from lot_server.domain.stay import Pass
from lot_server.domain.tariff import ClassRate, RateLine, Restart, Rounding, Tariff, Window
from lot_server.domain.weekly import edge

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOURLY = (RateLine(0, 60, 500),)
NIGHTLY = (RateLine(0, 60, 100),)
PLAIN = Tariff(1, "EUR", BEGINNING, 0, HOURLY, None, 15, 10)
NIGHT = Window("night", "20:00", "08:00", NIGHTLY)
DAY_AND_NIGHT = replace(PLAIN, time_zone="Europe/Berlin", windows=(NIGHT,), restart="never")


def at(text: str) -> datetime:
    """A time by Berlin's clock, in 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BERLIN)


def cost(tariff: Tariff, entered: str, left: str, **facts: object) -> int:
    return fee(tariff, at(entered), at(left), Circumstances(**facts))[0]  # type: ignore[arg-type]


def test_a_class_may_be_of_vehicles() -> None:
    """A motorcycle pays its own rate whatever its plate; a tariff without one for it prices it by its colour."""
    own = ClassRate("motorcycles", (), lines=(RateLine(0, 60, 50),), vehicles=("motorcycle",))
    green = ClassRate("green", ("green",), percent_off=50)
    both = replace(PLAIN, classes=(own, green))
    assert cost(both, "03-02 08:00", "03-02 10:00", vehicle="motorcycle", plate_color="green") == 100
    assert cost(both, "03-02 08:00", "03-02 10:00", vehicle="truck", plate_color="green") == 500
    assert cost(both, "03-02 08:00", "03-02 10:00", vehicle="truck") == 1000
    assert from_body(Tariff, to_body(both)) == both
    with pytest.raises(BadTariff, match="kind of vehicle"):
        replace(PLAIN, classes=(own, replace(own, name="again")))


def coupon(kind: CouponKind, value: int = 0, name: str = "1") -> Coupon:
    return Coupon(name, "stay", "cinema", kind, value, "a film", BEGINNING)


@pytest.mark.parametrize(
    ("entered", "left", "amount"),
    [
        pytest.param("03-02 18:00", "03-02 20:00", 1000, id="day-only"),
        pytest.param("03-02 20:00", "03-02 22:00", 200, id="night-only"),
        pytest.param("03-02 19:30", "03-02 20:30", 600, id="a-block-is-cut-at-the-edge"),
        pytest.param("03-02 19:30", "03-03 08:30", 2200, id="over-the-night"),
        pytest.param("03-02 07:59", "03-02 08:01", 600, id="a-minute-on-each-side"),
    ],
)
def test_windows_by_the_clock(entered: str, left: str, amount: int) -> None:
    """Each block costs what its window says; one that meets the window's end is cut off there at its whole price."""
    assert cost(DAY_AND_NIGHT, entered, left) == amount


@pytest.mark.parametrize(
    ("left", "amount"), [("03-02 20:30", 500), ("03-02 20:31", 600), ("03-02 21:30", 600), ("03-02 21:31", 700)]
)
def test_a_block_may_finish_in_the_next_window(left: str, amount: int) -> None:
    """With window_end = finish a started block runs to its end at the price it began with."""
    assert cost(replace(DAY_AND_NIGHT, window_end="finish"), "03-02 19:30", left) == amount


def test_days_of_the_week() -> None:
    """A window holds on its days only; one over midnight belongs to the day it starts on."""
    weekend = Window("weekend", "00:00", "24:00", (RateLine(0, 1440, 0),), ("sat", "sun"))
    friday = Window("friday night", "20:00", "24:00", NIGHTLY, ("fri",))
    tariff = replace(DAY_AND_NIGHT, windows=(weekend, friday))
    assert cost(tariff, "03-06 19:00", "03-08 23:00") == 500 + 4 * 100
    assert cost(tariff, "03-08 23:00", "03-09 01:00") == 500
    over = replace(DAY_AND_NIGHT, windows=(Window("friday night", "20:00", "06:00", NIGHTLY, ("fri",)),))
    assert cost(over, "03-07 04:00", "03-07 05:00") == 100
    assert cost(over, "03-06 04:00", "03-06 05:00") == 500


def test_lines_begin_anew_with_a_window() -> None:
    """In each run of a window its lines count from where the stay enters it."""
    first_cheap = (RateLine(0, 60, 100), RateLine(60, 60, 300))
    tariff = replace(DAY_AND_NIGHT, lines=first_cheap)
    assert cost(tariff, "03-02 08:00", "03-02 11:00") == 700
    assert cost(tariff, "03-02 06:00", "03-02 11:00") == 2 * 100 + 700
    assert cost(tariff, "03-02 18:00", "03-03 09:00") == 400 + 12 * 100 + 100


@pytest.mark.parametrize(("restart", "free"), [("24h", 2), ("midnight", 2), ("never", 1)])
def test_where_the_lines_of_a_long_stay_begin_anew(restart: Restart, free: int) -> None:
    """Every 24 hours, at midnight, or never: of 27 started hours so many are the first of their run, and free."""
    first_free = (RateLine(0, 60, 0), RateLine(60, 60, 100))
    tariff = replace(PLAIN, lines=first_free, time_zone="Europe/Berlin", restart=restart)
    assert cost(tariff, "03-02 08:00", "03-03 10:01") == (27 - free) * 100


def test_caps_count_from_where_they_say() -> None:
    """daily_cap counts 24 hours from the entry, calendar_day_cap from local midnight, a window's cap its run."""
    daily = replace(DAY_AND_NIGHT, windows=(), daily_cap=2000)
    assert cost(daily, "03-02 20:00", "03-03 20:00") == 2000
    assert cost(daily, "03-02 20:00", "03-03 20:01") == 2500
    calendar = replace(DAY_AND_NIGHT, windows=(), calendar_day_cap=2000)
    assert cost(calendar, "03-02 20:00", "03-03 20:00") == 4000
    assert cost(calendar, "03-02 23:00", "03-03 01:00") == 1000
    night = replace(DAY_AND_NIGHT, windows=(replace(NIGHT, cap=300),))
    assert cost(night, "03-02 20:00", "03-03 08:00") == 300
    assert cost(night, "03-02 20:00", "03-04 08:00") == 600 + 12 * 500


def test_a_block_over_midnight_belongs_to_the_day_it_began_on() -> None:
    """Midnight itself cuts no block, only the count of what each day may cost."""
    tariff = replace(PLAIN, time_zone="Europe/Berlin", calendar_day_cap=500, restart="never")
    amount, steps = fee(tariff, at("03-02 22:30"), at("03-03 00:30"))
    assert amount == 500
    assert [(step.kind, step.count) for step in steps] == [("blocks", 2), ("calendar_cap", 1)]
    assert cost(tariff, "03-02 22:30", "03-03 00:31") == 1000


@pytest.mark.parametrize(
    ("entered", "left", "hours"),
    [
        pytest.param("03-28 20:00", "03-29 08:00", 11, id="the-night-that-loses-an-hour"),
        pytest.param("10-24 20:00", "10-25 08:00", 13, id="the-night-that-gains-one"),
        pytest.param("03-29 01:00", "03-29 04:00", 2, id="over-the-gap"),
        pytest.param("10-25 01:00", "10-25 04:00", 4, id="over-the-repeated-hour"),
    ],
)
def test_real_hours_are_charged_when_the_clock_changes(entered: str, left: str, hours: int) -> None:
    """Windows follow the wall clock, blocks real time: a night of eleven hours costs eleven."""
    assert cost(DAY_AND_NIGHT, entered, left) == hours * 100


def test_an_edge_that_the_clock_skips_is_the_change() -> None:
    """02:30 of a night without it is the moment of the change; of a night with two it is the first."""
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert {edge("Europe/Berlin", date(2026, 3, 29), minute) for minute in (120, 150, 180)} == {change}
    assert edge("Europe/Berlin", date(2026, 10, 25), 150) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # Here the clock changes at midnight, so the day begins at one.
    assert edge("America/Sao_Paulo", date(2018, 11, 4), 0) == datetime(2018, 11, 4, 3, tzinfo=UTC)
    # And here by half an hour.
    assert edge("Australia/Lord_Howe", date(2026, 10, 4), 135) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


def test_a_calendar_day_of_23_hours_has_one_cap() -> None:
    """The cap of a calendar day holds for the day, however long it is."""
    tariff = replace(PLAIN, time_zone="Europe/Berlin", calendar_day_cap=2000, restart="never")
    assert cost(tariff, "03-29 00:00", "03-30 00:00") == 2000
    assert cost(tariff, "03-28 23:00", "03-30 00:01") == 500 + 2000 + 500


def test_a_visit_has_its_price() -> None:
    """visit_price is charged once, at the entry, and falls under the caps of that time."""
    per_visit = replace(PLAIN, visit_price=1000, lines=(RateLine(0, 1440, 0),), free_minutes=10)
    assert cost(per_visit, "03-02 08:00", "03-02 08:10") == 0
    assert cost(per_visit, "03-02 08:00", "03-02 08:11") == 1000
    assert cost(per_visit, "03-02 08:00", "03-09 08:00") == 1000
    both = replace(PLAIN, visit_price=1000, daily_cap=1800)
    assert cost(both, "03-02 08:00", "03-02 09:00") == 1500
    assert cost(both, "03-02 08:00", "03-02 10:00") == 1800


def test_a_plates_colour_has_its_rate() -> None:
    """A class may have its own free minutes, waived minutes, discount, or all its own lines and caps."""
    energy = ClassRate("new energy", ("green",), free_minutes=60, waived_minutes=120, percent_off=50)
    large = ClassRate("large", ("yellow",), lines=(RateLine(0, 60, 900),), daily_cap=3000)
    tariff = replace(PLAIN, free_minutes=15, daily_cap=2000, classes=(energy, large))
    assert [cost(tariff, "03-02 08:00", "03-02 09:00", plate_color=color) for color in ("green", "blue", None)] == [
        0, 500, 500,
    ]  # fmt: skip
    # Two hours waived, then two of four hours at half of 5.00.
    assert cost(tariff, "03-02 08:00", "03-02 12:00", plate_color="green") == 500
    assert cost(tariff, "03-02 08:00", "03-02 10:00", plate_color="green") == 0
    assert cost(tariff, "03-02 08:00", "03-02 18:00", plate_color="green") == 1000
    assert cost(tariff, "03-02 08:00", "03-02 18:00", plate_color="yellow") == 3000


def test_minimum_and_rounding() -> None:
    """A charged stay costs at least the minimum, in whole units, up, down or to the nearest."""
    by_minute = replace(PLAIN, lines=(RateLine(0, 1, 7),), minimum=100, rounding=Rounding(50, "up"))
    assert cost(by_minute, "03-02 08:00", "03-02 08:01") == 100
    assert cost(by_minute, "03-02 08:00", "03-02 08:20") == 150
    down = replace(by_minute, rounding=Rounding(50, "down"))
    assert cost(down, "03-02 08:00", "03-02 08:25") == 150
    nearest = replace(by_minute, rounding=Rounding(50, "nearest"))
    assert [cost(nearest, "03-02 08:00", f"03-02 08:{minute}") for minute in (24, 25, 26)] == [150, 200, 200]


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        pytest.param([coupon("minutes", 60)], 1500, id="an-hour"),
        pytest.param([coupon("minutes", 61)], 1000, id="a-block-that-begins-in-it"),
        pytest.param([coupon("minutes", 60), coupon("minutes", 60, "2")], 1000, id="two-add-up"),
        pytest.param([coupon("minutes", 240)], 0, id="all-of-it"),
        pytest.param([coupon("amount", 300)], 1700, id="an-amount"),
        pytest.param([coupon("amount", 9999)], 0, id="never-below-nothing"),
        pytest.param([coupon("percent", 25)], 1500, id="percent"),
        pytest.param([coupon("amount", 500), coupon("percent", 50, "2")], 500, id="percent-before-amounts"),
        pytest.param([coupon("full")], 0, id="full"),
    ],
)
def test_what_merchants_give(given: list[Coupon], amount: int) -> None:
    """Four hours at 5.00, less what coupons give: minutes first, then percent, then amounts."""
    assert cost(PLAIN, "03-02 08:00", "03-02 12:00", coupons=tuple(given)) == amount


def test_a_discount_leaves_whole_units() -> None:
    """Percent come off in whole rounding units, in the driver's disfavour by less than one."""
    tariff = replace(PLAIN, rounding=Rounding(100, "up"))
    assert cost(tariff, "03-02 08:00", "03-02 09:00", coupons=(coupon("percent", 25),)) == 400


def test_a_lost_ticket_costs_at_least_its_rate() -> None:
    """The rate is the least, whatever coupons gave; a longer stay costs its time; a pass still covers it."""
    tariff = replace(PLAIN, lost_ticket=2000)
    assert cost(tariff, "03-02 08:00", "03-02 09:00", ticket_lost=True) == 2000
    assert cost(tariff, "03-02 08:00", "03-02 09:00", ticket_lost=True, coupons=(coupon("full"),)) == 2000
    assert cost(tariff, "03-02 08:00", "03-02 13:00", ticket_lost=True) == 2500
    assert cost(PLAIN, "03-02 08:00", "03-02 09:00", ticket_lost=True) == 500
    staff = Pass("p", "A1", "staff", BEGINNING, at("12-01 00:00"))
    owed = quote(tariff, at("03-02 08:00"), at("03-02 09:00"), (), staff, Circumstances(ticket_lost=True))
    assert owed.gross.minor == 0


def test_why_eighteen() -> None:
    """The steps of a fee tell in order what made it."""
    tariff = replace(
        DAY_AND_NIGHT,
        windows=(replace(NIGHT, cap=300),),
        classes=(ClassRate("new energy", ("green",), percent_off=20),),
    )
    facts = Circumstances("green", coupons=(coupon("amount", 240),))
    amount, steps = fee(tariff, at("03-02 17:00"), at("03-03 08:30"), facts)
    assert [(step.kind, step.name, step.amount) for step in steps] == [
        ("blocks", None, 1500),
        ("blocks", "night", 1200),
        ("window_cap", "night", -900),
        ("blocks", None, 500),
        ("class", "new energy", -460),
        ("coupon_amount", "cinema", -240),
    ]
    assert amount == 1600


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param({"windows": (NIGHT,)}, "need time_zone", id="windows without zone"),
        pytest.param({"calendar_day_cap": 100}, "need time_zone", id="calendar cap without zone"),
        pytest.param({"restart": "midnight"}, "need time_zone", id="midnight without zone"),
        pytest.param({"time_zone": "Mars/Crater"}, "no IANA name", id="zone"),
        pytest.param({"valid_until": BEGINNING}, "later than valid_from", id="over before it begins"),
        pytest.param({"visit_price": -1}, "cannot be negative", id="visit"),
        pytest.param({"rounding": Rounding(0)}, "at least 1", id="rounding"),
        pytest.param({"daily_cap": 150, "rounding": Rounding(100)}, "no multiple", id="cap off the unit"),
        pytest.param({"daily_cap": 100, "minimum": 200}, "above a cap", id="minimum above cap"),
        pytest.param({"minimum": 150, "rounding": Rounding(100)}, "no multiple", id="minimum off the unit"),
        pytest.param({"classes": (ClassRate("a", ()),)}, "at least one colour", id="class of nobody"),
        pytest.param({"classes": (ClassRate("a", ("green",), percent_off=101),)}, "0 to 100", id="percent"),
        pytest.param({"classes": (ClassRate("a", ("green",), daily_cap=1),)}, "without lines", id="half a class"),
        pytest.param(
            {"classes": (ClassRate("a", ("green",)), ClassRate("b", ("green",)))}, "one class only", id="colour twice"
        ),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(words: dict[str, object], complaint: str) -> None:
    """Each contradiction is an error that says what to do."""
    with pytest.raises(BadTariff, match=complaint):
        replace(PLAIN, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("windows", "complaint"),
    [
        pytest.param((replace(NIGHT, starts="8:00"),), "no time of day", id="time"),
        pytest.param((replace(NIGHT, starts="24:00"),), "cannot start at 24:00", id="start at the end"),
        pytest.param((replace(NIGHT, days=()),), "needs days", id="no day"),
        pytest.param((NIGHT, replace(NIGHT, name="b", starts="07:00", ends="09:00")), "overlap", id="overlap"),
        pytest.param(
            (replace(NIGHT, days=("sun",)), replace(NIGHT, name="b", starts="07:00", ends="09:00", days=("mon",))),
            "overlap", id="overlap over the end of the week",
        ),
        pytest.param((replace(NIGHT, lines=()),), "must start at minute 0", id="no lines"),
    ],
)  # fmt: skip
def test_windows_that_cannot_be_followed_are_refused(windows: tuple[Window, ...], complaint: str) -> None:
    """Windows need times, days and lines, and never overlap."""
    with pytest.raises(BadTariff, match=complaint):
        replace(DAY_AND_NIGHT, windows=windows)


def test_a_list_of_the_first_release_keeps_its_bytes() -> None:
    """A body from before windows and classes reads as it was meant, and is written again the very same."""
    body = {
        "version": 3, "currency": "EUR", "valid_from": "2026-01-01T00:00:00.000000Z", "free_minutes": 15,
        "lines": [{"start_minute": 0, "block_minutes": 60, "price": 500}], "daily_cap": None,
        "grace_minutes": 15, "quote_minutes": 10,
    }  # fmt: skip
    tariff = from_body(Tariff, body)
    assert (tariff.windows, tariff.restart, tariff.rounding) == ((), "24h", Rounding())
    assert to_body(tariff) == body


def test_validity_has_an_end() -> None:
    """A list holds from its first instant to before its last."""
    tariff = replace(PLAIN, valid_until=at("07-01 00:00"))
    assert tariff.holds_at(BEGINNING)
    assert not tariff.holds_at(at("07-01 00:00"))
    assert not tariff.holds_at(BEGINNING - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("kind", "value"), [("minutes", 0), ("amount", 0), ("percent", 0), ("percent", 100), ("full", 5)]
)
def test_a_coupon_worth_nothing_is_refused(kind: CouponKind, value: int) -> None:
    """A value that does not fit its kind is an error, not a discount of some sort."""
    with pytest.raises(BadCoupon):
        coupon(kind, value)
