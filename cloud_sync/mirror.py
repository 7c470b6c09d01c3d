"""One step of mirroring: read what follows the watermark, check it, send it, and judge the answer.

A step never sleeps and never raises for what can go wrong on the way: it returns what to do next.
"""

from dataclasses import dataclass
from datetime import datetime

from cloud_sync.errors import BatchTooLarge, OutboxUnavailable, UplinkUnavailable
from cloud_sync.ports import Outbox, Uplink
from cloud_sync.watermark import Halt, Position, WatermarkStore
from cloud_sync.wire import MAX_BATCH_ENVELOPES, Ack, Batch, Refusal, fill_batch
from lot_server.domain.clock import Clock
from lot_server.domain.errors import DomainError
from lot_server.domain.ledger import GENESIS, Envelope, verify


@dataclass(frozen=True, slots=True)
class Moved:
    """The cloud stands at `position` now, and both ledgers agree there; go on at once."""

    position: Position


@dataclass(frozen=True, slots=True)
class Smaller:
    """The cloud wants smaller batches; go on at once."""

    batch_envelopes: int


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Nothing to send, or nothing to read yet and `reason` says why; look again when the outbox changes."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No usable answer; back off."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The ledgers disagree or the cloud refuses: a person must look at it; ask again rarely."""

    halt: Halt


Step = Moved | Smaller | CaughtUp | Unreachable | Stopped


class _Stop(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Mirror:
    """Mirrors one lot's outbox. What the cloud has confirmed is in the watermark before a step returns `Moved`."""

    def __init__(
        self,
        lot_id: str,
        outbox: Outbox,
        uplink: Uplink,
        watermark: WatermarkStore,
        clock: Clock,
        batch_envelopes: int = MAX_BATCH_ENVELOPES,
    ) -> None:
        self._lot_id = lot_id
        self._outbox = outbox
        self._uplink = uplink
        self._watermark = watermark
        self._clock = clock
        self._batch_envelopes = batch_envelopes
        self._unsure = watermark.position() is None or watermark.halt() is not None

    async def step(self) -> Step:
        """Send one batch, or find that there is none.

        Without a watermark, or once stopped, the step first asks where the cloud stands.
        """
        try:
            position = self._watermark.position()
            if position is None or self._unsure:
                return self._adopt(self._standing(await self._uplink.ledger()))
            envelopes = self._next(position)
            step = await self._send(position, envelopes) if envelopes else CaughtUp()
            self._watermark.go_on()
            return step
        except OutboxUnavailable as error:
            return CaughtUp(str(error))
        except UplinkUnavailable as error:
            return Unreachable(str(error))
        except (_Stop, DomainError, BatchTooLarge) as error:
            halt = Halt(error.code, str(error), self._now())
            self._watermark.stop(halt)
            self._unsure = True
            return Stopped(halt)

    def _next(self, position: Position) -> list[Envelope]:
        self._compare(position.applied_seq, position.head)
        envelopes = list(self._outbox.after(position.applied_seq, self._batch_envelopes))
        verify(envelopes, position.applied_seq, position.head)
        return envelopes

    async def _send(self, position: Position, envelopes: list[Envelope]) -> Step:
        batch = fill_batch(self._lot_id, envelopes)
        answer = await self._uplink.send(batch)
        if isinstance(answer, Refusal):
            return await self._refused(answer, position, batch)
        if answer.applied_seq <= position.applied_seq:
            raise UplinkUnavailable(f"the cloud acknowledged seq {answer.applied_seq}, which is nothing new")
        return self._adopt(answer)

    async def _refused(self, refusal: Refusal, position: Position, batch: Batch) -> Step:
        if refusal.code == "batch_too_large" and len(batch.envelopes) > 1:
            self._batch_envelopes = len(batch.envelopes) // 2
            return Smaller(self._batch_envelopes)
        if refusal.code != "sequence_gap":
            raise _Stop(refusal.code, refusal.message)
        if refusal.applied_seq is None or refusal.head is None:
            standing = self._standing(await self._uplink.ledger())
        else:
            standing = Ack(self._lot_id, refusal.applied_seq, refusal.head)
        if standing.applied_seq == position.applied_seq:
            raise _Stop(refusal.code, f"the cloud misses seq {position.applied_seq + 1}, but that was sent to it")
        return self._adopt(standing)

    def _standing(self, answer: Ack | Refusal) -> Ack:
        if isinstance(answer, Refusal):
            raise _Stop(answer.code, answer.message)
        return answer

    def _adopt(self, ack: Ack) -> Moved:
        self._compare(ack.applied_seq, ack.head)
        position = Position(ack.applied_seq, ack.head, self._now())
        self._watermark.move(position)
        self._unsure = False
        return Moved(position)

    def _compare(self, applied_seq: int, head: str) -> None:
        last, _ = self._outbox.head()
        if last < applied_seq:
            raise _Stop(
                "ledger_fork",
                f"the cloud has applied seq {applied_seq}, but the lot's ledger ends at {last}: an old copy of the "
                "lot's database was put back; stop the lot server and run `openlot sync recover`",
            )
        own = self._outbox.hash_of(applied_seq) if applied_seq else GENESIS
        if own not in (None, head):
            raise _Stop(
                "ledger_fork",
                f"the ledgers differ at seq {applied_seq}: if an old copy was put back and the lot went on from it, "
                "put it back once more, into an empty folder, and run `openlot sync recover` before the lot server",
            )

    def _now(self) -> datetime:
        return self._clock.now()
