"""All checks of a lot, in the order in which one depends on another."""

from pathlib import Path

from lot_server.config import load_config
from lot_server.doctor.finding import Finding
from lot_server.doctor.machine import check_clock, check_disk, check_modes
from lot_server.doctor.parts import check_parts
from lot_server.doctor.records import check_store, last_recorded
from lot_server.doctor.running import check_running
from lot_server.doctor.weights import check_weights
from lot_server.errors import BadConfig
from lot_server.machine_time import MachineTime


def examine(file: Path, least_free_gib: float) -> list[Finding]:
    """Everything about the lot of this configuration; with one that cannot be read, only that."""
    try:
        config = load_config(file)
    except BadConfig as error:
        return [Finding("configuration", "fail", str(error), "correct it: docs/examples/lot.toml shows every key")]
    running = list(check_running(config))
    return [
        Finding("configuration", "ok", f"lot {config.lot.id}, {len(config.lanes)} lanes"),
        *check_modes(config, file),
        check_clock(config, last_recorded(config), MachineTime().synchronised()),
        check_disk(config, least_free_gib),
        *check_store(config),
        *check_weights(config),
        *running,
        *(check_parts(config) if not config.store.address.exists() else ()),
    ]
