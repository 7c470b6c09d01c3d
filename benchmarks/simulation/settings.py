"""The four configuration files of a simulated site, as an administrator would write them."""

import json
import secrets
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.simulation.bursts import FRAMES, Direction
from benchmarks.simulation.scenario import DAY, TIME_ZONE, Scenario
from lot_server.domain.clock import SimulatedClock, to_text

LOT_ID = "demo-lot"
LANES: dict[Direction, str] = {"entry": "in-1", "exit": "out-1"}
LATITUDE, LONGITUDE = 31.2989, 120.5853
CURRENCY = "CNY"
VISION_WORKERS = 2

Table = Mapping[str, object]
"""Texts, numbers, truth values, and lists and tables of these."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Free ports of 127.0.0.1 that the services were given."""

    lot: int
    uplink: int
    cloud: int
    sandbox: int


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything of one site lies."""

    folder: Path

    @property
    def lot(self) -> Path:
        return self.folder / "lot.toml"

    @property
    def sync(self) -> Path:
        return self.folder / "sync.toml"

    @property
    def cloud(self) -> Path:
        return self.folder / "cloud.toml"

    @property
    def sandbox(self) -> Path:
        return self.folder / "sandbox.toml"

    @property
    def key(self) -> Path:
        return self.folder / "lot.key"

    @property
    def secret(self) -> Path:
        return self.folder / "sandbox.secret"

    @property
    def lot_store(self) -> Path:
        return self.folder / "lot"

    @property
    def lot_database(self) -> Path:
        return self.lot_store / "lot.db"

    @property
    def cloud_database(self) -> Path:
        return self.folder / "cloud.db"

    @property
    def frames(self) -> Path:
        return self.folder / "frames"

    def log(self, service: str) -> Path:
        return self.folder / "logs" / f"{service}.log"


def free_ports() -> Ports:
    """Ports that nothing listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(4)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return Ports(*(each.getsockname()[1] for each in sockets))


def write_settings(files: Files, ports: Ports, scenario: Scenario, clock: SimulatedClock) -> None:
    """Write the configuration files, and the secret that cloud and provider share."""
    files.log("x").parent.mkdir(parents=True)
    files.secret.touch(mode=0o600)
    files.secret.write_text(secrets.token_hex(32), encoding="ascii")
    hands: dict[str, Table] = {
        "clock": {
            "simulated": True,
            "origin": to_text(clock.origin),
            "speed": clock.speed,
            "started_at": to_text(clock.started_at),
        }
    }
    write_tables(files.lot, _lot(files, ports, scenario, clock.speed) | hands, _lot_lists(scenario))
    write_tables(files.sync, sync_tables(files, ports) | hands)
    write_tables(files.cloud, cloud_tables(files, ports) | hands)
    sandbox: dict[str, Table] = {
        "server": {"host": "127.0.0.1", "port": ports.sandbox, "public_url": f"http://127.0.0.1:{ports.sandbox}"},
        "webhook": {"secret_file": str(files.secret), "repeats": 1, "reorder": True, "delay_s": 0.1},
    }
    write_tables(files.sandbox, sandbox | hands)


def _lot(files: Files, ports: Ports, scenario: Scenario, speed: float) -> dict[str, Table]:
    return {
        "lot": {
            "id": LOT_ID,
            "name": "Demo lot",
            "address": "1 Lakeside Road",
            "latitude": LATITUDE,
            "longitude": LONGITUDE,
            "spaces": scenario.spaces,
            "time_zone": TIME_ZONE,
            "currency": CURRENCY,
        },
        "store": {"folder": str(files.lot_store)},
        "loopback": {"host": "127.0.0.1", "port": ports.lot},
        "vision": {"workers": VISION_WORKERS, "burst_frames": FRAMES, "timeout_s": 60.0},
        "site": {"kind": "simulated", "opening_s": 0.05, "drive_s": 0.03},
        "payment": {"driver_page_url": f"http://127.0.0.1:{ports.cloud}/pay"},
        # What people and processes take is real time, and these are spans of the lot's faster clock.
        "timing": {
            "read_s": 60.0,
            "passage_s": 2 * speed,
            "payment_s": 10 * speed,
            "operator_s": 60 * speed,
            "refused_s": 60 * speed,
        },
    }


def _lot_lists(scenario: Scenario) -> dict[str, list[Table]]:
    day_before, month_after = to_text(DAY - timedelta(days=1)), to_text(DAY + timedelta(days=30))
    return {
        "lanes": [{"id": lane, "direction": direction, "camera": "simulated"} for direction, lane in LANES.items()],
        "tariffs": [
            {
                "version": 1,
                "valid_from": day_before,
                "free_minutes": 120,
                "lines": [
                    {"start_minute": 0, "block_minutes": 60, "price": 500},
                    {"start_minute": 240, "block_minutes": 60, "price": 300},
                ],
                "daily_cap": 4000,
                "windows": [
                    {
                        "name": "evening",
                        "starts": "18:00",
                        "ends": "06:00",
                        "lines": [{"start_minute": 0, "block_minutes": 60, "price": 200}],
                        "cap": 800,
                    }
                ],
                "classes": [{"name": "new energy", "colors": ["green"], "percent_off": 50}],
                "grace_minutes": 90,
                "quote_minutes": 180,
            }
        ],
        "passes": [
            {
                "pass_id": f"pass-{vehicle.vehicle_id}",
                "plate": vehicle.car.plates[0],
                "kind": "monthly",
                "valid_from": day_before,
                "valid_until": month_after,
            }
            for vehicle in scenario.vehicles
            if vehicle.role == "pass_holder"
        ],
    }


def sync_tables(files: Files, ports: Ports) -> dict[str, Table]:
    """sync.toml without its clock."""
    return {
        "lot": {
            "id": LOT_ID,
            "database": str(files.lot_database),
            "loopback_url": f"http://127.0.0.1:{ports.lot}",
            "token_file": str(files.lot_store / "loopback.token"),
        },
        "cloud": {"url": f"http://127.0.0.1:{ports.uplink}"},
        "key": {"file": str(files.key)},
        "worker": {"watermark": str(files.folder / "watermark.db")},
        "backoff": {"base_s": 0.2, "cap_s": 1.0},
    }


def cloud_tables(files: Files, ports: Ports) -> dict[str, Table]:
    """cloud.toml without its clock."""
    return {
        "server": {"host": "127.0.0.1", "port": ports.cloud, "public_url": f"http://127.0.0.1:{ports.cloud}"},
        "database": {"url": f"sqlite+aiosqlite:///{files.cloud_database}"},
        # Every driver of the day shares one address.
        "limits": {"fee_per_minute": 1000, "plate_per_minute": 1000},
        "sandbox": {"url": f"http://127.0.0.1:{ports.sandbox}", "secret_file": str(files.secret)},
    }


def write_tables(path: Path, tables: Mapping[str, Table], lists: Mapping[str, Sequence[Table]] | None = None) -> None:
    """Write a TOML file: its tables, then its lists of tables."""
    parts = [_table(f"[{name}]", table) for name, table in tables.items()]
    parts += [_table(f"[[{name}]]", table) for name, each in (lists or {}).items() for table in each]
    path.write_text("\n".join(parts), encoding="utf-8")


def _table(heading: str, table: Table) -> str:
    return "\n".join([heading, *(f"{key} = {_value(value)}" for key, value in table.items())]) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # TOML writes texts, numbers and truth values as JSON does.
    return json.dumps(value, ensure_ascii=False)
