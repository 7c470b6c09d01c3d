"""Photos are kept as long as they are needed, in the room they may take, and dropped with a trace of it."""

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hand_lane import open_lot
from passing_vehicles import PassingVehicles

from lot_server.backup.snapshot import database_facts
from lot_server.disputes import dispute, end_dispute
from lot_server.errors import NothingDisputed, PhotoUnavailable, UnknownStay
from lot_server.photos import PREFIXES, PhotoFolder
from lot_server.photos_config import PhotosSection
from lot_server.retention import BATCH, GIGABYTE, OVER_BUDGET, Retention
from lot_server.store.kept_photos import KINDS
from lot_server.store.look import ReadStore
from lot_server.store.unit_of_work import SqliteWork
from lot_server.store.writer import Writer

T = TypeVar("T")
LOT = "test"


class Kept:
    """A lot with photos, its vehicles, and a retention that a test steps through."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = Writer(folder / "lot.db", LOT)
        self.photos = PhotoFolder(folder / "photos")
        self.vehicles = PassingVehicles(self.writer._store, photos=self.photos)
        self.clock = self.vehicles.clock
        self.do(lambda: self.tx(lambda work: open_lot(work, 300)))

    def do(self, job: Callable[[], T]) -> T:
        """Run in the store's thread."""
        return self.writer._thread.submit(job).result()

    def tx(self, job: Callable[[SqliteWork], T]) -> T:
        with self.writer._store.transaction() as work:
            return job(work)

    def retention(self, section: PhotosSection) -> Retention:
        store = ReadStore(self.folder / "lot.db", LOT)
        return Retention(section, self.clock, store, self.writer, self.vehicles.handlers, self.photos)

    def drop(self, section: PhotosSection, steps: int = 1) -> int:
        """How many passages lost their photos in so many steps."""
        retention = self.retention(section)

        async def work() -> int:
            return sum([await retention.step() for _ in range(steps)])

        return asyncio.run(work())

    def has(self, stay_id: str) -> list[bool]:
        """Whether the photo of each passage of a stay can be shown; dropped ones must be said to be."""
        with ReadStore(self.folder / "lot.db", LOT).look() as look:
            passages = look.lanes.of_stay(stay_id)
        found = []
        for passage in passages:
            try:
                self.photos.read(passage.photos[0])
                found.append(True)
            except PhotoUnavailable:
                found.append(False)
            assert found[-1] == (passage.photos_dropped_at is None)
        return found

    def alerts(self) -> list[str]:
        return self.do(lambda: self.tx(lambda work: [each.raised.code for each in work.open_alerts()]))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    lot = Kept(tmp_path)
    yield lot
    lot.writer.close()


def test_each_kind_of_photo_is_kept_for_its_time(kept: Kept) -> None:
    """What was paid goes first, what was not and what is disputed later, and what is inside never."""
    paid = kept.do(lambda: kept.vehicles.visit(hours=3))
    unpaid = kept.do(lambda: kept.vehicles.visit(hours=3, pays=False))
    disputed = kept.do(lambda: kept.vehicles.visit(hours=3))
    inside = kept.do(lambda: kept.vehicles.passage("entry", "京Z99999"))
    now = kept.clock.now
    kept.do(lambda: kept.tx(lambda work: dispute(work, disputed, "ann", "fee", now())))
    section = PhotosSection(paid_days=30, unpaid_days=60, disputed_days=90)
    assert kept.drop(section) == 0
    kept.clock.forward(days=31)
    assert kept.drop(section) == 2
    assert [kept.has(each) for each in (paid, unpaid, disputed)] == [[False] * 2, [True] * 2, [True] * 2]
    kept.clock.forward(days=400)
    assert kept.drop(section) == 2
    assert [kept.has(each) for each in (unpaid, disputed, inside)] == [[False] * 2, [True] * 2, [True]]
    kept.do(lambda: kept.tx(lambda work: end_dispute(work, disputed, "ann", "agreed", now())))
    assert kept.drop(section) == 0
    kept.clock.forward(days=91)
    assert kept.drop(section) == 2
    assert [kept.has(each) for each in (disputed, inside)] == [[False] * 2, [True]]
    trail = kept.do(lambda: kept.tx(lambda work: work.trail.last()))
    assert trail is not None
    assert (trail.actor, trail.action, trail.subject) == ("retention", "drop_photos", "passages: 2 disputed")


def test_a_late_payment_makes_a_stay_a_paid_one(kept: Kept) -> None:
    """What an operator let out unpaid counts as paid once the money came."""
    stay = kept.do(lambda: kept.vehicles.visit(hours=3, pays=False))
    kept.do(lambda: kept.vehicles.pay(stay))
    kept.clock.forward(days=31)
    assert kept.drop(PhotosSection()) == 2


def test_the_same_picture_stays_for_whom_it_is_needed(kept: Kept) -> None:
    """A photo that stands for two passages is on disk until neither needs it."""
    kept.do(lambda: setattr(kept.vehicles.random, "getrandbits", lambda _: 7))
    old = kept.do(lambda: kept.vehicles.passage("entry", "京A11111"))
    kept.do(lambda: kept.vehicles.passage("exit", "京A11111"))
    kept.clock.forward(days=31)
    kept.do(lambda: kept.vehicles.passage("entry", "京B22222"))
    assert kept.drop(PhotosSection()) == 2
    with ReadStore(kept.folder / "lot.db", LOT).look() as look:
        (name,) = look.lanes.of_stay(old)[0].photos
    assert kept.photos.read(name)


def test_the_budget_takes_the_oldest_of_the_least_needed(kept: Kept) -> None:
    """Over budget, old paid stays lose their photos before newer and unpaid ones, and money rows never go."""
    visits = [kept.do(lambda: kept.vehicles.visit(hours=1)) for _ in range(BATCH // 2 + 2)]
    unpaid = kept.do(lambda: kept.vehicles.visit(hours=3, pays=False))
    size = sum(file.stat().st_size for file in kept.folder.rglob("*.jpg"))
    section = PhotosSection(budget_gb=size * 0.5 / GIGABYTE)
    assert kept.drop(section, steps=len(PREFIXES) - 1) == 0
    retention = kept.retention(section)

    async def work() -> None:
        for _ in range(len(PREFIXES) + 4):
            await retention.step()

    asyncio.run(work())
    assert [kept.has(each) for each in (visits[0], visits[-1], unpaid)] == [[False] * 2, [True] * 2, [True] * 2]
    assert retention.bytes is not None
    assert retention.bytes <= section.budget_gb * GIGABYTE
    assert kept.do(lambda: kept.tx(lambda work: len(work.settlements(visits[0])))) == 1


def test_a_budget_that_needed_photos_fill_is_told(kept: Kept) -> None:
    """Photos of vehicles inside are not dropped for room; a person is told, until there is room again."""
    kept.do(lambda: kept.vehicles.passage("entry", "京A12345"))
    section = PhotosSection(budget_gb=1 / GIGABYTE)
    assert kept.drop(section, steps=len(PREFIXES)) == 0
    assert kept.alerts() == [OVER_BUDGET]


def test_what_no_passage_names_is_cleared_away(kept: Kept) -> None:
    """Photos of no passage and half-written ones go after a day, not before."""
    stay = kept.do(lambda: kept.vehicles.visit())
    stray = kept.photos.path("ab" + "0" * 62)
    stray.parent.mkdir(exist_ok=True)
    part = stray.with_name(".xyz.part")
    for path in (stray, part):
        path.write_bytes(b"x")
    kept.drop(PhotosSection(), steps=len(PREFIXES))
    assert stray.exists()
    old = stray.stat().st_mtime - timedelta(days=2).total_seconds()
    for path in (stray, part):
        os.utime(path, (old, old))
    kept.drop(PhotosSection(), steps=len(PREFIXES))
    assert not stray.exists()
    assert not part.exists()
    assert kept.has(stay) == [True, True]


def test_a_backup_wants_no_dropped_photo(kept: Kept) -> None:
    """The photos that a backup copies are those that are kept."""
    kept.do(lambda: kept.vehicles.visit(hours=3))
    kept.clock.forward(days=31)
    assert kept.drop(PhotosSection()) == 2
    stay = kept.do(lambda: kept.vehicles.passage("entry", "京A12345"))
    kept.do(lambda: kept.writer._store.checkpoint())
    with ReadStore(kept.folder / "lot.db", LOT).look() as look:
        assert database_facts(kept.folder / "lot.db").photos == look.lanes.of_stay(stay)[0].photos


def test_disputes_are_about_stays_and_end_once(kept: Kept) -> None:
    """A dispute wants a stay that exists, opens once, and ends only while it lasts."""
    stay, now = kept.do(lambda: kept.vehicles.visit()), kept.clock.now()
    for _ in range(2):
        kept.do(lambda: kept.tx(lambda work: dispute(work, stay, "ann", "fee", now)))
    kept.do(lambda: kept.tx(lambda work: end_dispute(work, stay, "ann", "agreed", now)))
    (found,) = kept.do(lambda: kept.tx(lambda work: work.disputes(stay)))
    assert (found.reason, found.outcome, found.ended_by) == ("fee", "agreed", "ann")
    with pytest.raises(NothingDisputed):
        kept.do(lambda: kept.tx(lambda work: end_dispute(work, stay, "ann", "agreed", now)))
    with pytest.raises(UnknownStay):
        kept.do(lambda: kept.tx(lambda work: dispute(work, "nobody", "ann", "fee", now)))


def test_kinds_are_ordered_by_need() -> None:
    """The kinds that the code knows are those that the configuration has days for, the least needed first."""
    assert tuple(PhotosSection().days) == KINDS
