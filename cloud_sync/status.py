"""How far a lot's ledger is mirrored, as both sides tell it."""

from contextlib import closing
from dataclasses import dataclass

import httpx2

from cloud_sync.config import SyncConfig
from cloud_sync.errors import OutboxUnavailable, UplinkUnavailable
from cloud_sync.http_uplink import HttpUplink
from cloud_sync.key_file import read_key_file
from cloud_sync.outbox import SqliteOutbox
from cloud_sync.watermark import Halt, Position, WatermarkStore
from cloud_sync.wire import Ack, Refusal
from lot_server.domain.ledger import GENESIS


@dataclass(frozen=True, slots=True)
class Standing:
    """The last seq that one side has, and the ledger's head there."""

    seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where the lot and the cloud stand, each with a text saying why where that is not known.

    `agrees`: whether both have the same head at the cloud's seq; None where that cannot be compared.
    """

    lot: Standing | str
    cloud: Standing | str
    watermark: Position | None
    halt: Halt | None
    agrees: bool | None

    @property
    def lag(self) -> int | None:
        """How many facts the cloud has not applied yet, None where a side is not known."""
        if isinstance(self.lot, str) or isinstance(self.cloud, str):
            return None
        return self.lot.seq - self.cloud.seq


async def read_status(config: SyncConfig) -> Status:
    """Ask both sides. Raises BadKey, and BadConfig where the database is another lot's."""
    cloud = await _cloud(config)
    watermark, halt = _remembered(config)
    with closing(SqliteOutbox(config.lot.database, config.lot.id)) as outbox:
        try:
            lot = Standing(*outbox.head())
            agrees = None if isinstance(cloud, str) else _agrees(outbox, lot, cloud)
        except OutboxUnavailable as error:
            return Status(str(error), cloud, watermark, halt, None)
    return Status(lot, cloud, watermark, halt, agrees)


async def _cloud(config: SyncConfig) -> Standing | str:
    key = read_key_file(config.key.file)
    async with httpx2.AsyncClient() as client:
        try:
            answer = await HttpUplink(client, config.cloud.url, config.lot.id, key, config.clock).ledger()
        except UplinkUnavailable as error:
            return str(error)
    match answer:
        case Ack(_, applied_seq, head):
            return Standing(applied_seq, head)
        case Refusal(code, message):
            return f"refused ({code}): {message}"


def _remembered(config: SyncConfig) -> tuple[Position | None, Halt | None]:
    if not config.worker.watermark.exists():
        return None, None
    with closing(WatermarkStore(config.worker.watermark, config.lot.id)) as store:
        return store.position(), store.halt()


def _agrees(outbox: SqliteOutbox, lot: Standing, cloud: Standing) -> bool | None:
    if cloud.seq > lot.seq:
        return False
    own = outbox.hash_of(cloud.seq) if cloud.seq else GENESIS
    return None if own is None else own == cloud.head
