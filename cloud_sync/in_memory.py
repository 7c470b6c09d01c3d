"""A cloud in this process's memory that keeps the whole contract of the wire: for tests, and to try a lot out alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud_sync.errors import BadSignature, MalformedBatch
from cloud_sync.signing import sign_request, verify_request
from cloud_sync.wire import (
    Ack,
    Batch,
    Delivery,
    DeliveryAck,
    Refusal,
    RefusalCode,
    batches_path,
    decode_batch,
    encode,
    fill_batch,
    ledger_after_path,
    ledger_path,
)
from lot_server.domain.clock import Clock
from lot_server.domain.errors import BrokenChain, DomainError
from lot_server.domain.events import decode as decode_event
from lot_server.domain.ledger import GENESIS, Envelope, verify
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

_REFUSALS: dict[str, RefusalCode] = {"unknown_event": "unknown_event", "batch_too_large": "batch_too_large"}


@dataclass(slots=True)
class _Lot:
    public_key: str
    envelopes: list[Envelope] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    @property
    def head(self) -> str:
        return self.envelopes[-1].hash if self.envelopes else GENESIS


class InMemoryCloud:
    """Holds each enrolled lot's ledger, and the deliveries that it has not acknowledged."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lots: dict[str, _Lot] = {}

    def enrol(self, lot_id: str, public_key: str) -> None:
        """Accept requests that are signed with the lot's key."""
        self._lots[lot_id] = _Lot(public_key)

    def envelopes(self, lot_id: str) -> tuple[Envelope, ...]:
        """What was applied, in order."""
        return tuple(self._lots[lot_id].envelopes)

    def receive(self, lot_id: str, content: bytes, headers: Mapping[str, str]) -> Ack | Refusal:
        """Answer a posted batch."""
        refusal = self._stranger(lot_id, "POST", batches_path(lot_id), content, headers)
        if refusal is not None:
            return refusal
        try:
            return self._apply(lot_id, decode_batch(content, lot_id))
        except (MalformedBatch, DomainError) as error:
            return self._refusal(lot_id, _REFUSALS.get(error.code, "malformed_batch"), str(error))

    def ledger(self, lot_id: str, headers: Mapping[str, str]) -> Ack | Refusal:
        """Answer how far the lot's ledger is applied."""
        refusal = self._stranger(lot_id, "GET", ledger_path(lot_id), b"", headers)
        return refusal if refusal is not None else self._ack(lot_id)

    def ledger_after(self, lot_id: str, seq: int, headers: Mapping[str, str]) -> Batch | Refusal:
        """Give a lot its own envelopes that follow `seq`."""
        refusal = self._stranger(lot_id, "GET", ledger_after_path(lot_id, seq), b"", headers)
        return refusal if refusal is not None else fill_batch(lot_id, self._lots[lot_id].envelopes[seq:])

    def deliver(self, lot_id: str, settlement: Settlement) -> None:
        """Have a settlement wait for the lot."""
        self._lots[lot_id].deliveries[settlement.settlement_id] = Delivery(settlement.settlement_id, settlement)

    def deliver_refund(self, lot_id: str, refund: Refund) -> None:
        """Have a refund wait for the lot."""
        self._lots[lot_id].deliveries[refund.refund_id] = Delivery(refund.refund_id, None, refund)

    def waiting(self, lot_id: str) -> tuple[Delivery, ...]:
        """The deliveries to send, again and again, until the lot acknowledges them."""
        return tuple(self._lots[lot_id].deliveries.values())

    def acknowledged(self, lot_id: str, ack: DeliveryAck) -> None:
        """Stop sending a delivery."""
        self._lots[lot_id].deliveries.pop(ack.delivery_id, None)

    def _stranger(
        self, lot_id: str, method: str, path: str, content: bytes, headers: Mapping[str, str]
    ) -> Refusal | None:
        if lot_id not in self._lots:
            return Refusal("unknown_lot", f"no lot {lot_id!r} is enrolled here: enrol its public key")
        try:
            verify_request(self._lots[lot_id].public_key, method, path, content, headers, self._clock)
        except BadSignature as error:
            return Refusal("bad_signature", str(error))
        return None

    def _apply(self, lot_id: str, batch: Batch) -> Ack | Refusal:
        lot = self._lots[lot_id]
        applied = len(lot.envelopes)
        known = [envelope for envelope in batch.envelopes if 1 <= envelope.seq <= applied]
        fresh = [envelope for envelope in batch.envelopes if not 1 <= envelope.seq <= applied]
        if any(lot.envelopes[envelope.seq - 1].hash != envelope.hash for envelope in known):
            return self._refusal(lot_id, "ledger_fork", "an envelope differs from the applied one: compare ledgers")
        if fresh and fresh[0].seq != applied + 1:
            return self._refusal(lot_id, "sequence_gap", f"expected seq {applied + 1}: send from there")
        try:
            verify(fresh, applied, lot.head)
        except BrokenChain as error:
            return self._refusal(lot_id, "ledger_fork", str(error))
        for envelope in fresh:
            decode_event(envelope.kind, envelope.body)
        lot.envelopes += fresh
        return self._ack(lot_id)

    def _ack(self, lot_id: str) -> Ack:
        lot = self._lots[lot_id]
        return Ack(lot_id, len(lot.envelopes), lot.head)

    def _refusal(self, lot_id: str, code: RefusalCode, message: str) -> Refusal:
        standing = self._ack(lot_id)
        return Refusal(code, message, standing.applied_seq, standing.head)


class InMemoryUplink:
    """Reaches an in-memory cloud for one lot, with the bytes and signatures that HTTP would carry."""

    def __init__(self, cloud: InMemoryCloud, lot_id: str, private_key: str, clock: Clock) -> None:
        self._cloud = cloud
        self._lot_id = lot_id
        self._private_key = private_key
        self._clock = clock

    async def send(self, batch: Batch) -> Ack | Refusal:
        content = encode(batch)
        return self._cloud.receive(self._lot_id, content, self._sign("POST", batches_path(self._lot_id), content))

    async def ledger(self) -> Ack | Refusal:
        return self._cloud.ledger(self._lot_id, self._sign("GET", ledger_path(self._lot_id), b""))

    async def ledger_after(self, seq: int) -> Batch | Refusal:
        return self._cloud.ledger_after(self._lot_id, seq, self._sign("GET", ledger_after_path(self._lot_id, seq), b""))

    def _sign(self, method: str, path: str, content: bytes) -> Mapping[str, str]:
        return sign_request(self._private_key, method, path, content, self._clock.now())
