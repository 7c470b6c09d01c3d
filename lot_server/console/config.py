"""The `[console]` section: where the operator console listens, and how long a sign-in holds."""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from lot_server.errors import BadConfig


@dataclass(frozen=True, slots=True)
class ConsoleSection:
    """`certificate` and `key` are PEM files; without them the console listens to its own machine only.

    A sign-in ends after `idle_minutes` without a page, and `longest_hours` after it began, by the lot's clock.
    """

    host: str = "127.0.0.1"
    port: int = 8802
    certificate: Path | None = None
    key: Path | None = None
    idle_minutes: int = 60
    longest_hours: int = 12

    @property
    def encrypted(self) -> bool:
        return self.certificate is not None

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.longest_hours)

    def check(self) -> None:
        """Raises BadConfig."""
        if not 0 <= self.port <= 65535:
            raise BadConfig("[console] port must be 0 to 65535")
        if (self.certificate is None) != (self.key is None):
            raise BadConfig("[console] certificate and key belong together: give both, or none")
        if not self.encrypted and not _is_own_machine(self.host):
            raise BadConfig(
                f"[console] host {self.host} would send passwords unencrypted: give certificate and key, "
                "or keep 127.0.0.1 and reach it through an SSH tunnel"
            )
        for file in (self.certificate, self.key):
            if file is not None and not file.is_file():
                raise BadConfig(f"[console] {file} is no file: give the path of a PEM file")
        if self.idle_minutes < 1 or self.longest_hours < 1:
            raise BadConfig("[console] idle_minutes and longest_hours must be at least 1")


def _is_own_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
