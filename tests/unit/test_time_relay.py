"""What the cloud's clock shows reaches the lot, and a lot that is away holds nothing up."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from cloud_sync.errors import LoopbackUnavailable
from cloud_sync.ports import CloudTime, SettlementOutcome
from cloud_sync.time_relay import TimeRelay
from lot_server.domain.stay import Settlement

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Lot:
    """Remembers what it was told; is away the first time."""

    def __init__(self) -> None:
        self.asked = 0
        self.told: list[tuple[datetime, float]] = []

    async def settle(self, settlement: Settlement) -> SettlementOutcome:
        raise NotImplementedError

    async def acknowledge(self, applied_seq: int, head: str) -> None:
        raise NotImplementedError

    async def tell_time(self, at: datetime, round_trip_s: float) -> None:
        self.asked += 1
        if self.asked == 1:
            raise LoopbackUnavailable("the lot server does not answer")
        self.told.append((at, round_trip_s))


def test_the_newest_time_is_told_with_what_has_passed_since() -> None:
    """A time that could not be handed over is overtaken by the next, which has aged by as long as it waited."""

    async def story() -> Lot:
        lot = Lot()
        relay = TimeRelay(lot, 0.0)
        task = asyncio.create_task(relay.run())
        relay.hear(CloudTime(NOON, 0.2, time.monotonic()))
        async with asyncio.timeout(20):
            while not lot.asked:  # noqa: ASYNC110 - the lot tells nobody that it was asked
                await asyncio.sleep(0.001)
            relay.hear(CloudTime(NOON, 0.3, time.monotonic() - 60))
            while not lot.told:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        return lot

    ((at, round_trip_s),) = asyncio.run(story()).told
    assert round_trip_s == 0.3
    assert NOON + timedelta(seconds=60) <= at
