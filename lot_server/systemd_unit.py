"""The systemd unit that runs a lot's server, with no more rights than its configuration needs.

Each setting is explained in systemd.exec(5) and systemd.service(5).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from lot_server.config import LotConfig
from lot_server.errors import BadConfig
from lot_server.hardware_config import GpioSection

STOP_SECONDS = 30
"""Longer than the server needs to finish what it began."""

_HARDENED = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "PrivateTmp=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "UMask=0077",
)


def systemd_unit(config: LotConfig, file: Path, user: str, python: Path = Path(sys.executable)) -> str:
    """The unit's text: `user` runs `python -m openlot lot serve`, and may write the store's folder alone.

    Raises BadConfig for a path that a unit cannot hold.
    """
    store = _word(config.store.folder.absolute())
    return "\n".join(
        (
            "[Unit]",
            f"Description=openlot: lot {config.lot.id}",
            "Documentation=man:systemd.exec(5)",
            # Gates open with no network at all: nothing is waited for but the clock's first setting.
            "After=time-set.target local-fs.target",
            "Wants=time-set.target",
            f"RequiresMountsFor={store}",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            "Type=exec",
            f"User={user}",
            # Where Python looks for modules: never in the folder that the service happens to start in.
            "Environment=PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1",
            f"ExecStart={_word(python.absolute())} -m openlot lot serve --config {_word(file.absolute())}",
            "Restart=always",
            "RestartSec=2",
            # SIGTERM to the server alone, which ends its workers itself; SIGKILL to all that is left.
            "KillMode=mixed",
            f"TimeoutStopSec={STOP_SECONDS}",
            "OOMScoreAdjust=-500",
            f"ReadWritePaths={store}",
            *_HARDENED,
            *_devices(config),
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        )
    )


def _devices(config: LotConfig) -> Iterator[str]:
    """Cameras on USB and GPIO chips, where the configuration names some; else no device at all."""
    chips = sorted({section.chip for section in config.devices if isinstance(section, GpioSection)})
    usb = sorted({f"/dev/video{lane.camera.partition(':')[2]}" for lane in config.lanes if lane.camera[:4] == "usb:"})
    if config.vision.provider in ("cuda", "tensorrt"):
        # The driver's device files have no fixed names.
        return
    if not chips and not usb:
        yield "PrivateDevices=yes"
        return
    yield "DevicePolicy=closed"
    yield from (f"DeviceAllow={_word(Path(device))} rw" for device in (*chips, *usb))
    if chips:
        yield "SupplementaryGroups=gpio"
    if usb:
        yield "SupplementaryGroups=video"


def _word(path: Path) -> str:
    """A path as one word of a unit; what systemd would take for something else is refused."""
    text = str(path)
    if any(character.isspace() or character in "\"'\\;$" for character in text):
        raise BadConfig(f"{path} cannot stand in a systemd unit: use a path without spaces, quotes, ';' and '$'")
    return text.replace("%", "%%")
