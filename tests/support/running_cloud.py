"""A real cloud on a free port, a clock that is set by hand, and a lot that signs what it sends: for tests."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlmodel import select

from api.config import CloudConfig
from api.db import Database
from api.enrolling import enrol
from api.serving import ReadyServer, address
from api.tables import Row
from cloud_sync.signing import new_key, sign_request
from cloud_sync.wire import Batch, batches_path, encode
from lot_server.domain import events
from lot_server.domain.clock import to_text
from lot_server.domain.codec import to_body
from lot_server.domain.ledger import GENESIS, Envelope, seal
from lot_server.domain.money import Money
from lot_server.domain.stay import Pass, Settlement
from lot_server.domain.tariff import RateLine, Tariff

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain HTTP; loading the system's certificates for each client would take longer than most tests."""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
START_S = 30


@dataclass
class HandClock:
    """Shows what it is set to."""

    instant: datetime = NOON
    simulated: bool = False

    def now(self) -> datetime:
        return self.instant

    def real(self, span: timedelta) -> float:
        return span.total_seconds()

    def forward(self, **span: float) -> None:
        self.instant += timedelta(**span)


@contextmanager
def running(app: FastAPI, listener: Any) -> Iterator[str]:
    """`app` served by a thread of its own until the block ends; the URL it answers at."""
    server = ReadyServer(app, (), "")
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        deadline = time.monotonic() + START_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert server.started, "the service did not start"
        yield address(listener)
    finally:
        server.should_exit = True
        thread.join(START_S)
        listener.close()


@dataclass
class RunningCloud:
    """A cloud under test: its HTTP client, and a look into its tables through a connection of its own."""

    client: httpx2.Client
    url: str
    config: CloudConfig
    database: Database
    runner: asyncio.Runner

    def work(self, job: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """The result of `job(session)` in a transaction of its own."""

        async def once() -> Any:
            async with self.database.writing() as session:
                return await job(session)

        return self.runner.run(once())

    def rows(self, table: type[Row]) -> list[Any]:
        """Every row of a table."""

        async def read(session: Any) -> Any:
            return list(await session.exec(select(table)))

        return self.work(read)

    def enrol(self, lot_id: str) -> "Lot":
        """A lot that the cloud knows, and that has sent nothing yet."""
        private, public = new_key()
        self.work(lambda session: enrol(session, lot_id, public))
        return Lot(lot_id, private, self)


class Lot:
    """A lot's side: its ledger, its key, and the events a day brings."""

    def __init__(self, lot_id: str, private_key: str, cloud: RunningCloud) -> None:
        self.lot_id, self.key, self.cloud = lot_id, private_key, cloud
        self.envelopes: list[Envelope] = []
        self.sent = 0

    def record(self, event: events.Event, at: datetime = NOON) -> Envelope:
        previous = self.envelopes[-1].hash if self.envelopes else GENESIS
        envelope = seal(self.lot_id, len(self.envelopes) + 1, event.KIND, to_text(at), to_body(event), previous)
        self.envelopes.append(envelope)
        return envelope

    def headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        return sign_request(self.key, method, path, body, self.cloud.config.clock.now())

    def post(self, *envelopes: Envelope) -> httpx2.Response:
        return self.post_bytes(encode(Batch(self.lot_id, envelopes)))

    def post_bytes(self, body: bytes) -> httpx2.Response:
        path = batches_path(self.lot_id)
        return self.cloud.client.post(path, content=body, headers=self.headers("POST", path, body))

    def send(self) -> None:
        """Post all that was recorded since the last time."""
        response = self.post(*self.envelopes[self.sent :])
        assert response.status_code == 200, response.text
        self.sent = len(self.envelopes)

    def describe(self, latitude: float = 31.2, longitude: float = 121.5, **facts: Any) -> None:
        described = events.LotDescribed(
            "人民广场 P1",
            "1 People's Ave",
            round(latitude * 1e6),
            round(longitude * 1e6),
            100,
            100,
            "Asia/Shanghai",
            "CNY",
        )
        self.record(replace(described, **facts))

    def publish(self, **facts: Any) -> None:
        """15 free minutes, 5.00 an hour, 40.00 a day at most; 15 minutes to leave, quotes honoured for 10."""
        tariff = Tariff(1, "CNY", NOON - timedelta(days=9), 15, (RateLine(0, 60, 500),), 4000, 15, 10)
        self.record(events.TariffPublished(replace(tariff, **facts)))

    def admit(self, stay_id: str, plate: str | None, at: datetime, **facts: Any) -> None:
        """A vehicle drives in, recorded in two events."""
        passage = f"in-{stay_id}"
        admitted = events.EntryAdmitted(
            stay_id, passage, "in", plate, plate, None, "read", None, ("a" * 64,), None, 1, at
        )
        self.record(replace(admitted, **facts), at)
        self.record(events.EntryConfirmed(stay_id, passage, at, 99), at)

    def release(self, stay_id: str, at: datetime) -> None:
        """The vehicle leaves."""
        passage, zero = f"out-{stay_id}", Money(0, "CNY")
        self.record(
            events.ExitAdmitted(stay_id, passage, "out", None, "paid", None, (), zero, zero, None, None, at), at
        )
        self.record(events.ExitConfirmed(stay_id, passage, at, 100), at)

    def settle(self, settlement: Settlement) -> None:
        self.record(events.SettlementApplied(settlement), settlement.settled_at)

    def grant(self, granted: Pass) -> None:
        self.record(events.PassGranted(granted))

    def ask_fee(self, plate: str) -> httpx2.Response:
        return self.cloud.client.post(f"/v1/lots/{self.lot_id}/fees", json={"plate": plate})

    def open_order(self, plate: str = "沪A12345", key: str = "key-0001") -> httpx2.Response:
        headers = {"Idempotency-Key": key}
        return self.cloud.client.post(f"/v1/lots/{self.lot_id}/payments", json={"plate": plate}, headers=headers)


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` finds, as soon as it is true."""
    deadline = time.monotonic() + START_S
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert found, "it did not happen in time"
    return found


def press_pay(order: dict[str, Any]) -> httpx2.Response:
    """What the button of the sandbox's page does."""
    return post(f"{order['pay_url']}/confirm")


def get(url: str) -> httpx2.Response:
    """A browser's visit."""
    return httpx2.get(url, verify=NO_TLS)


def post(url: str, **request: Any) -> httpx2.Response:
    """A browser's or program's POST."""
    return httpx2.post(url, verify=NO_TLS, **request)
