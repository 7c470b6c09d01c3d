"""What the worker and the downlink need of the world: the lot's outbox, the cloud, and the lot's server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from cloud_sync.wire import Ack, Batch, Refusal
from lot_server.domain.ledger import Envelope
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

SettlementOutcome = Literal["applied", "already_applied", "refused"]
"""refused: the lot will never take it, for it knows no such stay or payment, or the money cannot be for it."""


@dataclass(frozen=True, slots=True)
class CloudTime:
    """The cloud's clock showed `at` within the `round_trip_s` real seconds before `heard_at` (time.monotonic)."""

    at: datetime
    round_trip_s: float
    heard_at: float


class Outbox(Protocol):
    """The lot's ordered log of facts, read only. Every method raises OutboxUnavailable where it cannot be read now."""

    def changed(self) -> bool:
        """Whether something may have been added since the last call; cheap enough to ask many times a second."""
        ...

    def head(self) -> tuple[int, str]:
        """The last seq and its hash; (0, GENESIS) where nothing was recorded yet."""
        ...

    def hash_of(self, seq: int) -> str | None:
        """The hash of one fact, None where the lot has pruned it or not recorded it."""
        ...

    def after(self, seq: int, limit: int) -> Sequence[Envelope]:
        """Up to `limit` envelopes that follow `seq`, in order. Raises BrokenChain for a row that is no envelope."""
        ...


class Uplink(Protocol):
    """The cloud as one lot reaches it. Its methods raise UplinkUnavailable where no usable answer came in time."""

    async def send(self, batch: Batch) -> Ack | Refusal:
        """Post a batch."""
        ...

    async def ledger(self) -> Ack | Refusal:
        """How far the cloud has applied this lot's ledger."""
        ...

    async def ledger_after(self, seq: int) -> Batch | Refusal:
        """Some of this lot's own envelopes that follow `seq`, in order; none where the cloud has no more."""
        ...


class LotLoopback(Protocol):
    """The lot's server. Its methods raise LoopbackUnavailable where it did not confirm that it stored what it got,
    and LoopbackRefused where it cannot make sense of it.
    """

    async def settle(self, settlement: Settlement) -> SettlementOutcome:
        """Hand over a settlement; returns once it is on the lot's disk, or refused."""
        ...

    async def refund(self, refund: Refund) -> SettlementOutcome:
        """Hand over a refund; returns once it is on the lot's disk, or refused."""
        ...

    async def acknowledge(self, applied_seq: int, head: str) -> None:
        """Tell the lot how far the cloud has applied its ledger."""
        ...

    async def tell_time(self, at: datetime, round_trip_s: float) -> None:
        """Tell the lot what the cloud's clock shows, within `round_trip_s` real seconds."""
        ...
