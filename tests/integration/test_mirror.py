"""Steps of the mirror between a real outbox file and a real HTTP server."""

import asyncio

import httpx2
import pytest
from little_cloud import NO_TLS, LittleCloud
from outbox_file import OutboxFile, facts

from cloud_sync.errors import BadConfig
from cloud_sync.http_uplink import HttpUplink
from cloud_sync.mirror import CaughtUp, Mirror, Moved, Smaller, Stopped, Unreachable
from cloud_sync.outbox import SqliteOutbox
from cloud_sync.watermark import WatermarkStore
from cloud_sync.wire import Refusal
from lot_server.domain.clock import SystemClock

LOT = "demo"


class World:
    """One lot's database, one cloud that knows the lot, and mirrors between them that are new for every call."""

    def __init__(self, folder):
        self.folder = folder
        self.little = LittleCloud()
        self.key = self.little.enrol(LOT)
        self.file = OutboxFile(folder / "lot.db", LOT)
        self.watermark = WatermarkStore(folder / "watermark.db", LOT)

    def steps(self, count, batch_envelopes=500):
        async def take():
            outbox = SqliteOutbox(self.folder / "lot.db", LOT)
            async with httpx2.AsyncClient(verify=NO_TLS) as client:
                uplink = HttpUplink(client, self.little.server.url, LOT, self.key, SystemClock())
                mirror = Mirror(LOT, outbox, uplink, self.watermark, SystemClock(), batch_envelopes)
                taken = [await mirror.step() for _ in range(count)]
            outbox.close()
            return taken

        return asyncio.run(take())

    def forget_watermark(self):
        self.watermark.close()
        (self.folder / "watermark.db").unlink()
        self.watermark = WatermarkStore(self.folder / "watermark.db", LOT)

    @property
    def applied(self):
        return self.little.cloud.envelopes(LOT)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    with world.little.server:
        yield world
    world.file.close()
    world.watermark.close()


@pytest.fixture
def mirrored(world):
    """A world whose first ten facts are mirrored."""
    world.file.add(10)
    assert [type(step) for step in world.steps(3)] == [Moved, Moved, CaughtUp]
    return world


def position(world):
    position = world.watermark.position()
    return position.applied_seq, position.head


def stopped(step, code):
    assert isinstance(step, Stopped)
    assert step.halt.code == code
    return True


def test_everything_is_mirrored_in_order_and_in_batches(world):
    """All rows arrive once, in batches of the configured size, and both heads are equal."""
    sealed = world.file.add(1200)
    steps = world.steps(5)
    assert [type(step) for step in steps] == [Moved, Moved, Moved, Moved, CaughtUp]
    assert [len(batch) for batch in world.little.batches] == [500, 500, 200]
    assert list(world.applied) == sealed
    assert position(world) == world.file.head == (1200, sealed[-1].hash)


def test_a_restart_goes_on_from_the_watermark(mirrored):
    """A new process sends only what follows the watermark, without asking where the cloud stands."""
    mirrored.file.add(2)
    assert [type(step) for step in mirrored.steps(2)] == [Moved, CaughtUp]
    assert mirrored.little.batches[-1] == [11, 12]


@pytest.mark.parametrize("fault", ["500", "lost"])
def test_a_failed_batch_is_sent_again(mirrored, fault):
    """Whether the cloud applied the batch before the answer got lost or not, every row is there once."""
    mirrored.file.add(5)
    mirrored.little.faults.append(fault)
    assert [type(step) for step in mirrored.steps(3)] == [Unreachable, Moved, CaughtUp]
    assert [each.seq for each in mirrored.applied] == list(range(1, 16))
    assert position(mirrored) == mirrored.file.head


def test_an_unreachable_cloud_moves_nothing(mirrored):
    """Without a cloud the watermark stays, and the same rows are sent once it is back."""
    mirrored.file.add(1)
    mirrored.little.server.stop()
    assert [type(step) for step in mirrored.steps(2)] == [Unreachable, Unreachable]
    assert position(mirrored)[0] == 10
    mirrored.little.server.start()
    assert [type(step) for step in mirrored.steps(1)] == [Moved]


def test_a_cloud_put_back_from_a_copy_gets_the_missing_rows_again(mirrored):
    """On a gap the lot sends again from where the cloud stands."""
    mirrored.little.reset(LOT, mirrored.applied[:4])
    mirrored.file.add(1)
    back, forward, done = mirrored.steps(3)
    assert (back.position.applied_seq, forward.position.applied_seq) == (4, 11)
    assert isinstance(done, CaughtUp)
    assert [each.seq for each in mirrored.applied] == list(range(1, 12))


def test_a_gap_without_a_place_is_looked_up(mirrored):
    """A gap that does not say where the cloud stands makes the lot ask for it."""
    mirrored.little.reset(LOT, mirrored.applied[:4])
    mirrored.file.add(1)
    mirrored.little.faults.append((Refusal("sequence_gap", "gap"), None))
    assert [step.position.applied_seq for step in mirrored.steps(2)] == [4, 11]


def test_a_gap_that_contradicts_itself_stops(mirrored):
    """A cloud that misses just what it was sent would be asked for ever: stop and say so."""
    mirrored.file.add(1)
    mirrored.little.faults.append((Refusal("sequence_gap", "gap", *position(mirrored)), None))
    assert stopped(mirrored.steps(1)[0], "sequence_gap")


@pytest.mark.parametrize("code", ["ledger_fork", "bad_signature", "unknown_lot", "unknown_event", "malformed_batch"])
def test_a_refusal_stops_and_is_remembered(mirrored, code):
    """A refusal that a person must look at stops the mirror, is kept for `status`, and goes once the cloud agrees."""
    mirrored.file.add(1)
    mirrored.little.faults.append((Refusal(code, "no"), None))
    assert stopped(mirrored.steps(1)[0], code)
    assert mirrored.watermark.halt().code == code
    assert position(mirrored)[0] == 10
    assert [type(step) for step in mirrored.steps(2)] == [Moved, Moved]
    assert mirrored.watermark.halt() is None
    assert position(mirrored)[0] == 11


def test_the_time_of_the_first_stop_is_kept(mirrored):
    """Asking again in vain does not make a halt look younger."""
    mirrored.file.add(1)
    mirrored.little.faults.extend([(Refusal("ledger_fork", "no"), None)] * 2)
    mirrored.steps(1)
    first = mirrored.watermark.halt()
    again = mirrored.steps(2)
    assert stopped(again[1], "ledger_fork")
    assert mirrored.watermark.halt() == first


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outbox SET body = replace(body, 'look', 'away') WHERE seq = 12",
        "UPDATE outbox SET occurred_at = '2026-01-31T09:00:00.000000Z' WHERE seq = 12",
        "UPDATE outbox SET kind = 'alert_resolved' WHERE seq = 12",
        "UPDATE outbox SET hash = previous WHERE seq = 11",
        "DELETE FROM outbox WHERE seq = 11",
        "DELETE FROM outbox WHERE seq = 12",
        "UPDATE outbox SET body = '{}' WHERE seq = 13",
        "UPDATE outbox SET body = '{\"fee\": 0.5}' WHERE seq = 13",
        "UPDATE outbox SET body = 'x' WHERE seq = 13",
    ],
)
def test_a_tampered_outbox_is_never_sent(mirrored, change):
    """A changed or missing row stops the mirror before anything of its batch leaves the lot."""
    mirrored.file.add(3)
    posts = mirrored.little.posts
    mirrored.file.connection.execute(change)
    (step,) = mirrored.steps(1)
    assert isinstance(step, Stopped)
    assert step.halt.code in ("broken_chain", "bad_body")
    assert mirrored.little.posts == posts
    assert len(mirrored.applied) == 10


def test_an_old_copy_of_the_lots_database_is_loud(mirrored):
    """A database that ends before what the cloud has applied was put back from a copy: nothing is sent."""
    mirrored.file.connection.execute("DELETE FROM outbox WHERE seq > 5")
    assert stopped(mirrored.steps(1)[0], "ledger_fork")


def test_another_past_at_the_watermark_is_loud(mirrored):
    """Where the lot's own hash at the watermark is not the one that was acknowledged, the mirror stops."""
    mirrored.file.connection.execute("UPDATE outbox SET hash = previous WHERE seq = 10")
    assert stopped(mirrored.steps(1)[0], "ledger_fork")


def test_a_cloud_with_another_past_is_loud(world):
    """A new lot server under an old lot's id finds that the cloud holds another ledger."""
    world.little.reset(LOT, facts(LOT, 3, text="another"))
    world.file.add(5)
    assert stopped(world.steps(1)[0], "ledger_fork")
    assert len(world.applied) == 3


def test_a_lost_watermark_is_found_again(mirrored):
    """Without its watermark the worker asks the cloud, and pruned rows are not missed."""
    mirrored.forget_watermark()
    mirrored.file.connection.execute("DELETE FROM outbox WHERE seq < 10")
    mirrored.file.add(1)
    assert [step.position.applied_seq for step in mirrored.steps(2)] == [10, 11]


def test_rows_pruned_before_the_cloud_had_them_are_loud(mirrored):
    """A cloud put back from a copy that is older than what the lot kept cannot be filled: that is said."""
    mirrored.little.reset(LOT, mirrored.applied[:4])
    mirrored.file.connection.execute("DELETE FROM outbox WHERE seq < 8")
    mirrored.file.add(1)
    back, step = mirrored.steps(2)
    assert isinstance(back, Moved)
    assert stopped(step, "broken_chain")


def test_smaller_batches_are_tried_when_asked_for(world):
    """A batch that is too large for something on the way is halved until it passes."""
    world.file.add(10)
    world.little.faults.extend([(Refusal("batch_too_large", "smaller"), None)] * 2)
    steps = world.steps(7)
    assert steps[1:3] == [Smaller(5), Smaller(2)]
    assert [len(batch) for batch in world.little.batches] == [2, 2, 2, 2]


def test_large_facts_make_smaller_batches(world):
    """A batch never has more bytes than the cloud takes."""
    world.file.add(12, text="x" * 900_000)
    steps = world.steps(6)
    assert isinstance(steps[-1], CaughtUp)
    assert [seq for batch in world.little.batches for seq in batch] == list(range(1, 13))


def test_a_database_that_does_not_exist_yet_is_waited_for(world):
    """The mirror starts before the lot server ever did and has nothing to do."""
    (world.folder / "lot.db").rename(world.folder / "hidden.db")
    (step,) = world.steps(1)
    assert isinstance(step, CaughtUp)
    assert "start the lot server" in step.reason


def test_another_lots_database_ends_the_process(world):
    """A configuration that names another lot's file is not something to wait for."""
    world.file.connection.execute("UPDATE ledger SET lot_id = 'other'")
    with pytest.raises(BadConfig):
        world.steps(1)
