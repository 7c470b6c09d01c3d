"""Whether a day of kills kept what the lot promises, from its disk and the world's log alone."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.kill.life import LOT, SPACES, reference_of
from benchmarks.kill.vehicles import plate_of
from benchmarks.kill.world import World
from lot_server.domain.errors import DomainError
from lot_server.domain.stay import Stay
from lot_server.errors import PhotoUnavailable
from lot_server.exits import price
from lot_server.photos import PhotoFolder
from lot_server.store.read_only import reading, verify_ledger
from lot_server.store.store import Store
from lot_server.store.unit_of_work import SqliteWork

Faults = tuple[str, ...]


def judge(folder: Path, world: World, visits: int) -> Faults:
    """The promises that did not hold, each in words; empty where all did."""
    return tuple(_faults(folder, world, visits))


def _faults(folder: Path, world: World, visits: int) -> Iterator[str]:
    database = folder / "lot.db"
    if len(world.gone) != visits or world.inside or world.gates:
        yield f"{len(world.gone)} of {visits} vehicles have gone, {len(world.inside)} are inside"
    yield from (f"the ledger had been acknowledged up to {seq} and was shorter after a kill" for seq in world.lost)
    with closing(sqlite3.connect(database)) as opened:
        report = opened.execute("PRAGMA integrity_check").fetchone()[0]
        if report != "ok":
            yield f"the database is damaged: {report}"
    try:
        with reading(database) as opened:
            seq, _ = verify_ledger(opened, LOT)
    except DomainError as error:
        yield str(error)
        return
    if seq < world.acked:
        yield f"the ledger ends at {seq} and was acknowledged up to {world.acked}"
    store = Store(database, LOT)
    with store.transaction() as work:
        yield from _opens(work, world)
        yield from _stays(work, world)
        yield from _photos(work, folder)
        free = work.free_spaces()
        if free != SPACES - len(_unfinished_exits(work)):
            yield f"{free} of {SPACES} spaces are free, {len(_unfinished_exits(work))} vehicles left unseen"
    store.close()


def _opens(work: SqliteWork, world: World) -> Iterator[str]:
    """No barrier opened but for a vehicle whose admission was on disk."""
    admitted: Counter[tuple[str, str]] = Counter()
    plates: dict[str, str] = {}
    for envelope in work.envelopes():
        if envelope.kind == "entry_admitted":
            plates[envelope.body["stay_id"]] = envelope.body["plate"]
            admitted["entry", envelope.body["plate"]] += 1
        elif envelope.kind == "exit_admitted":
            admitted["exit", plates[envelope.body["stay_id"]]] += 1
    for (direction, number), times in world.opened.items():
        recorded = admitted[direction, plate_of(number)] if number else 0
        if times > recorded:
            yield f"the {direction} opened {times} times for vehicle {number}, {recorded} admissions are on disk"


def _stays(work: SqliteWork, world: World) -> Iterator[str]:
    """Every vehicle has one stay, which ended or is listed for a person, and paid what it owed once."""
    stays: defaultdict[str, list[Stay]] = defaultdict(list)
    for envelope in work.envelopes():
        if envelope.kind == "entry_admitted":
            stay = work.stay(envelope.body["stay_id"])
            if stay is not None and stay.state != "abandoned":
                stays[str(stay.plate)].append(stay)
    unfinished = _unfinished_exits(work)
    for number in world.gone:
        found = stays[plate_of(number)]
        if len(found) != 1:
            yield f"vehicle {number} has {len(found)} stays"
            continue
        (stay,) = found
        if stay.state != "closed" and not (stay.stay_id in unfinished and ("exit", number) in world.cut_short):
            yield f"vehicle {number} has gone, and its stay is {stay.state}"
        yield from _money(work, world, number, stay)


def _money(work: SqliteWork, world: World, number: int, stay: Stay) -> Iterator[str]:
    taken = work.settlements(stay.stay_id)
    if [each.provider_reference for each in taken] != ([reference_of(number)] if number in world.paid else []):
        times = 1 if number in world.paid else 0
        yield f"vehicle {number} paid {times} times, {len(taken)} payments are counted"
    if sum(each.amount.minor for each in taken) != world.paid.get(number, 0):
        yield f"vehicle {number} paid {world.paid.get(number, 0)}, and another amount is counted"
    left = [each for each in work.passages(stay.stay_id) if each.direction == "exit"]
    if left:
        owed = price(work, stay, max(each.decided_at for each in left))
        if owed.due.minor > 0:
            yield f"vehicle {number} left with {owed.due} unpaid"


def _unfinished_exits(work: SqliteWork) -> set[str]:
    """The stays whose vehicle was let out and not seen to leave: each must be told to a person."""
    told = {each.raised.passage_id for each in work.open_alerts() if each.raised.code == "unfinished_passage"}
    return {
        passage.stay_id
        for passage in work.unfinished_passages()
        if passage.direction == "exit" and passage.stay_id is not None and passage.passage_id in told
    }


def _photos(work: SqliteWork, folder: Path) -> Iterator[str]:
    """Every photo that a fact names is on disk, whole."""
    photos = PhotoFolder(folder / "photos")
    for envelope in work.envelopes():
        for name in envelope.body.get("photos", ()):
            try:
                photos.read(name)
            except PhotoUnavailable as error:
                yield f"seq {envelope.seq}: {error}"
