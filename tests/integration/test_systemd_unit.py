"""The systemd unit that `openlot lot systemd-unit` prints."""

import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lot_process import write_config
from openlot_command import openlot

from lot_server.config import load_config
from lot_server.errors import BadConfig
from lot_server.hardware_config import GpioSection
from lot_server.systemd_unit import systemd_unit


def settings(text: str) -> dict[str, list[str]]:
    """The values of each key, in order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            found.setdefault(key, []).append(value)
    return found


def test_it_runs_this_lot_with_this_python(tmp_path: Path) -> None:
    """The command, the user, and the one folder that may be written are those of the configuration."""
    config = write_config(tmp_path)
    done = openlot("lot", "systemd-unit", "--config", config, "--user", "parking")
    assert done.status == 0
    found = settings(done.out)
    assert shlex.split(found["ExecStart"][0])[1:] == ["-m", "openlot", "lot", "serve", "--config", str(config)]
    assert Path(shlex.split(found["ExecStart"][0])[0]).samefile(sys.executable)
    assert found["User"] == ["parking"]
    assert found["ReadWritePaths"] == [str(tmp_path / "lot")]
    assert "PYTHONSAFEPATH=1" in found["Environment"][0]
    assert (found["ProtectSystem"], found["Restart"], found["PrivateDevices"]) == (["strict"], ["always"], ["yes"])


@pytest.mark.parametrize("devices", [False, True], ids=["simulated", "devices"])
def test_systemd_accepts_it(tmp_path: Path, devices: bool) -> None:
    """Every line is a setting, and `systemd-analyze verify`, where the machine has it, has nothing to say of any."""
    file = write_config(tmp_path)
    config = load_config(file)
    if devices:
        gpio = GpioSection("gpio", "gpio", inputs={"arming": 1}, outputs={"open": 2})
        config = replace(config, lanes=(replace(config.lanes[0], camera="usb:0"),), devices=(gpio,))
    text = systemd_unit(config, file, "root")
    allowed = ["/dev/gpiochip0 rw", "/dev/video0 rw"] if devices else []
    assert settings(text).get("DeviceAllow", []) == allowed
    assert all(line == "" or line.startswith("[") or "=" in line for line in text.splitlines())
    unit = tmp_path / "openlot.service"
    unit.write_text(text)
    if verify := shutil.which("systemd-analyze"):
        done = subprocess.run([verify, "verify", str(unit)], capture_output=True, text=True, check=False)
        assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, [])


def test_a_path_that_would_be_two_words_is_refused(tmp_path: Path) -> None:
    """A folder with a space in its name is refused with what to do; a percent sign is kept from being a specifier."""
    (tmp_path / "two words").mkdir()
    file = write_config(tmp_path / "two words")
    with pytest.raises(BadConfig, match="without spaces"):
        systemd_unit(load_config(file), file, "openlot")
    (tmp_path / "100%").mkdir()
    file = write_config(tmp_path / "100%")
    assert "/100%%/lot.toml" in systemd_unit(load_config(file), file, "openlot")
