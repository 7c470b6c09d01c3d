"""The hardware of lot.toml: the example loads, and whatever does not fit is refused by file, line and key."""

from pathlib import Path

import pytest

from lot_server.config import load_config
from lot_server.errors import BadConfig
from lot_server.hardware_config import HttpSection, ModbusSection, MqttSection
from lot_server.hardware_site import wiring_of

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "lot-hardware.toml"


def changed(folder: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file = folder / "lot.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_example_loads() -> None:
    """docs/examples/lot-hardware.toml means what its comments say."""
    config = load_config(EXAMPLE)
    cabinet, relay, loops = config.devices
    assert isinstance(cabinet, ModbusSection)
    assert (cabinet.inputs, cabinet.outputs) == ({"arming": 0, "closing": 1, "up": 2, "down": 3}, {"open": 0})
    assert isinstance(relay, HttpSection)
    assert relay.output_status is not None
    assert isinstance(loops, MqttSection)
    entry, exit_ = config.lanes
    assert entry.wiring is not None
    assert (entry.wiring.inverted, entry.wiring.close, entry.screen) == (("closing",), None, "10.0.0.51")
    assert exit_.wiring is not None
    assert exit_.wiring.close == "relay.close"
    assert config.display is not None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param("unit = 1\n", "unit = 1\nbaud = 9600\n", r"has no key 'baud'", id="unknown-key"),
        pytest.param('kind = "modbus"', 'kind = "profibus"', r"kind must be one of modbus, http", id="unknown-kind"),
        pytest.param("arming = 0,", 'arming = "0",', r"inputs arming must be a whole number", id="text-address"),
        pytest.param("arming = 0,", "arming = 70000,", r"addresses from 0 to 65535", id="high-address"),
        pytest.param("arming = 0,", "arming = 9000,", r"within 2000 addresses", id="far-address"),
        pytest.param("unit = 1\n", "unit = 300\n", r"unit 0 to 255", id="unit"),
        pytest.param("poll_s = 0.05", "poll_s = 60", r"poll_s at most 5", id="slow-poll"),
        pytest.param('name = "relay"', 'name = "cabinet"', r"name 'cabinet' is given twice", id="device-twice"),
        pytest.param('name = "relay"', 'name = "re.lay"', r"text without '\.'", id="dotted-name"),
        pytest.param('"http://10.0.0.40"', '"10.0.0.40"', r"base_url must be an address", id="base-url"),
        pytest.param('# auth = "digest"', 'auth = "digest"', r"auth needs auth_file", id="no-auth-file"),
        pytest.param('outputs = { open = "0"', 'inputs = { a = "3" }\noutputs = { open = "0"', "need input_status",
                     id="no-status"),
        pytest.param('"cabinet.arming"', '"closet.arming"', r"no device 'closet'", id="no-device"),
        pytest.param('"cabinet.arming"', '"cabinet.armin"', r"cabinet has only inputs arming", id="no-input"),
        pytest.param('"cabinet.open"', '"cabinet.up"', r"cabinet has only outputs open", id="input-for-output"),
        pytest.param('"relay.close"', '"relay.open"', "which drives .* number 2 wiring open", id="output-twice"),
        pytest.param('"relay.open"', '"cabinet.open"', "which drives .* number 1 wiring open", id="other-lanes-output"),
        pytest.param('["closing"]             ', '["up"]\npulse_s = 0 ', r"pulse_s must be above 0", id="no-pulse"),
        pytest.param('inverted = ["closing"]', 'inverted = ["side"]', r"must be one of 'arming'", id="inverted"),
        pytest.param("movement_s = 8.0", "movement_s = 10.0", r"below \[timing\] barrier_s", id="slow-arm"),
        pytest.param("debounce_s = 0.1", "debounce_s = 0", r"debounce_s must be above 0", id="no-debounce"),
        pytest.param('"10.0.0.51"', '"screen-1"', r"screen must be an address", id="screen"),
        pytest.param('"rtsp://10.0.0.31/stream1"', '"simulated"', r"camera is simulated", id="simulated-camera"),
        pytest.param('"rtsp://10.0.0.31/stream1"', '"webcam"', r"camera must be rtsp://", id="no-camera"),
        pytest.param('kind = "hardware"', 'kind = "simulated"', r"\[\[devices\]\] are hardware", id="other-site"),
        pytest.param('kind = "hardware"', 'kind = "none"', r"need barriers and loops", id="no-site"),
        pytest.param("port = 8802", "port = 99999", r"\[display\] port must be", id="display-port"),
        pytest.param("[lanes.wiring]", "[lanes.wires]", r"has no key 'wires'", id="no-wiring"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Each fault raises BadConfig that names the file and says what is wrong."""
    file = changed(tmp_path, old, new)
    with pytest.raises(BadConfig, match=complaint) as caught:
        load_config(file)
    assert str(caught.value).startswith(str(file))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("unit = 1\n", "unit = 1\nbaud = 9600\n", "baud = 9600"),
        ("spaces = 120", "spaces = 0", "spaces = 0"),
        ('direction = "exit"', 'direction = "out"', 'direction = "out"'),
        ('"relay.close"', '"relay.shut"', 'close = "relay.shut"'),
        ("[payment]", "[paymnt]", "[paymnt]"),
        ("start_minute = 0", "start_minute = 5", "[[tariffs]]"),
    ],
)
def test_a_complaint_names_its_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    """The line after the file's name is that of the key, or of the table where no key is at fault."""
    file = changed(tmp_path, old, new)
    with pytest.raises(BadConfig) as caught:
        load_config(file)
    number = int(str(caught.value).removeprefix(f"{file}:").partition(":")[0])
    assert file.read_text(encoding="utf-8").splitlines()[number - 1].startswith(line)


def test_a_cameras_password_is_in_no_complaint(tmp_path: Path) -> None:
    """A camera's address that is refused is not repeated, since it may hold a password."""
    file = changed(tmp_path, "rtsp://10.0.0.31", "rtps://user:hush@10.0.0.31")
    with pytest.raises(BadConfig) as caught:
        load_config(file)
    assert "hush" not in str(caught.value)


def test_an_exit_shares_the_lane_of_an_entry(tmp_path: Path) -> None:
    """Its wiring is the entry's, the loops the other way round, contacts that are inverted with them."""
    config = load_config(shared(tmp_path, 'shares = "entry-1"'))
    entry, way_out = (wiring_of(config, lane) for lane in config.lanes)
    assert (way_out.arming, way_out.closing, way_out.open) == (entry.closing, entry.arming, entry.open)
    assert (entry.inverted, way_out.inverted) == (("closing",), ("arming",))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param('shares = "exit-1"', "shares must name an entry", id="itself"),
        pytest.param('shares = "entry-9"', "shares must name an entry", id="nobody"),
        pytest.param("", "wiring is missing", id="no wiring at all"),
    ],
)
def test_a_lane_that_shares_wrongly_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    """An exit shares an entry that there is, or has wiring of its own."""
    with pytest.raises(BadConfig, match=complaint):
        load_config(shared(tmp_path, line))


def shared(folder: Path, line: str) -> Path:
    """The example, its exit without wiring and with this line instead."""
    text = EXAMPLE.read_text(encoding="utf-8")
    begin = text.index("[lanes.wiring]", text.index('id = "exit-1"'))
    end = text.find("\n[[", begin)
    file = folder / "lot.toml"
    file.write_text(text[:begin] + line + text[end:], encoding="utf-8")
    return file
