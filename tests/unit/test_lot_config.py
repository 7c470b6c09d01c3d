"""lot.toml: the example loads, and whatever is wrong is refused by file and key."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lot_server.config import LotConfig, load_config
from lot_server.domain.tariff import RateLine
from lot_server.errors import BadConfig

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "lot.toml"
Edit = Callable[[str], str]


def load(folder: Path, edit: Edit) -> LotConfig:
    file = folder / "lot.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    return load_config(file)


def replaced(old: str, new: str) -> Edit:
    return lambda text: text.replace(old, new)


def without(section: str) -> Edit:
    """Cut a section up to the next one."""
    return lambda text: re.sub(rf"(?ms)^{re.escape(section)}.*?(?=^\[|\Z)", "", text)


def test_the_example_loads() -> None:
    """docs/examples/lot.toml means what its comments say."""
    config = load_config(EXAMPLE)
    assert config.lot.id == "lot-1"
    assert config.store.database == EXAMPLE.parent / "lot-1" / "lot.db"
    assert config.store.token == EXAMPLE.parent / "lot-1" / "loopback.token"
    assert [(lane.id, lane.direction) for lane in config.lanes] == [("entry-1", "entry"), ("exit-1", "exit")]
    (tariff,) = config.tariffs
    assert (tariff.currency, tariff.daily_cap, tariff.lines[1]) == ("EUR", 2400, RateLine(120, 60, 250))
    assert tariff.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert config.passes[0].plate == "XX77YY"
    assert config.blocked == {"ZZ99ZZ"}
    assert config.timing.passage == timedelta(seconds=30)
    assert not config.clock.simulated


def test_what_may_be_left_out_has_a_default(tmp_path: Path) -> None:
    """Loopback, vision, timing, passes and blocked plates may be left out, and a daily cap may be none."""

    def edit(text: str) -> str:
        for section in ("[loopback]", "[vision]", "[timing]", "[[passes]]", "[blocked]"):
            text = without(section)(text)
        return re.sub(r"(?m)^daily_cap.*$", "", text)

    config = load(tmp_path, edit)
    assert (config.loopback.port, config.vision.workers, config.passes, config.blocked) == (8801, 1, (), frozenset())
    assert config.vision.least_confidence == 0.5
    assert config.tariffs[0].daily_cap is None


def test_a_simulated_clock_is_taken_from_its_section(tmp_path: Path) -> None:
    """[clock] with simulated = true gives a clock that says so."""
    config = load(tmp_path, lambda text: re.sub(r"(?m)^# (\[clock\]|simulated|origin|speed|started_at)", r"\1", text))
    assert config.clock.simulated


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        pytest.param(replaced("[lot]\n", "[lot]\nspcaes = 3\n"), r"\[lot\] has no key 'spcaes'", id="unknown-key"),
        pytest.param(replaced("[blocked]", "[blokced]"), "no section 'blokced'", id="unknown-section"),
        pytest.param(replaced("spaces = 120", ""), r"\[lot\] spaces is missing", id="missing-key"),
        pytest.param(replaced("spaces = 120", 'spaces = "120"'), "spaces must be a whole number", id="text-for-number"),
        pytest.param(replaced("spaces = 120", "spaces = true"), "spaces must be a whole number", id="bool-for-number"),
        pytest.param(replaced("spaces = 120", "spaces = 0"), "at least 1", id="no-spaces"),
        pytest.param(replaced("52.3702", "152.0"), "latitude must be", id="latitude"),
        pytest.param(replaced("Europe/Amsterdam", "Europe/Nowhere"), "no IANA name", id="time-zone"),
        pytest.param(replaced('"EUR"', '"euro"'), "ISO 4217", id="currency"),
        pytest.param(replaced('id = "lot-1" ', 'id = "../etc" '), r"\[lot\] id", id="lot-id"),
        pytest.param(replaced('"127.0.0.1"', '"0.0.0.0"'), "not for the network", id="open-host"),
        pytest.param(replaced("port = 8801", "port = 70000"), "port must be", id="port"),
        pytest.param(replaced('region = "any"', 'region = "mars"'), "must be one of 'cn'", id="region"),
        pytest.param(replaced("workers = 1", "workers = 0"), "workers must be 1", id="workers"),
        pytest.param(replaced("burst_frames = 3", "burst_frames = 99"), "burst_frames must be", id="burst"),
        pytest.param(replaced("confidence = 0.5", "confidence = 1.5"), "least_confidence must be 0 to 1", id="bar"),
        pytest.param(replaced("confidence = 0.5", "confidence = nan"), "least_confidence must be 0 to 1", id="nan-bar"),
        pytest.param(replaced("timeout_s = 10", "timeout_s = 0"), "timeout_s must be", id="vision-timeout"),
        pytest.param(replaced("opening_s = 0.8", "opening_s = -1"), "opening_s and drive_s must be", id="opening"),
        pytest.param(replaced('kind = "simulated" ', 'kind = "none" '), "need barriers and loops", id="no-site"),
        pytest.param(replaced("http://127.0.0.1:8080/pay", "park.example"), "driver_page_url", id="driver-page"),
        pytest.param(replaced("passage_s = 30", "passage_s = 0"), "passage_s must be above 0", id="timing"),
        pytest.param(replaced('id = "exit-1"', 'id = "entry-1"'), "'entry-1' is given twice", id="lane-twice"),
        pytest.param(replaced('direction = "exit"', 'direction = "out"'), "number 2 direction must be", id="direction"),
        pytest.param(replaced('camera = "simulated" ', 'camera = "webcam" '), "camera must be", id="camera"),
        pytest.param(without("[[tariffs]]"), "at least one price list", id="no-tariff"),
        pytest.param(replaced("start_minute = 0", "start_minute = 5"), "start at minute 0", id="bad-tariff"),
        pytest.param(replaced("price = 150", "price = 1.5"), r"lines\[0\] price must be a whole", id="float-price"),
        pytest.param(
            replaced("version = 1\n", 'version = 1\ncurrency = "USD"\n'), "the lot's, EUR", id="other-currency"
        ),
        pytest.param(replaced("00:00:00Z\nfree", "00:00:00\nfree"), "no zone", id="naive-time"),
        pytest.param(replaced("2027-01-01", "2025-01-01"), "ends before it begins", id="pass-over"),
        pytest.param(replaced('"ZZ-99-ZZ"', '"ZZ?99"'), "a plate has", id="blocked-plate"),
        pytest.param(replaced("# speed = 60", "[clock]\nspeed = 60"), "simulated = true", id="clock-speed"),
        pytest.param(replaced("[lot]", "[lot"), "is not TOML", id="no-toml"),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, edit: Edit, complaint: str) -> None:
    """Each fault raises BadConfig that names the file and the key."""
    with pytest.raises(BadConfig, match=complaint) as caught:
        load(tmp_path, edit)
    assert str(caught.value).startswith(str(tmp_path / "lot.toml"))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """A configuration that is not there raises BadConfig with its path."""
    with pytest.raises(BadConfig, match=r"nowhere\.toml cannot be read"):
        load_config(tmp_path / "nowhere.toml")
