"""What `openlot sync` is told: sync.toml as one frozen value. Relative paths start at the file's own folder."""

from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from cloud_sync.backoff import Backoff
from cloud_sync.errors import BadConfig
from cloud_sync.wire import LOT_ID, MAX_BATCH_ENVELOPES
from lot_server.domain.clock import Clock
from lot_server.domain.errors import DomainError
from lot_server.domain.toml_file import read_toml


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
    """The configuration in `file`. Raises BadConfig naming the file, the line and the key."""
    try:
        found = read_toml(file, [field.name for field in fields(SyncConfig)])
    except DomainError as error:
        raise BadConfig(str(error)) from error
    try:
        config = SyncConfig(
            found.section(LotSection, "lot"),
            found.section(CloudSection, "cloud"),
            found.section(KeySection, "key"),
            found.section(WorkerSection, "worker"),
            found.section(Backoff, "backoff"),
            found.clock(),
        )
        _check(config)
    except (BadConfig, DomainError) as error:
        raise BadConfig(found.complaint(error)) from error
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
