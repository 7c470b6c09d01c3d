"""The lot's ordered log of facts: canonical bytes, and a hash chain over them.

Both sides compute these, so they stand here once. A link is
`SHA-256(previous hash as 32 bytes || canonical bytes)`; the first link follows 32 zero bytes.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lot_server.domain.errors import BadBody, BrokenChain

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """One fact of one lot. `occurred_at` is `clock.to_text`; `previous` and `hash` are 64 hex digits."""

    lot_id: str
    seq: int
    kind: str
    occurred_at: str
    body: dict[str, Any]
    previous: str
    hash: str


def canonical_bytes(lot_id: str, seq: int, kind: str, occurred_at: str, body: dict[str, Any]) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces. Raises BadBody where a float would make the bytes ambiguous."""
    _refuse_floats(body)
    fact = {"body": body, "kind": kind, "lot_id": lot_id, "occurred_at": occurred_at, "seq": seq}
    return json.dumps(fact, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(previous: str, canonical: bytes) -> str:
    """The hash of a fact that follows `previous`."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical).hexdigest()


def digest(lot_id: str, seq: int, kind: str, occurred_at: str, body: dict[str, Any]) -> str:
    """The SHA-256 of a fact's canonical bytes alone, for a body that was written anew."""
    return hashlib.sha256(canonical_bytes(lot_id, seq, kind, occurred_at, body)).hexdigest()


def seal(lot_id: str, seq: int, kind: str, occurred_at: str, body: dict[str, Any], previous: str) -> Envelope:
    """The envelope of a new fact, chained to the one before it (`GENESIS` for seq 1)."""
    canonical = canonical_bytes(lot_id, seq, kind, occurred_at, body)
    return Envelope(lot_id, seq, kind, occurred_at, body, previous, link(previous, canonical))


def verify(envelopes: Iterable[Envelope], applied_seq: int, head: str) -> str:
    """Check that envelopes follow `(applied_seq, head)` without gap or change; returns the new head.

    Raises BrokenChain at the first that does not.
    """
    for envelope in envelopes:
        if envelope.seq != applied_seq + 1:
            raise BrokenChain(f"expected seq {applied_seq + 1}, got {envelope.seq}: send from {applied_seq + 1}")
        canonical = canonical_bytes(envelope.lot_id, envelope.seq, envelope.kind, envelope.occurred_at, envelope.body)
        if envelope.previous != head or envelope.hash != link(head, canonical):
            raise BrokenChain(f"seq {envelope.seq} does not follow the ledger's head {head[:12]}…: compare ledgers")
        applied_seq, head = envelope.seq, envelope.hash
    return head


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise BadBody("a float cannot be hashed the same everywhere: send integers of a smaller unit")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
