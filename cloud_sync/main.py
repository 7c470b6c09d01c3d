"""The composition root of the sync process: what is made here is used there, and nowhere else."""

import asyncio
import contextlib
import signal

import httpx2

from cloud_sync.ack_relay import AckRelay
from cloud_sync.config import SyncConfig
from cloud_sync.downlink import Downlink
from cloud_sync.http_uplink import HttpUplink
from cloud_sync.key_file import read_key_file
from cloud_sync.log import start_logging
from cloud_sync.loopback_client import LoopbackClient
from cloud_sync.mirror import Mirror
from cloud_sync.outbox import SqliteOutbox
from cloud_sync.time_relay import TimeRelay
from cloud_sync.watermark import WatermarkStore
from cloud_sync.worker import Worker


def serve(config: SyncConfig) -> None:
    """Mirror the lot and hold its downlink until SIGTERM or SIGINT. Raises BadKey, BadConfig."""
    start_logging(config.clock)
    private_key = read_key_file(config.key.file)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(config, private_key))


async def _serve(config: SyncConfig, private_key: str) -> None:
    _cancel_on_signal()
    lot_id = config.lot.id
    outbox = SqliteOutbox(config.lot.database, lot_id)
    watermark = WatermarkStore(config.worker.watermark, lot_id)
    # No proxy between two processes of one machine, whatever the environment says.
    async with httpx2.AsyncClient() as to_cloud, httpx2.AsyncClient(trust_env=False) as to_lot:
        loopback = LoopbackClient(to_lot, config.lot.loopback_url, config.lot.token_file)
        time_relay = TimeRelay(loopback)
        uplink = HttpUplink(to_cloud, config.cloud.url, lot_id, private_key, config.clock, time_relay.hear)
        relay = AckRelay(loopback, config.backoff)
        mirror = Mirror(lot_id, outbox, uplink, watermark, config.clock, config.worker.batch_envelopes)
        worker = Worker(mirror, outbox, config.backoff, relay.announce)
        downlink = Downlink(config.cloud.url, lot_id, private_key, config.clock, loopback, config.backoff)
        position = watermark.position()
        if position is not None:
            relay.announce(position)
        print(f"sync ready for lot {lot_id}, applied {position.applied_seq if position else 0}", flush=True)
        try:
            async with asyncio.TaskGroup() as loops:
                for loop in (worker, relay, time_relay, downlink):
                    loops.create_task(loop.run())
        finally:
            outbox.close()
            watermark.close()


def _cancel_on_signal() -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
