"""The messages between a lot and the cloud, and their bytes. Nothing else crosses the wire.

Up: `POST /v1/lots/{lot_id}/batches` with a `Batch`; answered 200 with an `Ack`, or 4xx with a `Refusal`.
Down: a WebSocket at `/v1/lots/{lot_id}/downlink`; the cloud sends `Delivery` texts, the lot answers `DeliveryAck`.
Every request is signed as `cloud_sync.signing` says.
"""

import json
from dataclasses import dataclass
from typing import Literal, TypeVar

from cloud_sync.errors import MalformedBatch
from lot_server.domain.codec import from_body, to_body
from lot_server.domain.errors import DomainError
from lot_server.domain.ledger import Envelope
from lot_server.domain.stay import Settlement

MAX_BATCH_ENVELOPES = 500
MAX_BATCH_BYTES = 4 * 1024 * 1024

RefusalCode = Literal[
    "malformed_batch", "bad_signature", "sequence_gap", "ledger_fork", "unknown_event", "unknown_lot", "batch_too_large"
]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive envelopes of one lot, at least one, at most MAX_BATCH_ENVELOPES."""

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
    """A settlement on its way down; sent again on every connection until it is acknowledged."""

    delivery_id: str
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class DeliveryAck:
    """The lot has the delivery on disk: `applied`, or `refused` for a stay it does not know (the cloud alerts)."""

    delivery_id: str
    outcome: Literal["applied", "refused"]


def encode(message: Batch | Ack | Refusal | Delivery | DeliveryAck) -> bytes:
    """UTF-8 JSON of a message."""
    return json.dumps(to_body(message), ensure_ascii=False, separators=(",", ":")).encode()


def decode(kind: type[T], content: bytes | str) -> T:
    """The message in `content`. Raises MalformedBatch saying what is wrong with it."""
    try:
        return from_body(kind, json.loads(content))
    except DomainError as error:
        raise MalformedBatch(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise MalformedBatch("the body is not JSON in UTF-8") from error


def decode_batch(content: bytes, lot_id: str) -> Batch:
    """The batch in `content`, checked to be of `lot_id` and within the limits. Raises MalformedBatch."""
    if len(content) > MAX_BATCH_BYTES:
        raise MalformedBatch(f"a batch has at most {MAX_BATCH_BYTES} bytes: send fewer envelopes")
    batch = decode(Batch, content)
    if not 1 <= len(batch.envelopes) <= MAX_BATCH_ENVELOPES:
        raise MalformedBatch(f"a batch has 1 to {MAX_BATCH_ENVELOPES} envelopes, not {len(batch.envelopes)}")
    if batch.lot_id != lot_id or any(envelope.lot_id != lot_id for envelope in batch.envelopes):
        raise MalformedBatch(f"this batch holds another lot's envelopes: send only those of {lot_id}")
    return batch
