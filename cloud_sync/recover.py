"""Fills a lot's store from the cloud's mirror: what was recorded after a backup was made, or all of it.

It is done while no lot server runs, and before the store records anything of its own: a ledger has one continuation.
"""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx2

from cloud_sync.config import SyncConfig
from cloud_sync.errors import CannotRecover
from cloud_sync.http_uplink import HttpUplink
from cloud_sync.key_file import read_key_file
from cloud_sync.ports import Uplink
from cloud_sync.watermark import Position, WatermarkStore
from cloud_sync.wire import Ack, Refusal
from lot_server.domain.clock import Clock
from lot_server.domain.ledger import Envelope, verify
from lot_server.photos import PhotoFolder
from lot_server.store.store import Store

FORKED = (
    "it recorded facts of its own since it was put back. Move it away, put the backup back into an empty folder, and "
    "recover before the lot server starts"
)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of it: the ledger before and after, who is inside, and how many of their photos are not here."""

    before: int
    seq: int
    head: str
    inside: int
    missing_photos: int
    made_new: bool


async def recover(config: SyncConfig, operator: str, reason: str) -> Recovered:
    """Take over every fact that the cloud has and this store lacks; what was taken over stays if it is broken off.

    Raises CannotRecover, UplinkUnavailable, BadKey, and what the store raises: StoreInUse while a lot server runs.
    """
    key = read_key_file(config.key.file)
    async with httpx2.AsyncClient() as client:
        uplink = HttpUplink(client, config.cloud.url, config.lot.id, key, config.clock)
        return await fill(
            config.lot.database, config.lot.id, uplink, config.worker.watermark, config.clock, operator, reason
        )


async def fill(
    database: Path, lot_id: str, uplink: Uplink, watermark: Path, clock: Clock, operator: str, reason: str
) -> Recovered:
    """The same through any uplink; `watermark` is the worker's file, which learns where both sides stand."""
    cloud = await uplink.ledger()
    if isinstance(cloud, Refusal):
        raise CannotRecover(f"the cloud refuses ({cloud.code}): {cloud.message}")
    made_new = _make_folder(database)
    with closing(Store(database, lot_id)) as store:
        with store.transaction() as work:
            before, head = work.head()
            own = work.hash_of(cloud.applied_seq)
        if before >= cloud.applied_seq:
            _require_same(own, cloud)
        async for envelopes in _following(uplink, before, head, cloud):
            with store.transaction() as work:
                for envelope in envelopes:
                    work.replay(envelope)
        with store.transaction() as work:
            seq, head = work.head()
            work.acknowledge(cloud.applied_seq, cloud.head)
            work.trail.add(clock.now(), operator, "recover_ledger", f"seq {before + 1} to {seq} of the cloud", reason)
            inside = work.open_stays()
    names = {name for stay in inside for name in stay.photos}
    photos = PhotoFolder(database.parent / "photos")
    missing = sum(not photos.path(name).is_file() for name in names)
    with closing(WatermarkStore(watermark, lot_id)) as known:
        known.move(Position(cloud.applied_seq, cloud.head, clock.now()))
        known.go_on()
    return Recovered(before, seq, head, len(inside), missing, made_new)


async def _following(uplink: Uplink, seq: int, head: str, cloud: Ack) -> AsyncIterator[tuple[Envelope, ...]]:
    """What the cloud has behind `seq`, checked to follow `head`, up to where it said that it stands."""
    while seq < cloud.applied_seq:
        answer = await uplink.ledger_after(seq)
        if isinstance(answer, Refusal):
            raise CannotRecover(f"the cloud refuses ({answer.code}): {answer.message}")
        wanted = tuple(each for each in answer.envelopes if each.seq <= cloud.applied_seq)
        if not wanted:
            raise CannotRecover(f"the cloud gives nothing behind seq {seq}, though it stands at {cloud.applied_seq}")
        if wanted[0].seq == seq + 1 and wanted[0].previous != head:
            raise CannotRecover(f"after seq {seq} this store and the cloud go on differently: {FORKED}")
        head = verify(wanted, seq, head)
        seq = wanted[-1].seq
        yield wanted


def _require_same(own: str | None, cloud: Ack) -> None:
    """That a store which has all that the cloud has is the same ledger."""
    if own is not None and own != cloud.head:
        raise CannotRecover(f"this store has another fact at seq {cloud.applied_seq} than the cloud: {FORKED}")


def _make_folder(database: Path) -> bool:
    """Whether there was no store at all."""
    if database.exists():
        return False
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return True
