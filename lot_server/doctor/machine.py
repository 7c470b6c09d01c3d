"""The machine: its disk, its clock, and who may read the lot's files."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lot_server.config import LotConfig
from lot_server.doctor.finding import Finding
from lot_server.domain.clock import to_text
from lot_server.hardware_config import HttpSection, MqttSection

GIBIBYTE = 1 << 30


def check_disk(config: LotConfig, least_free_gib: float) -> Finding:
    """Free room under the store against what is asked for; a photo is a few hundred KB."""
    place = next(path for path in (config.store.folder, *config.store.folder.parents) if path.exists())
    free = shutil.disk_usage(place).free / GIBIBYTE
    text = f"{free:.1f} GiB free for {config.store.folder}, {least_free_gib:g} asked for"
    advice = "free some room or give the store a larger disk; photos take most of it"
    if free < least_free_gib:
        return Finding("disk", "fail", text, advice)
    return Finding("disk", "warn", text, advice) if free < 2 * least_free_gib else Finding("disk", "ok", text)


def check_clock(config: LotConfig, last: datetime | None, synchronised: bool | None) -> Finding:
    """Whether the clock may be trusted: fees are made of it. `last` is when the last fact was recorded."""
    now = config.clock.now()
    if last is not None and now < last:
        text = f"it shows {to_text(now)}, before the last recorded fact at {to_text(last)}"
        return Finding("clock", "fail", text, "set the machine's time before vehicles are priced by it")
    if config.clock.simulated:
        return Finding("clock", "warn", f"simulated: it shows {to_text(now)}", "leave [clock] out at a real lot")
    if synchronised is None:
        return Finding("clock", "warn", "the kernel does not say whether it is synchronised", "compare it by hand")
    if not synchronised:
        return Finding("clock", "warn", "not synchronised with any time server", "install chrony, or a clock module")
    return Finding("clock", "ok", f"synchronised: {to_text(now)}")


def check_modes(config: LotConfig, file: Path) -> Iterator[Finding]:
    """That nobody but the lot's own user can read the store or its token, or change its configuration."""
    wrong = [*_readable(config), *_telling(config, file), *_changeable(file)]
    yield from wrong
    if not wrong:
        yield Finding("file modes", "ok", "only the lot's user reads the store and changes the configuration")


def _readable(config: LotConfig) -> Iterator[Finding]:
    logins = [section.auth_file for section in config.devices if isinstance(section, HttpSection | MqttSection)]
    for path in (config.store.folder, config.store.token, *(path for path in logins if path is not None)):
        mode = _mode(path)
        if mode is not None and mode & (stat.S_IRWXG | stat.S_IRWXO):
            advice = f"chmod go= {path}"
            yield Finding("file modes", "fail", f"others may use {path} (mode {mode:04o})", advice)


def _telling(config: LotConfig, file: Path) -> Iterator[Finding]:
    mode = _mode(file)
    if mode is not None and mode & stat.S_IROTH and any("@" in lane.camera for lane in config.lanes):
        text = f"others may read {file} (mode {mode:04o}), which holds a camera's password"
        yield Finding("file modes", "fail", text, f"chmod o= {file}")


def _changeable(file: Path) -> Iterator[Finding]:
    mode = _mode(file)
    if mode is not None and mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Finding("file modes", "fail", f"others may change {file} (mode {mode:04o})", f"chmod go-w {file}")
    if mode is not None and not os.access(file, os.R_OK):
        yield Finding("file modes", "fail", f"{file} cannot be read", "run as the lot's user")


def _mode(path: Path) -> int | None:
    """The permission bits, None where nothing is there."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None
