"""A store put back from an old backup, or lost, catches up from the cloud's mirror of it."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import MORNING, HandClock, open_lot
from openlot_command import openlot
from outbox_file import facts
from sync_process import write_config

from cloud_sync.errors import CannotRecover
from cloud_sync.in_memory import InMemoryCloud, InMemoryUplink
from cloud_sync.mirror import Mirror, Stopped
from cloud_sync.outbox import SqliteOutbox
from cloud_sync.recover import Recovered, fill
from cloud_sync.signing import new_key
from cloud_sync.watermark import WatermarkStore
from lot_server.domain.events import EntryAdmitted, EntryConfirmed, ExitAdmitted, ExitConfirmed, SettlementApplied
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement
from lot_server.errors import StoreInUse
from lot_server.store.store import Store
from lot_server.store.unit_of_work import SqliteWork

LOT = "lot-1"
PHOTO = "a" * 64


class World:
    """A lot whose ledger a cloud in memory mirrors, and a backup of it that is older."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.cloud = InMemoryCloud(self.clock)
        self.key, public = new_key()
        self.cloud.enrol(LOT, public)
        self.database = folder / "lot" / "lot.db"
        self.database.parent.mkdir()
        self.watermark = folder / "watermark.db"

    def record(self, job: Callable[[SqliteWork], None]) -> None:
        store = Store(self.database, LOT)
        with store.transaction() as work:
            job(work)
        store.close()

    def ask(self, query: Callable[[SqliteWork], object]) -> object:
        store = Store(self.database, LOT)
        with store.transaction() as work:
            found = query(work)
        store.close()
        return found

    def uplink(self) -> InMemoryUplink:
        return InMemoryUplink(self.cloud, LOT, self.key, self.clock)

    def mirror(self, steps: int = 4) -> list[object]:
        """What the sync worker does."""

        async def take() -> list[object]:
            outbox, watermark = SqliteOutbox(self.database, LOT), WatermarkStore(self.watermark, LOT)
            mirror = Mirror(LOT, outbox, self.uplink(), watermark, self.clock)
            taken: list[object] = [await mirror.step() for _ in range(steps)]
            outbox.close()
            watermark.close()
            return taken

        return asyncio.run(take())

    def recover(self) -> Recovered:
        job = fill(self.database, LOT, self.uplink(), self.watermark, self.clock, "ann", "new disk")
        return asyncio.run(job)

    def dump(self) -> dict[str, object]:
        return {
            "head": self.ask(lambda work: work.head()),
            "inside": self.ask(lambda work: work.open_stays()),
            "money": self.ask(lambda work: work.settlements("stay-1")),
            "passages": self.ask(lambda work: [work.passages(f"stay-{number}") for number in (1, 2)]),
            "free": self.ask(lambda work: work.free_spaces()),
        }


def enter(work: SqliteWork, number: int, minute: int) -> None:
    at = MORNING + timedelta(minutes=minute)
    stay, passage = f"stay-{number}", f"in-{number}"
    plate = f"AB{number:02d}CD"
    work.record(
        EntryAdmitted(stay, passage, "entry-1", plate, None, None, "read", None, (PHOTO,), None, 1, at, "blue"), at
    )
    work.record(EntryConfirmed(stay, passage, at, 0), at)


def leave(work: SqliteWork, number: int, minute: int) -> None:
    at, fee = MORNING + timedelta(minutes=minute), Money(500, "CNY")
    stay, passage = f"stay-{number}", f"out-{number}"
    work.record(SettlementApplied(Settlement(f"paid-{number}", stay, fee, "cash", str(number), at, at)), at)
    work.record(
        ExitAdmitted(stay, passage, "exit-1", None, "paid", None, (PHOTO,), fee, fee, None, None, at), at
    )  # fmt: skip
    work.record(ExitConfirmed(stay, passage, at, 0), at)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A backup with one vehicle inside; since then it left, another came, and the cloud has all of it."""
    world = World(tmp_path)
    world.record(open_lot)
    world.record(lambda work: enter(work, 1, 0))
    shutil.copyfile(world.database, tmp_path / "backup.db")
    world.record(lambda work: leave(work, 1, 60))
    world.record(lambda work: enter(work, 2, 70))
    world.mirror()
    return world


def put_back(world: World) -> None:
    shutil.rmtree(world.database.parent)
    world.database.parent.mkdir()
    shutil.copyfile(world.folder / "backup.db", world.database)


def test_a_restored_store_catches_up(world: World) -> None:
    """It has every fact, stay and settlement of the lost one, mirroring goes on, and what lacks is said."""
    before = world.dump()
    put_back(world)
    assert isinstance(world.mirror()[0], Stopped)
    found = world.recover()
    assert (found.before, found.seq, found.inside, found.missing_photos, found.made_new) == (5, 10, 1, 1, False)
    assert world.dump() == before
    assert world.ask(lambda work: verify(work.envelopes(), 0, GENESIS)) == found.head
    assert world.ask(lambda work: work.acked_seq) == 10
    entry = world.ask(lambda work: work.trail.last())
    assert (entry.actor, entry.action, entry.ledger_seq) == ("ann", "recover_ledger", 10)  # type: ignore[attr-defined]
    world.record(lambda work: enter(work, 3, 90))
    assert not [step for step in world.mirror() if isinstance(step, Stopped)]
    assert len(world.cloud.envelopes(LOT)) == 12


def test_a_lost_store_is_filled_from_the_mirror_alone(world: World) -> None:
    """Without any backup the whole ledger comes back; running it once more changes nothing."""
    before = world.dump()
    shutil.rmtree(world.database.parent)
    world.watermark.unlink()
    found = world.recover()
    assert (found.before, found.seq, found.made_new) == (0, 10, True)
    assert world.dump() == before
    again = world.recover()
    assert (again.before, again.seq, again.made_new) == (10, 10, False)


def test_a_store_that_went_on_by_itself_is_a_fork(world: World) -> None:
    """Restored without recovery and driven on: the worker stops and says so, and nothing is written over."""
    put_back(world)
    world.record(lambda work: enter(work, 7, 80))
    (step, *_) = world.mirror(1)
    assert isinstance(step, Stopped)
    assert step.halt.code == "ledger_fork"
    assert "openlot sync recover" in step.halt.message
    with pytest.raises(CannotRecover, match="facts of its own"):
        world.recover()
    for minute in range(81, 86):
        world.record(lambda work, minute=minute: enter(work, minute, minute))  # type: ignore[misc]
    (later, *_) = world.mirror(1)
    assert isinstance(later, Stopped)
    assert later.halt.code == "ledger_fork"
    with pytest.raises(CannotRecover, match="facts of its own"):
        world.recover()
    assert len(world.cloud.envelopes(LOT)) == 10


def test_a_mirror_that_was_tampered_with_fills_nothing(world: World) -> None:
    """Facts that do not follow from the backup's head by their hashes are refused."""
    put_back(world)
    world.cloud._lots[LOT].envelopes[5:] = facts(LOT, 5, (5, "b" * 64))
    with pytest.raises(CannotRecover):
        world.recover()
    assert world.ask(lambda work: work.head())[0] == 5  # type: ignore[index]


def test_a_running_lot_is_not_filled(world: World) -> None:
    """While a server has the store open, recovery is refused."""
    store = Store(world.database, LOT)
    with pytest.raises(StoreInUse):
        world.recover()
    store.close()


def test_an_unknown_lot_is_refused(world: World) -> None:
    """A cloud that does not know the lot's key fills nothing."""
    world.key, _ = new_key()
    with pytest.raises(CannotRecover, match="bad_signature"):
        world.recover()


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    """`openlot sync recover` ends with status 1 and one line where no cloud answers."""
    config = write_config(tmp_path, LOT, new_key()[0], "http://127.0.0.1:9", "http://127.0.0.1:9")
    said = openlot("sync", "recover", "--config", config, "--operator", "ann", "--reason", "new disk")
    assert (said.status, said.out) == (1, "")
    assert "does not answer" in said.err
