"""What the cloud service is told at its start: one frozen value, read strictly from TOML."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from api.errors import BadConfig
from lot_server.domain.clock import Clock
from lot_server.domain.errors import BadToml, DomainError
from lot_server.domain.toml_file import TomlFile, read_toml

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
class ServerSection:
    """`[server]` as it is written; each service has a port of its own where none is given."""

    host: str = "127.0.0.1"
    port: int | None = None
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


@dataclass(frozen=True, slots=True)
class DatabaseSection:
    """Where the cloud's tables are: `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://USER@HOST/NAME`."""

    url: str


@dataclass(frozen=True, slots=True)
class SandboxSection:
    """The sandbox's address, and the file that holds the secret shared with it."""

    url: str
    secret_file: Path


def load(file: Path) -> CloudConfig:
    """The configuration in `file`. Raises BadConfig naming the file, the line and the key."""
    with complaining(file, ("server", "database", "clock", "limits", "sandbox")) as found:
        return CloudConfig(
            database_url=found.section(DatabaseSection, "database").url,
            clock=found.clock(),
            server=read_server(found, Server()),
            limits=_limits(found),
            sandbox=_sandbox(found),
        )


@contextmanager
def complaining(file: Path, known: tuple[str, ...]) -> Iterator[TomlFile]:
    """The file; what is wrong with a value of it is raised as BadConfig with the file and the line."""
    try:
        found = read_toml(file, known)
    except DomainError as error:
        raise BadConfig(str(error)) from error
    try:
        yield found
    except (DomainError, BadConfig) as error:
        raise BadConfig(found.complaint(error)) from error


def read_server(found: TomlFile, default: Server) -> Server:
    """Where a service listens; `default` gives the port where the file gives none."""
    section = found.section(ServerSection, "server")
    public_url = (section.public_url or "").rstrip("/") or None
    if public_url is not None and not public_url.startswith(("http://", "https://")):
        raise BadToml("[server] public_url must begin with http:// or https://")
    port = default.port if section.port is None else section.port
    if not 0 <= port <= 65535:
        raise BadToml("[server] port must be 0 (any free port) to 65535")
    return Server(section.host, port, public_url, section.trusted_proxies)


def read_secret(name: str, file: Path) -> bytes:
    """The shared secret in the `secret_file` of a section, without white space around it."""
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise BadToml(
            f"[{name}] secret_file: {file} cannot be read ({error.strerror}); "
            "make one with: openssl rand -hex 32, the same for the cloud and the provider"
        ) from error
    if len(secret) < MIN_SECRET_BYTES:
        raise BadToml(f"[{name}] secret_file: {file} holds less than {MIN_SECRET_BYTES} bytes: make it longer")
    return secret


def _limits(found: TomlFile) -> Limits:
    limits = found.section(Limits, "limits")
    for field in fields(limits):
        if getattr(limits, field.name) < 1:
            raise BadToml(f"[limits] {field.name} must be at least 1")
    return limits


def _sandbox(found: TomlFile) -> SandboxAccount | None:
    if "sandbox" not in found.sections:
        return None
    section = found.section(SandboxSection, "sandbox")
    return SandboxAccount(section.url.rstrip("/"), read_secret("sandbox", section.secret_file))
