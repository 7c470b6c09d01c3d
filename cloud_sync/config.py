"""What `openlot sync` is told: sync.toml as one frozen value. Relative paths start at the file's own folder."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from cloud_sync.backoff import Backoff
from cloud_sync.errors import BadConfig
from cloud_sync.wire import LOT_ID, MAX_BATCH_ENVELOPES
from lot_server.domain.clock import Clock
from lot_server.domain.clock_config import clock_from_config
from lot_server.domain.errors import DomainError
from lot_server.errors import BadConfig as BadTable
from lot_server.toml_section import from_table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LotSection:
    """The lot: its id, its SQLite file, and its server's loopback address with the file that holds the token."""

    id: str
    database: Path
    loopback_url: str
    token_file: Path


@dataclass(frozen=True, slots=True)
class CloudSection:
    """The cloud's address, http or https."""

    url: str


@dataclass(frozen=True, slots=True)
class KeySection:
    """The file with the lot's private key."""

    file: Path


@dataclass(frozen=True, slots=True)
class WorkerSection:
    """The watermark's SQLite file, and the most envelopes to send at once."""

    watermark: Path
    batch_envelopes: int = MAX_BATCH_ENVELOPES


@dataclass(frozen=True, slots=True)
class SyncConfig:
    lot: LotSection
    cloud: CloudSection
    key: KeySection
    worker: WorkerSection
    backoff: Backoff
    clock: Clock


def load_config(file: Path) -> SyncConfig:
    """The configuration in `file`. Raises BadConfig naming the file and the key."""
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"{file} cannot be read ({error.strerror}): give an existing file") from error
    except ValueError as error:
        raise BadConfig(f"{file} is not TOML: {error}") from error
    try:
        return _config(file.absolute().parent, sections)
    except (BadConfig, BadTable, DomainError) as error:
        raise BadConfig(f"{file}: {error}") from error


def _config(folder: Path, sections: Mapping[str, object]) -> SyncConfig:
    known = [field.name for field in fields(SyncConfig)]
    for name in sections:
        if name not in known:
            raise BadConfig(f"there is no section [{name}]: it takes {', '.join(known)}")

    def section(kind: type[T], name: str) -> T:
        return from_table(kind, f"[{name}]", sections.get(name, {}), folder)

    clock = sections.get("clock")
    if clock is not None and not isinstance(clock, dict):
        raise BadConfig("clock must be a table: write [clock] above its keys")
    config = SyncConfig(
        section(LotSection, "lot"),
        section(CloudSection, "cloud"),
        section(KeySection, "key"),
        section(WorkerSection, "worker"),
        section(Backoff, "backoff"),
        clock_from_config(clock),
    )
    _check(config)
    return config


def _check(config: SyncConfig) -> None:
    if not LOT_ID.fullmatch(config.lot.id):
        raise BadConfig("[lot] id must be 1 to 64 letters, digits, '.', '_' or '-'")
    for where, url in (("[lot] loopback_url", config.lot.loopback_url), ("[cloud] url", config.cloud.url)):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadConfig(f"{where} must be an address like https://cloud.example, not {url!r}")
    if not 1 <= config.worker.batch_envelopes <= MAX_BATCH_ENVELOPES:
        raise BadConfig(f"[worker] batch_envelopes must be 1 to {MAX_BATCH_ENVELOPES}")
