"""What `openlot sync` is told: sync.toml as one frozen value. Relative paths start at the file's own folder."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from urllib.parse import urlsplit

from cloud_sync.backoff import Backoff
from cloud_sync.errors import BadConfig
from cloud_sync.wire import LOT_ID, MAX_BATCH_ENVELOPES
from lot_server.domain.clock import Clock
from lot_server.domain.clock_config import clock_from_config
from lot_server.domain.errors import DomainError

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
    except (BadConfig, DomainError) as error:
        raise BadConfig(f"{file}: {error}") from error


def _config(folder: Path, sections: Mapping[str, object]) -> SyncConfig:
    known = [field.name for field in fields(SyncConfig)]
    for name, section in sections.items():
        if name not in known:
            raise BadConfig(f"there is no section [{name}]: it takes {', '.join(known)}")
        if not isinstance(section, dict):
            raise BadConfig(f"{name} must be a section: write [{name}] above its keys")
    tables: dict[str, dict[str, object]] = {name: sections.get(name, {}) for name in known}  # type: ignore[misc]
    config = SyncConfig(
        _section(LotSection, "lot", tables["lot"], folder),
        _section(CloudSection, "cloud", tables["cloud"], folder),
        _section(KeySection, "key", tables["key"], folder),
        _section(WorkerSection, "worker", tables["worker"], folder),
        _section(Backoff, "backoff", tables["backoff"], folder),
        clock_from_config(tables["clock"]),
    )
    _check(config)
    return config


def _section(kind: type[T], name: str, table: Mapping[str, object], folder: Path) -> T:
    hints = get_type_hints(kind)
    for key in table:
        if key not in hints:
            raise BadConfig(f"[{name}] has no key {key!r}: it takes {', '.join(hints)}")
    expected: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]
    for field in expected:
        if field.name not in table and field.default is MISSING:
            raise BadConfig(f"[{name}] {field.name} is missing")
    return kind(**{key: _value(hints[key], table[key], f"[{name}] {key}", folder) for key in table})


def _value(hint: type, value: object, where: str, folder: Path) -> object:
    kinds: dict[type, tuple[type, ...]] = {Path: (str,), float: (int, float)}
    if isinstance(value, bool) or not isinstance(value, kinds.get(hint, (hint,))):
        raise BadConfig(f"{where} must be a {'number' if hint in (int, float) else 'text'}, not {value!r}")
    return folder / str(value) if hint is Path else value


def _check(config: SyncConfig) -> None:
    if not LOT_ID.fullmatch(config.lot.id):
        raise BadConfig("[lot] id must be 1 to 64 letters, digits, '.', '_' or '-'")
    for where, url in (("[lot] loopback_url", config.lot.loopback_url), ("[cloud] url", config.cloud.url)):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadConfig(f"{where} must be an address like https://cloud.example, not {url!r}")
    if not 1 <= config.worker.batch_envelopes <= MAX_BATCH_ENVELOPES:
        raise BadConfig(f"[worker] batch_envelopes must be 1 to {MAX_BATCH_ENVELOPES}")
