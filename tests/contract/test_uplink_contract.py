"""What every uplink promises a lot: in memory, over HTTP to a little server, and over HTTP to the cloud service."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from little_cloud import NO_TLS, LittleCloud, ServerThread
from outbox_file import facts

from api.config import CloudConfig
from api.db import Database
from api.enrolling import enrol
from api.main import create_app
from cloud_sync.http_uplink import HttpUplink
from cloud_sync.in_memory import InMemoryCloud, InMemoryUplink
from cloud_sync.signing import new_key
from cloud_sync.wire import MAX_BATCH_ENVELOPES, Ack, Batch, Refusal
from lot_server.domain.clock import SystemClock
from lot_server.domain.ledger import GENESIS, Envelope, seal

LOT = "demo"


class ClockOfLongAgo(SystemClock):
    """A lot whose clock battery died."""

    def now(self):
        return datetime(2020, 1, 1, tzinfo=UTC)


class InMemory:
    """An in-memory cloud in which the lot is enrolled."""

    def __init__(self):
        self.cloud = InMemoryCloud(SystemClock())
        self.key, public = new_key()
        self.cloud.enrol(LOT, public)

    def ask(self, method, *arguments, lot_id=LOT, key=None, clock=None):
        uplink = InMemoryUplink(self.cloud, lot_id, key or self.key, clock or SystemClock())
        return asyncio.run(getattr(uplink, method)(*arguments))


class OverHttp:
    """A real HTTP server in which the lot is enrolled."""

    def __init__(self, url, key):
        self.url, self.key = url, key

    def ask(self, method, *arguments, lot_id=LOT, key=None, clock=None):
        async def call():
            async with httpx2.AsyncClient(verify=NO_TLS) as client:
                uplink = HttpUplink(client, self.url, lot_id, key or self.key, clock or SystemClock())
                return await getattr(uplink, method)(*arguments)

        return asyncio.run(call())


@pytest.fixture
def in_memory():
    return InMemory()


@pytest.fixture
def http():
    little = LittleCloud()
    key = little.enrol(LOT)
    with little.server:
        yield OverHttp(little.server.url, key)


@pytest.fixture
def service(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'cloud.db'}"
    key, public = new_key()

    async def prepare():
        database = Database(url)
        await database.prepare()
        async with database.writing() as session:
            await enrol(session, LOT, public)
        await database.close()

    asyncio.run(prepare())
    with ServerThread(create_app(CloudConfig(url, SystemClock()))) as server:
        yield OverHttp(server.url, key)


@pytest.fixture(params=["in_memory", "http", "service"])
def reach(request):
    """One way to reach a cloud that knows the lot and nothing of its ledger yet."""
    return request.getfixturevalue(request.param)


@dataclass
class Sent:
    """Asserts on what was answered to a batch."""

    answer: Ack | Refusal

    def applied(self, seq, head):
        assert self.answer == Ack(LOT, seq, head)

    def refused(self, code, *, seq=None, head=None):
        assert isinstance(self.answer, Refusal)
        assert self.answer.code == code
        assert self.answer.message
        if seq is not None:
            assert (self.answer.applied_seq, self.answer.head) == (seq, head)


def send(reach, envelopes, **who):
    return Sent(reach.ask("send", Batch(LOT, tuple(envelopes)), **who))


def test_a_new_lot_stands_at_genesis(reach):
    """A lot that sent nothing yet learns that nothing is applied."""
    assert reach.ask("ledger") == Ack(LOT, 0, GENESIS)


def test_a_batch_is_applied_and_acknowledged(reach):
    """The ack names the last seq and its hash, and the ledger says the same afterwards."""
    envelopes = facts(LOT, 3)
    send(reach, envelopes).applied(3, envelopes[-1].hash)
    assert reach.ask("ledger") == Ack(LOT, 3, envelopes[-1].hash)


def test_a_replayed_batch_is_acknowledged_again(reach):
    """Sending the same batch twice changes nothing, because the first answer may have been lost."""
    envelopes = facts(LOT, 3)
    send(reach, envelopes)
    send(reach, envelopes).applied(3, envelopes[-1].hash)
    send(reach, envelopes[:2]).applied(3, envelopes[-1].hash)


def test_an_overlapping_batch_adds_only_what_is_new(reach):
    """Known envelopes are skipped and the rest is applied."""
    envelopes = facts(LOT, 5)
    send(reach, envelopes[:3])
    send(reach, envelopes[1:]).applied(5, envelopes[-1].hash)


def test_a_gap_says_where_to_go_on(reach):
    """A batch that skips a seq applies nothing and is told where the cloud stands."""
    envelopes = facts(LOT, 5)
    send(reach, envelopes[:2])
    send(reach, envelopes[3:]).refused("sequence_gap", seq=2, head=envelopes[1].hash)
    send(reach, envelopes[2:]).applied(5, envelopes[-1].hash)


def test_a_gap_inside_a_batch_applies_nothing(reach):
    """Envelopes that are not consecutive are refused as a whole."""
    envelopes = facts(LOT, 4)
    answer = send(reach, [*envelopes[:2], envelopes[3]]).answer
    assert isinstance(answer, Refusal)
    assert answer.code in ("sequence_gap", "ledger_fork")
    assert reach.ask("ledger") == Ack(LOT, 0, GENESIS)


def test_another_past_is_a_fork(reach):
    """A different fact under a known seq is a fork, and the first one stays."""
    envelopes = facts(LOT, 2)
    send(reach, envelopes)
    send(reach, facts(LOT, 2, text="another")).refused("ledger_fork")
    assert reach.ask("ledger") == Ack(LOT, 2, envelopes[-1].hash)


def test_a_ledger_that_follows_another_past_is_a_fork(reach):
    """New facts chained to a head that the cloud does not have are a fork."""
    send(reach, facts(LOT, 2))
    send(reach, facts(LOT, 4, text="another")[2:]).refused("ledger_fork")


def test_a_changed_fact_is_a_fork(reach):
    """A body that its hash does not fit is not applied."""
    good, bad = facts(LOT, 2)
    bad = replace(bad, body=bad.body | {"text": "changed"})
    send(reach, [good, bad]).refused("ledger_fork")
    assert reach.ask("ledger") == Ack(LOT, 0, GENESIS)


def test_an_unknown_event_applies_nothing(reach):
    """A kind that the cloud does not know is refused with all of its batch, never skipped."""
    known = facts(LOT, 1)
    newer = seal(LOT, 2, "rocket_launched", known[0].occurred_at, {}, known[0].hash)
    send(reach, [*known, newer]).refused("unknown_event")
    assert reach.ask("ledger") == Ack(LOT, 0, GENESIS)


def test_an_event_of_the_wrong_shape_applies_nothing(reach):
    """A known kind with a body that does not fit is a malformed batch."""
    first = seal(LOT, 1, "alert_raised", "2026-01-31T08:00:00.000000Z", {"alert_id": "a"}, GENESIS)
    send(reach, [first]).refused("malformed_batch")
    assert reach.ask("ledger") == Ack(LOT, 0, GENESIS)


def test_another_lots_envelopes_are_malformed(reach):
    """A lot sends its own ledger only."""
    foreign: list[Envelope] = facts("other", 1)
    send(reach, foreign).refused("malformed_batch")


def test_too_many_envelopes_are_too_large(reach):
    """A batch beyond the limit has a code of its own, so that the lot can send less."""
    send(reach, facts(LOT, MAX_BATCH_ENVELOPES + 1)).refused("batch_too_large")


def test_an_empty_batch_is_malformed(reach):
    """A batch says something."""
    send(reach, []).refused("malformed_batch")


def test_a_stranger_is_refused(reach):
    """Another key's signature opens neither the ledger nor the batches."""
    forger, _ = new_key()
    send(reach, facts(LOT, 1), key=forger).refused("bad_signature")
    assert reach.ask("ledger", key=forger).code == "bad_signature"
    assert reach.ask("ledger") == Ack(LOT, 0, GENESIS)


def test_a_lot_with_a_wrong_clock_is_refused(reach):
    """A request signed at another time is refused and says to set the clock."""
    answer = send(reach, facts(LOT, 1), clock=ClockOfLongAgo())
    answer.refused("bad_signature")
    assert "clock" in answer.answer.message


def test_an_unknown_lot_is_told_so(reach):
    """A lot that was never enrolled is told to enrol."""
    answer = reach.ask("ledger", lot_id="nowhere")
    assert isinstance(answer, Refusal)
    assert answer.code == "unknown_lot"


def test_a_lot_reads_its_own_ledger_back(reach):
    """What was applied comes back as it was sealed, in order, from any place on; behind the end there is nothing."""
    envelopes = facts(LOT, 5)
    send(reach, envelopes)
    assert reach.ask("ledger_after", 0) == Batch(LOT, tuple(envelopes))
    assert reach.ask("ledger_after", 3) == Batch(LOT, tuple(envelopes[3:]))
    assert reach.ask("ledger_after", 5) == Batch(LOT, ())


def test_nobody_else_reads_a_lots_ledger(reach):
    """Another key's signature gives no envelope away."""
    send(reach, facts(LOT, 2))
    forger, _ = new_key()
    assert reach.ask("ledger_after", 0, key=forger).code == "bad_signature"


@pytest.mark.parametrize("clock", [SystemClock(), ClockOfLongAgo()], ids=["right", "wrong"])
def test_the_cloud_service_tells_the_time(service, clock):
    """Every answer of the service says what its clock shows, also one that refuses a lot whose clock is wrong."""
    heard = []

    async def call():
        async with httpx2.AsyncClient(verify=NO_TLS) as client:
            return await HttpUplink(client, service.url, LOT, service.key, clock, heard.append).ledger()

    answer = asyncio.run(call())
    assert isinstance(answer, Refusal if isinstance(clock, ClockOfLongAgo) else Ack)
    (told,) = heard
    assert abs(told.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert told.round_trip_s >= 0
