"""The messages between a lot and the cloud, and their bytes. Nothing else crosses the wire.

Up: `POST /v1/lots/{lot_id}/batches` with a `Batch`; answered 200 with an `Ack`, or 4xx with a `Refusal`.
Back: `GET /v1/lots/{lot_id}/ledger/{seq}` gives the lot its own envelopes that follow `seq`, as a `Batch` that may be
empty, so that a store put back from an old backup takes them over.
Down: a WebSocket at `/v1/lots/{lot_id}/downlink`; the cloud sends `Delivery` texts, the lot answers `DeliveryAck`.
Every request is signed as `cloud_sync.signing` says. A lot's id is 1 to 64 letters, digits, `.`, `_` or `-`, so that
it stands in a path as it is.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from cloud_sync.errors import BatchTooLarge, MalformedBatch
from lot_server.domain.codec import ADDED, from_body, to_body
from lot_server.domain.errors import BadBody, DomainError
from lot_server.domain.ledger import Envelope
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

MAX_BATCH_ENVELOPES = 500
MAX_BATCH_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32

RefusalCode = Literal[
    "malformed_batch", "bad_signature", "sequence_gap", "ledger_fork", "unknown_event", "unknown_lot", "batch_too_large"
]
T = TypeVar("T")

LOT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive envelopes of one lot, at most MAX_BATCH_ENVELOPES; on their way up at least one."""

    lot_id: str
    envelopes: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class Ack:
    """Everything up to and with `applied_seq` is applied, and the ledger's head there is `head`."""

    lot_id: str
    applied_seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was applied, and where the cloud stands: `applied_seq` and `head`, None where that is not told.

    sequence_gap: send from `applied_seq` + 1. ledger_fork: stop and alert. bad_signature, unknown_lot: enrol again.
    """

    code: RefusalCode
    message: str
    applied_seq: int | None = None
    head: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A settlement or a refund on its way down, one of them; sent again on every connection until acknowledged.

    A lot from before refunds does not understand one and leaves it unanswered; it gets it again once upgraded.
    Raises BadBody for none or both.
    """

    delivery_id: str
    settlement: Settlement | None
    refund: Refund | None = field(default=None, metadata=ADDED)

    def __post_init__(self) -> None:
        if (self.settlement is None) == (self.refund is None):
            raise BadBody("a delivery brings a settlement or a refund")

    @property
    def stay_id(self) -> str:
        brought = self.settlement or self.refund
        assert brought is not None
        return brought.stay_id


@dataclass(frozen=True, slots=True)
class DeliveryAck:
    """The lot has the delivery on disk: `applied`, or `refused` for what is none of its own (the cloud alerts)."""

    delivery_id: str
    outcome: Literal["applied", "refused"]


def batches_path(lot_id: str) -> str:
    """Where a lot's batches are posted; the signed path, whatever the cloud's URL has before it."""
    return f"/v1/lots/{lot_id}/batches"


def ledger_path(lot_id: str) -> str:
    """Where the cloud says how far it has applied a lot's ledger."""
    return f"/v1/lots/{lot_id}/ledger"


def ledger_after_path(lot_id: str, seq: int) -> str:
    """Where the cloud gives a lot the envelopes that follow `seq`; in the path, because that is what is signed."""
    return f"{ledger_path(lot_id)}/{seq}"


def downlink_path(lot_id: str) -> str:
    """Where a lot holds its WebSocket; signed as a GET with an empty body."""
    return f"/v1/lots/{lot_id}/downlink"


def encode(message: Batch | Ack | Refusal | Delivery | DeliveryAck) -> bytes:
    """UTF-8 JSON of a message."""
    return json.dumps(to_body(message), ensure_ascii=False, separators=(",", ":")).encode()


def decode(kind: type[T], content: bytes | str) -> T:
    """The message in `content`. Raises MalformedBatch saying what is wrong with it.

    Numbers are integers of 64 bits and texts hold neither NUL nor half of a surrogate pair, so that every store can
    keep them and the ledger's bytes are the same everywhere.
    """
    try:
        body = json.loads(content if isinstance(content, str) else content.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedBatch("the body is not JSON in UTF-8") from error
    _require_storable(body)
    try:
        return from_body(kind, body)
    except DomainError as error:
        raise MalformedBatch(str(error)) from error


def decode_batch(content: bytes, lot_id: str) -> Batch:
    """The batch in `content`, checked to be of `lot_id` and within the limits.

    Raises MalformedBatch, or BatchTooLarge for too many bytes or envelopes.
    """
    if len(content) > MAX_BATCH_BYTES:
        raise BatchTooLarge(f"a batch has at most {MAX_BATCH_BYTES} bytes: send fewer envelopes")
    batch = decode(Batch, content)
    if len(batch.envelopes) > MAX_BATCH_ENVELOPES:
        raise BatchTooLarge(f"a batch has at most {MAX_BATCH_ENVELOPES} envelopes, not {len(batch.envelopes)}")
    if not batch.envelopes:
        raise MalformedBatch("a batch has at least one envelope")
    if batch.lot_id != lot_id or any(envelope.lot_id != lot_id for envelope in batch.envelopes):
        raise MalformedBatch(f"this batch holds another lot's envelopes: send only those of {lot_id}")
    return batch


def fill_batch(lot_id: str, envelopes: Sequence[Envelope]) -> Batch:
    """The longest of the batches that start with the first envelope, halving until it fits the limits; none of none.

    Raises BatchTooLarge where a single envelope is beyond them.
    """
    count = min(len(envelopes), MAX_BATCH_ENVELOPES)
    if not count:
        return Batch(lot_id, ())
    while count:
        batch = Batch(lot_id, tuple(envelopes[:count]))
        if len(encode(batch)) <= MAX_BATCH_BYTES:
            return batch
        count //= 2
    raise BatchTooLarge(f"seq {envelopes[0].seq} alone has more than {MAX_BATCH_BYTES} bytes")


def _require_storable(value: object, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise MalformedBatch(f"the body nests deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise MalformedBatch("a text holds NUL or half of a surrogate pair, which no store keeps")
    elif isinstance(value, float):
        raise MalformedBatch(f"{value} is no integer: send integers of a smaller unit")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise MalformedBatch("an integer is beyond 64 bits")
    elif isinstance(value, dict):
        for key, item in value.items():
            _require_storable(key, depth + 1)
            _require_storable(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _require_storable(item, depth + 1)
