"""The cloud as its operator runs it: configuration, enrolment, start and stop, schema."""

import asyncio
import re
import signal
import subprocess
import sys

import httpx2
import pytest
from sqlalchemy import update

from api.config import load
from api.db import Database
from api.errors import BadConfig
from api.migrations.schema import SCHEMA_VERSION
from api.payments.sandbox_config import load_sandbox
from api.tables import Enrolment, SchemaVersion
from cloud_sync.signing import new_key, sign_request
from cloud_sync.wire import Ack, decode, ledger_path
from lot_server.domain.clock import SystemClock
from lot_server.domain.ledger import GENESIS
from openlot import main

COMMAND = [sys.executable, "-m", "openlot", "cloud"]


@pytest.fixture
def run(capsys):
    """`openlot cloud` with these arguments: its exit status, and what it printed."""

    def call(*arguments):
        status = 0
        try:
            main(["cloud", *arguments])
        except SystemExit as stop:
            status = stop.code
        printed = capsys.readouterr()
        return status or 0, printed.out, printed.err

    return call


def prepare(url):
    """What a service does with its database before it starts."""

    async def once():
        database = Database(url)
        try:
            await database.prepare()
        finally:
            await database.close()

    asyncio.run(once())


@pytest.fixture
def folder(tmp_path):
    """A folder with working configurations."""
    (tmp_path / "secret").write_text("0123456789abcdef0123456789abcdef\n")
    (tmp_path / "sandbox.toml").write_text('[server]\nport = 0\n[webhook]\nsecret_file = "secret"\n')
    (tmp_path / "cloud.toml").write_text(
        f'[server]\nport = 0\n[database]\nurl = "sqlite+aiosqlite:///{tmp_path / "cloud.db"}"\n'
        '[sandbox]\nurl = "http://127.0.0.1:9"\nsecret_file = "secret"\n'
    )
    return tmp_path


@pytest.mark.parametrize(("command", "name"), [("serve", "cloud"), ("sandbox", "sandbox")])
def test_a_service_says_where_it_is_ready_and_stops_when_told(folder, command, name):
    """One line names the real port, the service answers there, and SIGTERM ends it cleanly."""
    service = subprocess.Popen(
        [*COMMAND, command, "--config", folder / f"{name}.toml"], stdout=subprocess.PIPE, text=True
    )
    try:
        line = service.stdout.readline()
        found = re.fullmatch(rf"{name} ready on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        assert httpx2.get(f"{found[1]}/healthz").json()["status"] == "ok"
    finally:
        service.send_signal(signal.SIGTERM)
        rest, _ = service.communicate(timeout=30)
    assert rest == ""
    assert service.returncode in (0, -signal.SIGTERM)


def test_a_lot_is_enrolled_and_its_key_replaced(folder, run):
    """`add-lot` lets a lot in, and with another key lets it in anew; nonsense is refused with what to do."""
    config = str(folder / "cloud.toml")
    for words in ("added", "has a new key"):
        _, public = new_key()
        done = run("add-lot", "--config", config, "--lot-id", "lot-1", "--public-key", public)
        assert done == (0, f"lot lot-1 {words}\n", "")
    for lot_id, key, word in (("a/b", public, "--lot-id"), ("lot-2", "AAAA", "--public-key"), ("x", "é", "keygen")):
        status, _, problem = run("add-lot", "--config", config, "--lot-id", lot_id, "--public-key", key)
        assert (status, word in problem) == (2, True)


def test_an_enrolled_lot_starts_at_the_beginning(cloud, lot):
    """A fresh lot's ledger stands at 0, before its first fact."""
    path = ledger_path("lot-1")
    headers = sign_request(lot.key, "GET", path, b"", cloud.config.clock.now())
    assert decode(Ack, cloud.client.get(path, headers=headers).content) == Ack("lot-1", 0, GENESIS)
    assert [row.lot_id for row in cloud.rows(Enrolment)] == ["lot-1"]


def test_a_newer_schema_is_refused(cloud, database_url):
    """A database that a newer openlot wrote is not opened, and the message says what to do."""
    cloud.work(lambda session: session.exec(update(SchemaVersion).values(version=SCHEMA_VERSION + 1)))

    with pytest.raises(BadConfig, match="newer one"):
        prepare(database_url)


def test_a_database_out_of_reach_is_named(tmp_path):
    """A server that does not answer or a folder that is missing is refused with the key to look at."""
    for url in ("postgresql+asyncpg://u@127.0.0.1:9/d", f"sqlite+aiosqlite:///{tmp_path / 'none' / 'a.db'}"):
        with pytest.raises(BadConfig, match=r"database\.url: the database cannot be used"):
            prepare(url)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ('[server]\nprot = 1\n[database]\nurl = "sqlite+aiosqlite:///a"', ":2: [server] has no key 'prot'"),
        ("[serve]", ":1: there is no section 'serve'"),
        ("", "[database] url is missing"),
        ("[database]\nurl = 7", ":2: [database] url must be a text"),
        ('[database]\nurl = "a"\n[server]\nport = "x"', ":4: [server] port must be a whole number"),
        ('[database]\nurl = "a"\n[server]\nport = 70000', ":4: [server] port must be 0"),
        ('[database]\nurl = "a"\n[server]\npublic_url = "x"', ":4: [server] public_url must begin with"),
        ('[database]\nurl = "a"\n[limits]\nfee_per_minute = 0', ":4: [limits] fee_per_minute must be at least 1"),
        ('[database]\nurl = "a"\n[clock]\nspeed = 2', "simulated = true"),
        ('[database]\nurl = "a"\n[sandbox]\nurl = "b"', ":3: [sandbox] secret_file is missing"),
        ('[database]\nurl = "a"\n[sandbox]\nurl = "b"\nsecret_file = "none"', "openssl rand"),
        ('[database]\nurl = "a"\n[sandbox]\nurl = "b"\nsecret_file = "short"', "less than 16 bytes"),
        ("not toml", "is not TOML"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path, change, names):
    """Each mistake is refused with the file, the line, the key and what is wanted."""
    (tmp_path / "short").write_text("abc")
    file = tmp_path / "cloud.toml"
    file.write_text(change)
    with pytest.raises(BadConfig) as refused:
        load(file)
    assert names in str(refused.value)
    assert str(file) in str(refused.value)


def test_configurations_are_read_whole(folder):
    """Every key reaches the service, paths are looked for beside the file, and defaults fill the rest."""
    (folder / "cloud.toml").write_text(
        '[server]\nhost = "::1"\nport = 81\npublic_url = "https://p.example/"\ntrusted_proxies = ["10.0.0.1"]\n'
        '[database]\nurl = "postgresql+asyncpg://u@h/d"\n[limits]\nfee_per_minute = 3\n'
        "[clock]\nsimulated = true\norigin = 2026-01-01T00:00:00Z\nstarted_at = 2026-01-02T00:00:00Z\nspeed = 60\n"
        '[sandbox]\nurl = "http://s/"\nsecret_file = "secret"\n'
    )
    config = load(folder / "cloud.toml")
    assert (config.server.host, config.server.port, config.server.public_url) == ("::1", 81, "https://p.example")
    assert config.server.trusted_proxies == ("10.0.0.1",)
    assert (config.limits.fee_per_minute, config.limits.plate_per_minute) == (3, 10)
    assert config.clock.simulated
    assert (config.sandbox.url, config.sandbox.secret) == ("http://s", b"0123456789abcdef0123456789abcdef")
    sandbox = load_sandbox(folder / "sandbox.toml")
    assert isinstance(sandbox.clock, SystemClock)
    assert sandbox.webhook.repeats == 1
    (folder / "sandbox.toml").write_text('[webhook]\nsecret_file = "secret"\nrepeats = -1\n')
    with pytest.raises(BadConfig, match=r":3: \[webhook\] repeats"):
        load_sandbox(folder / "sandbox.toml")


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", "sqlite:///a", "sqlite+aiosqlite://"])
def test_only_two_databases_are_known(url):
    """Another database's URL is refused with the two that work."""
    with pytest.raises(BadConfig, match=r"database\.url"):
        Database(url)


def test_a_taken_port_and_a_missing_file_are_named(folder, run):
    """A service that cannot start says why in one line and exits with 2."""
    status, _, problem = run("serve", "--config", str(folder / "none.toml"))
    assert (status, "cannot be read" in problem) == (2, True)
    url = f"sqlite+aiosqlite:///{folder / 'cloud.db'}"
    (folder / "cloud.toml").write_text(f'[server]\nhost = "192.0.2.1"\n[database]\nurl = "{url}"')
    status, _, problem = run("serve", "--config", str(folder / "cloud.toml"))
    assert (status, "server.port" in problem) == (2, True)
