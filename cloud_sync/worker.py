"""The loop that keeps the cloud's copy of a lot's ledger up to date."""

import asyncio
import random
from collections.abc import Callable

from cloud_sync.backoff import Backoff
from cloud_sync.errors import OutboxUnavailable
from cloud_sync.log import EventLog
from cloud_sync.mirror import CaughtUp, Mirror, Moved, Smaller, Step, Stopped, Unreachable
from cloud_sync.ports import Outbox
from cloud_sync.watermark import Position

POLL_S = 0.1
LOG = EventLog("openlot.sync.worker")


class Worker:
    """Takes steps of `mirror` for ever; `moved` hears every position that the cloud confirms.

    New rows are noticed within `poll_s`. A failure waits as `backoff` says, a refusal far longer.
    """

    def __init__(
        self,
        mirror: Mirror,
        outbox: Outbox,
        backoff: Backoff,
        moved: Callable[[Position], None],
        poll_s: float = POLL_S,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._mirror = mirror
        self._outbox = outbox
        self._backoff = backoff
        self._moved = moved
        self._poll_s = poll_s
        self._draw = draw
        self._failures = 0
        self._waiting_for: str | None = None

    async def run(self) -> None:
        """Mirror until cancelled; safe to be killed at any point."""
        while True:
            step = await self._mirror.step()
            self._tell(step)
            if isinstance(step, CaughtUp):
                await self._until_changed()
            else:
                await asyncio.sleep(self.wait_after(step))

    def wait_after(self, step: Step) -> float:
        """Real seconds to wait after a step; counts failures in a row."""
        if isinstance(step, Unreachable):
            self._failures += 1
            return self._backoff.after_failures(self._failures, self._draw())
        self._failures = 0
        return self._backoff.after_refusal(self._draw()) if isinstance(step, Stopped) else 0.0

    async def _until_changed(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                if self._outbox.changed():
                    return
            except OutboxUnavailable as error:
                self._wait_for(str(error))

    def _tell(self, step: Step) -> None:
        if not isinstance(step, CaughtUp):
            self._waiting_for = None
        match step:
            case Moved(position):
                LOG.info("applied", seq=position.applied_seq, head=position.head)
                self._moved(position)
            case Smaller(batch_envelopes):
                LOG.info("smaller_batches", envelopes=batch_envelopes)
            case CaughtUp(reason):
                self._wait_for(reason)
            case Unreachable(reason):
                LOG.warning("uplink_unavailable", reason=reason, failures=self._failures + 1)
            case Stopped(halt):
                LOG.alert("mirroring_stopped", code=halt.code, reason=halt.message)

    def _wait_for(self, reason: str | None) -> None:
        if reason is not None and reason != self._waiting_for:
            LOG.warning("outbox_unavailable", reason=reason)
        self._waiting_for = reason
