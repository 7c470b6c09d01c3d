"""What the cloud service is told at its start: one frozen value, read strictly from TOML."""

from dataclasses import dataclass
from pathlib import Path

from api.errors import BadConfig
from api.toml_section import Section, sections
from lot_server.domain.clock import Clock
from lot_server.domain.clock_config import clock_from_config
from lot_server.domain.errors import DomainError

MIN_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Server:
    """Where the service listens. `public_url` is how drivers and the provider reach it, without a slash at its end;
    None stands for the address it listens on. `trusted_proxies` may name the client in `X-Forwarded-For`.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Fee queries a minute, in the configured clock, of one address at one lot and for one plate at one lot."""

    fee_per_minute: int = 10
    plate_per_minute: int = 10
    remembered: int = 10_000


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """The sandbox payment provider: its address and the secret shared with it."""

    url: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class CloudConfig:
    database_url: str
    clock: Clock
    server: Server = Server()
    limits: Limits = Limits()
    sandbox: SandboxAccount | None = None


def load(file: Path) -> CloudConfig:
    """The configuration in `file`. Raises BadConfig naming file and key."""
    parts = sections(file, ("server", "database", "clock", "limits", "sandbox"))
    database = parts["database"]
    config = CloudConfig(
        database_url=database.take("url", str),
        clock=read_clock(parts["clock"]),
        server=read_server(parts["server"], 8080),
        limits=_limits(parts["limits"]),
        sandbox=_sandbox(parts["sandbox"]),
    )
    for part in parts.values():
        part.finish()
    return config


def read_server(part: Section, port: int) -> Server:
    """Where a service listens."""
    public_url = part.take("public_url", str, "").rstrip("/") or None
    if public_url is not None and not public_url.startswith(("http://", "https://")):
        raise BadConfig(f"{part.where('public_url')} must begin with http:// or https://")
    port = part.take("port", int, port)
    if not 0 <= port <= 65535:
        raise BadConfig(f"{part.where('port')} must be 0 (any free port) to 65535")
    return Server(part.take("host", str, "127.0.0.1"), port, public_url, part.texts("trusted_proxies"))


def read_clock(part: Section) -> Clock:
    """The clock that a `[clock]` section describes."""
    try:
        return clock_from_config(part.rest())
    except DomainError as error:
        raise BadConfig(f"{part.where('')[:-1]}: {error}") from error


def read_secret(part: Section) -> bytes:
    """The shared secret in `secret_file`, without white space around it."""
    file = part.path("secret_file")
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise BadConfig(
            f"{part.where('secret_file')}: {file} cannot be read ({error.strerror}); "
            "make one with: openssl rand -hex 32, the same for the cloud and the provider"
        ) from error
    if len(secret) < MIN_SECRET_BYTES:
        raise BadConfig(f"{part.where('secret_file')}: {file} holds less than {MIN_SECRET_BYTES} bytes: make it longer")
    return secret


def _limits(part: Section) -> Limits:
    default = Limits()
    return Limits(
        part.positive("fee_per_minute", default.fee_per_minute),
        part.positive("plate_per_minute", default.plate_per_minute),
        part.positive("remembered", default.remembered),
    )


def _sandbox(part: Section) -> SandboxAccount | None:
    if part.empty:
        return None
    return SandboxAccount(part.take("url", str).rstrip("/"), read_secret(part))
