"""`openlot lot tariff try`: what a price list would charge, step by step, before a lot publishes it."""

from pathlib import Path

import pytest

import openlot

LIST = """
[[tariffs]]
version = 1
currency = "CNY"
time_zone = "Asia/Shanghai"
valid_from = 2026-01-01T00:00:00+08:00
valid_until = 2026-07-01T00:00:00+08:00
free_minutes = 15
lines = [{ start_minute = 0, block_minutes = 60, price = 1000 }]
grace_minutes = 15
quote_minutes = 10
lost_ticket = 9000

[[tariffs.windows]]
name = "night"
starts = "22:00"
ends = "06:00"
lines = [{ start_minute = 0, block_minutes = 120, price = 200 }]
cap = 500

[[tariffs.classes]]
name = "new energy"
colors = ["green"]
percent_off = 20
"""
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "lot.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(LIST, encoding="utf-8")
    return path


@pytest.fixture
def attempt(capsys: pytest.CaptureFixture[str]):
    """Run the command; exit status, output and errors."""

    def run(file: Path, begins: str, ends: str, *more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            openlot.main(("lot", "tariff", "try", str(file), "--from", begins, "--to", ends, *more))
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def test_every_step_is_told(attempt, file: Path) -> None:
    """Amounts, words and the lot's own times, in the order in which they come about."""
    status, out, _ = attempt(file, "2026-03-02T20:30", "2026-03-03T07:00", "--color", "green", "--coupon", "amount:300")
    assert status == 0
    assert out.splitlines() == [
        "tariff 1",
        "20.00 CNY  2 × 1 h at 10.00 CNY  (2026-03-02 20:30 – 22:00)",
        " 8.00 CNY  night: 4 × 2 h at 2.00 CNY  (2026-03-02 22:00 – 2026-03-03 06:00)",
        "-3.00 CNY  At most 5.00 CNY for night",
        "10.00 CNY  1 × 1 h at 10.00 CNY  (2026-03-03 06:00 – 07:00)",
        "-7.00 CNY  20 % less for new energy",
        "-3.00 CNY  3.00 CNY from coupon 1",
        "fee 25.00 CNY",
    ]


def test_it_speaks_chinese(attempt, file: Path) -> None:
    """The same steps in Chinese."""
    _, out, _ = attempt(file, "2026-03-02T20:30", "2026-03-02T21:00", "--language", "zh", "--lost-ticket")
    assert "1 × 1 小时，每段 10.00 CNY" in out
    assert "停车票遗失，最低收费 90.00 CNY" in out


def test_a_time_may_have_a_zone(attempt, file: Path) -> None:
    """A time with a zone is that instant, whatever the lot's clock shows."""
    assert attempt(file, "2026-03-02T12:30Z", "2026-03-02T12:45Z")[1].endswith("fee 0.00 CNY\n")


def test_a_lots_whole_configuration_will_do(attempt) -> None:
    """The example's own price list is tried with the lot's currency and zone."""
    status, out, _ = attempt(EXAMPLE, "2026-03-02T08:00", "2026-03-02T09:01")
    assert (status, out.splitlines()[-1]) == (0, "fee 4.50 EUR")


@pytest.mark.parametrize(
    ("change", "words", "status", "complaint"),
    [
        pytest.param(("cap =", "capp ="), (), 2, ".toml:19: [[tariffs]] number 1 windows[0] has no key", id="key"),
        pytest.param(("version = 1", 'version = "1"'), (), 2, "prices.toml:3: ", id="type"),
        pytest.param(('"22:00"', '"22.00"'), (), 2, ".toml:2: [[tariffs]] number 1: '22.00' is", id="time"),
        pytest.param(("[[tariffs]]", "[tariffs]"), (), 2, "tariffs must be a list of tables", id="no list"),
        pytest.param(("[[tariffs]]", "[shop]\n[[tariffs]]"), (), 2, ".toml:2: there is no section", id="section"),
        pytest.param(("lines", "=lines"), (), 2, "is not TOML", id="toml"),
        pytest.param(("", ""), ("--coupon", "half"), 2, "write minutes:60", id="coupon"),
        pytest.param(("", ""), ("--coupon", "percent:100"), 1, "bad_coupon", id="coupon value"),
        pytest.param(("", ""), ("--version", "7"), 1, "no_tariff", id="version"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(attempt, file: Path, change, words, status: int, complaint: str) -> None:
    """A fault of the file is named by its line and key, one of the question by what to write instead."""
    file.write_text(LIST.replace(*change, 1), encoding="utf-8")
    assert attempt(file, "2026-03-02T20:30", "2026-03-02T21:00", *words)[0] == status
    assert complaint in attempt(file, "2026-03-02T20:30", "2026-03-02T21:00", *words)[2]


def test_a_time_outside_validity_or_none_at_all(attempt, file: Path, tmp_path: Path) -> None:
    """A list that is over does not hold, a text that is no time is refused, and so is a file that is not there."""
    assert "no_tariff" in attempt(file, "2026-07-01T00:00", "2026-07-01T01:00")[2]
    assert "is no time" in attempt(file, "yesterday", "2026-07-01T01:00")[2]
    assert "cannot be read" in attempt(tmp_path / "none.toml", "2026-07-01T00:00", "2026-07-01T01:00")[2]
    assert "time_before_entry" in attempt(file, "2026-03-02T20:30", "2026-03-02T20:00")[2]
