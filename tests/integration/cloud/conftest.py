"""A cloud on each database, a lot with a car inside, and a sandbox provider."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
from running_cloud import NO_TLS, NOON, HandClock, Lot, RunningCloud, running

from api.config import CloudConfig, Limits, SandboxAccount, Server
from api.db import Database
from api.main import create_app
from api.payments.sandbox_config import SandboxConfig, WebhookHabits
from api.payments.sandbox_service import create_sandbox
from api.serving import address, bind

SECRET = b"a secret of this test, long enough"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def limits() -> Limits:
    """High enough for any test that is not about them."""
    return Limits(1000, 1000)


@pytest.fixture
def habits() -> WebhookHabits:
    """A provider that tells at once, and twice."""
    return WebhookHabits(repeats=1, delay_s=0.01, retry_s=0.05)


@pytest.fixture
def sandbox(clock: HandClock, habits: WebhookHabits) -> Iterator[SandboxAccount]:
    """A running sandbox provider."""
    listener = bind(Server(port=0))
    server = Server(port=0, public_url=address(listener))
    with running(create_sandbox(SandboxConfig(SECRET, clock, server, habits)), listener) as url:
        yield SandboxAccount(url, SECRET)


@pytest.fixture
def account() -> SandboxAccount | None:
    """The cloud's account at a provider: none, unless a test module wants one."""
    return None


@pytest.fixture
def cloud(
    database_url: str, clock: HandClock, limits: Limits, account: SandboxAccount | None
) -> Iterator[RunningCloud]:
    listener = bind(Server(port=0))
    server = Server(port=0, public_url=address(listener))
    config = CloudConfig(database_url, clock, server, limits, account)
    database = Database(database_url)
    with (
        running(create_app(config), listener) as url,
        httpx2.Client(base_url=url, timeout=30, verify=NO_TLS) as client,
        asyncio.Runner() as runner,
    ):
        yield RunningCloud(client, url, config, database, runner)
        runner.run(database.close())


@pytest.fixture
def lot(cloud: RunningCloud) -> Lot:
    """An enrolled lot."""
    return cloud.enrol("lot-1")


@pytest.fixture
def open_lot(lot: Lot) -> Lot:
    """A lot that is described and priced, with 沪A12345 inside for two hours: 10.00 are due."""
    lot.describe()
    lot.publish()
    lot.admit("stay-1", "沪A12345", NOON - timedelta(hours=2))
    lot.send()
    return lot
