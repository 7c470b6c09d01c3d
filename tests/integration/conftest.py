"""A real PostgreSQL for the tests: one server a session, one database a test, nothing left behind."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALL = "sudo apt-get update && sudo apt-get install -y postgresql"
START_S = 60


@dataclass(frozen=True)
class Postgres:
    """A running server on a loopback port."""

    programs: Path
    port: int

    def create_database(self) -> str:
        """The URL of a fresh, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        self._run("createdb", name)
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        self._run("dropdb", "--force", url.rsplit("/", 1)[1])

    def _run(self, program: str, *arguments: str) -> None:
        connection = ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres"]
        subprocess.run([self.programs / program, *connection, *arguments], check=True, timeout=START_S)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = _programs()
    # PostgreSQL refuses to run as root.
    user = _unprivileged() if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="openlot-postgres-") as folder:
        os.chown(folder, user.pw_uid, user.pw_gid)
        process = _start(programs, Path(folder), user, port := _free_port())
        try:
            _await_ready(programs, process, port, Path(folder) / "log")
            yield Postgres(programs, port)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_S)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'cloud.db'}"
        return
    server = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


def _programs() -> Path:
    """Where `initdb` and `postgres` are; the same places as in tests/install_programs.sh."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name), reverse=True)
    folders += sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    if asked := shutil.which("pg_config"):
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(told.stdout.strip()))
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    return pytest.fail(f"these tests need PostgreSQL's server programs; run: {INSTALL}", pytrace=False)


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _start(programs: Path, folder: Path, user: pwd.struct_passwd, port: int) -> subprocess.Popen[bytes]:
    # extra_groups may be set by root alone, and for it alone matters.
    groups = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    cluster = str(folder / "cluster")
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", "--pgdata", cluster, *options], cwd=folder, capture_output=True, check=False, **groups
    )
    assert made.returncode == 0, made.stderr.decode()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "shared_buffers": "32MB",
        "max_connections": 50,
    }
    flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", cluster, *flags], cwd=folder, stdout=log, stderr=log, **groups
        )


def _await_ready(programs: Path, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        asked = subprocess.run(
            [programs / "pg_isready", "--host=127.0.0.1", f"--port={port}"], capture_output=True, check=False
        )
        if asked.returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
