"""The configuration files of the week's lot, its sync worker and its cloud."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from benchmarks.simulation.settings import (
    LATITUDE,
    LONGITUDE,
    LOT_ID,
    Files,
    Ports,
    Table,
    cloud_tables,
    sync_tables,
    write_tables,
)
from benchmarks.week.plan import BEGINS, ENTRIES, EXITS, TIME_ZONE, Week
from lot_server.domain.clock import to_text

CURRENCY = "EUR"
MANY = 1_000_000


def write_week_settings(files: Files, ports: Ports, week: Week) -> None:
    """Write them, and the secret that cloud and provider share. The clocks are none that a file could state."""
    files.log("x").parent.mkdir(parents=True, exist_ok=True)
    files.secret.touch(mode=0o600)
    files.secret.write_text(secrets.token_hex(32), encoding="ascii")
    before, after = to_text(BEGINS - timedelta(days=1)), to_text(BEGINS + timedelta(days=30))
    lists: dict[str, list[Table]] = {
        "lanes": [
            {"id": lane, "direction": direction, "camera": "simulated"}
            for direction, lanes in (("entry", ENTRIES), ("exit", EXITS))
            for lane in lanes
        ],
        "tariffs": [_tariff(before)],
        "passes": [
            {"pass_id": f"pass-{number}", "plate": plate, "kind": "monthly", "valid_from": before, "valid_until": after}
            for number, plate in enumerate(week.passes)
        ],
    }
    write_tables(files.lot, _lot(files, ports, week), lists)
    sync = dict(sync_tables(files, ports))
    sync["backoff"] = {"base_s": 0.05, "cap_s": 0.3, "halted_s": 1.0}
    write_tables(files.sync, sync)
    cloud = dict(cloud_tables(files, ports))
    cloud["limits"] = {"fee_per_minute": MANY, "plate_per_minute": MANY}
    write_tables(files.cloud, cloud)
    sandbox: Mapping[str, Table] = {
        "server": {"host": "127.0.0.1", "port": ports.sandbox, "public_url": f"http://127.0.0.1:{ports.sandbox}"},
        "webhook": {
            "secret_file": str(files.secret),
            "repeats": 1,
            "reorder": True,
            "delay_s": 0.005,
            "seed": week.seed,
        },
    }
    write_tables(files.sandbox, sandbox)


def _lot(files: Files, ports: Ports, week: Week) -> dict[str, Table]:
    return {
        "lot": {
            "id": LOT_ID,
            "name": "Week lot",
            "address": "1 Lakeside Road",
            "latitude": LATITUDE,
            "longitude": LONGITUDE,
            "spaces": week.spaces,
            "time_zone": TIME_ZONE,
            "currency": CURRENCY,
        },
        "store": {"folder": str(files.lot_store)},
        "loopback": {"host": "127.0.0.1", "port": ports.lot},
        "vision": {"workers": 1, "timeout_s": 60.0},
        "site": {"kind": "simulated"},
        "payment": {"driver_page_url": f"http://127.0.0.1:{ports.cloud}/pay"},
        "blocked": {"plates": list(week.blocked)},
    }


def _tariff(valid_from: str) -> Table:
    """By the half hour by day and by the hour at night, a cap a day, less for yellow plates, and a lost ticket's."""
    return {
        "version": 1,
        "valid_from": valid_from,
        "free_minutes": 15,
        "lines": [
            {"start_minute": 0, "block_minutes": 30, "price": 120},
            {"start_minute": 180, "block_minutes": 60, "price": 150},
        ],
        "daily_cap": 1800,
        "windows": [
            {
                "name": "night",
                "starts": "22:00",
                "ends": "07:00",
                "lines": [{"start_minute": 0, "block_minutes": 60, "price": 50}],
                "cap": 300,
            }
        ],
        "classes": [{"name": "new energy", "colors": ["green"], "percent_off": 50}],
        "grace_minutes": 15,
        "quote_minutes": 10,
        "lost_ticket": 2500,
        "rounding": {"unit": 10},
    }
