"""A day of the console: its hours across changes of the clock, its charts, and files for spreadsheets."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.console.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, bar_chart, step_chart
from lot_server.console.day import BYTE_ORDER_MARK, hour_edges, hours_csv, stays_csv
from lot_server.console.wording import Wording
from lot_server.store.day_figures import Day, HourFigures, Takings
from lot_server.store.stay_list import ListedStay

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 3, 2), 24),
        ("Europe/Amsterdam", date(2026, 3, 29), 23),
        ("Europe/Amsterdam", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25),
    ],
)
def test_a_day_has_the_hours_that_its_clock_has(zone: str, day: date, hours: int) -> None:
    """Edges run from midnight to midnight at the lot; a change of the clock makes the day shorter or longer."""
    edges = hour_edges(day, zone)
    assert len(edges) == hours + 1
    words = Wording("en", zone)
    assert {words.clock(edges[0]), words.clock(edges[-1])} == {"00:00"}
    assert edges == sorted(edges)


@given(st.lists(st.integers(0, 100_000), min_size=23, max_size=25), st.integers(1, 5000))
def test_charts_stay_in_their_box(values: list[int], limit: int) -> None:
    """No bar or line leaves the axes."""
    hours = [f"{hour:02d}:00" for hour in range(len(values))]
    bars = bar_chart([("a", values), ("b", values[::-1])], hours, scale=100).bars
    for bar in bars:
        assert bar.x >= LEFT
        assert bar.x + bar.width <= WIDTH - RIGHT + 0.2
        assert TOP - 0.1 <= bar.y <= HEIGHT - BOTTOM
    chart = step_chart(values, hours, limit)
    assert chart.limit is not None
    heights = [float(point.split(",")[1]) for point in chart.line.split()]
    assert TOP - 0.1 <= min([*heights, chart.limit]) <= max(heights) <= HEIGHT - BOTTOM
    assert chart.levels[0].text == "0"


def test_files_open_in_spreadsheets_and_run_nothing() -> None:
    """UTF-8 with a mark, times of the lot, amounts as numbers; a text that looks like a formula is none."""
    hour = HourFigures(NOON, 3, 2, 7, 1250, 50)
    day = Day((hour,), 6, 3, 2, 0, 0, timedelta(hours=1), 1250, (Takings("cash", 1, 1250),))
    words = Wording("en", "Asia/Shanghai", "CNY")
    text = hours_csv(day, words)
    assert text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert rows == [
        ["hour", "entries", "exits", "most_inside", "taken_CNY", "refunded_CNY"],
        ["2026-03-02 20:00", "3", "2", "7", "12.50", "0.50"],
    ]
    stay = ListedStay("s1", "苏E05EV8", None, None, "entry-1", NOON, None, "=cmd()", "blue")
    rows = list(csv.reader(io.StringIO(stays_csv([(stay, 250)], words).removeprefix(BYTE_ORDER_MARK))))
    assert rows[1] == ["s1", "苏E05EV8", "", "entry-1", "2026-03-02 20:00:00", "", "'=cmd()", "2.50"]
