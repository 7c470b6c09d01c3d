"""Whether a dispute's file holds together: its hashes, its part of the ledger and the audit trail, and its fee."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from lot_server.dispute.bundle import Bundle
from lot_server.dispute.replay import Replay, replay
from lot_server.domain.audit import is_sealed
from lot_server.domain.clock import from_text
from lot_server.domain.codec import to_body
from lot_server.domain.errors import DomainError
from lot_server.domain.events import ExitAdmitted, decode
from lot_server.domain.ledger import Envelope, canonical_bytes, link
from lot_server.errors import LotError, StoreError
from lot_server.exits import price
from lot_server.store.read_only import verify_audit, verify_ledger


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `text` says what is so, or what does not hold."""

    name: str
    holds: bool
    text: str


def verify_bundle(bundle: Bundle) -> Iterator[Check]:
    """Everything that the file alone can show."""
    yield _check("files", "every file is what the manifest says", (f"{name} is not" for name in bundle.wrong_files))
    yield _check("frames", f"{len(bundle.frames)} frames are those that the facts name", _wrong_frames(bundle))
    yield _check("ledger", f"{len(bundle.facts)} facts have the hashes of their content", _wrong_facts(bundle))
    yield _check("audit", f"{len(bundle.audit)} entries have the hashes of their content", _wrong_entries(bundle))
    yield _fee(bundle)


def verify_against(bundle: Bundle, connection: sqlite3.Connection) -> Iterator[Check]:
    """That the file's facts and entries stand in the lot's own chains, which are whole. Raises StoreError."""
    lot_id = bundle.manifest.lot_id
    try:
        verify_ledger(connection, lot_id)
        verify_audit(connection, lot_id)
    except DomainError as error:
        yield Check("the lot's chains", False, str(error))
        return
    ledger = dict(connection.execute("SELECT seq, hash FROM outbox"))
    audit = dict(connection.execute("SELECT number, hash FROM audit"))
    foreign = [f"seq {each.seq} is another fact there" for each in bundle.facts if ledger.get(each.seq) != each.hash]
    foreign += [f"entry {each.number} is another there" for each in bundle.audit if audit.get(each.number) != each.hash]
    ends = bundle.manifest
    if ends.seq and ledger.get(ends.seq) != ends.head:
        foreign.append(f"the ledger's head {ends.seq} was another there")
    yield _check("the lot's chains", "all facts and entries stand in the lot's own chains, which are whole", foreign)


def _check(name: str, text: str, wrong: "Iterator[str] | list[str]") -> Check:
    found = list(wrong)
    return Check(name, not found, "; ".join(found) or text)


def _wrong_frames(bundle: Bundle) -> Iterator[str]:
    named = {name for fact in bundle.facts for name in fact.body.get("photos", ())}
    for name, content in bundle.frames.items():
        if hashlib.sha256(content).hexdigest() != name:
            yield f"frame {name[:12]}… was changed"
        if name not in named:
            yield f"no fact names frame {name[:12]}…"
    for name in named - bundle.frames.keys() - {*bundle.manifest.dropped_photos, *bundle.manifest.lost_photos}:
        yield f"frame {name[:12]}… is missing"


def _wrong_facts(bundle: Bundle) -> Iterator[str]:
    before: Envelope | None = None
    if not bundle.facts:
        yield "there is none"
    for fact in bundle.facts:
        if fact.lot_id != bundle.manifest.lot_id:
            yield f"seq {fact.seq} is of another lot"
        canonical = canonical_bytes(fact.lot_id, fact.seq, fact.kind, fact.occurred_at, fact.body)
        if fact.hash != link(fact.previous, canonical):
            yield f"seq {fact.seq} was changed"
        if before is not None and fact.seq <= before.seq:
            yield f"seq {fact.seq} stands behind seq {before.seq}"
        if before is not None and fact.seq == before.seq + 1 and fact.previous != before.hash:
            yield f"seq {fact.seq} does not follow seq {before.seq}"
        before = fact


def _wrong_entries(bundle: Bundle) -> Iterator[str]:
    hashes = {fact.seq: fact.hash for fact in bundle.facts}
    last = 0
    for entry in bundle.audit:
        if not is_sealed(bundle.manifest.lot_id, entry):
            yield f"entry {entry.number} was changed"
        if entry.number <= last:
            yield f"entry {entry.number} stands behind entry {last}"
        if entry.ledger_seq in hashes and hashes[entry.ledger_seq] != entry.ledger_head:
            yield f"entry {entry.number} names another ledger"
        last = entry.number


def _fee(bundle: Bundle) -> Check:
    """Price the stay anew, at each exit with what was known then, and as the file's fee says."""
    wrong: list[str] = []
    try:
        with replay(bundle.manifest.lot_id) as played:
            for fact in bundle.facts:
                event = decode(fact.kind, fact.body)
                if isinstance(event, ExitAdmitted):
                    wrong += _wrong_exit(played, event, fact.seq)
                played.play([fact])
            stay = played.work.stay(bundle.manifest.stay_id)
            if stay is None:
                return Check("fee", False, "the facts hold no such stay")
            if bundle.fee is None:
                return _check("fee", "the vehicle never came inside: there is no fee", wrong)
            quote = price(played.work, stay, from_text(bundle.fee["at"]))
            if to_body(quote) != bundle.fee:
                wrong.append(f"priced anew it is {quote.gross} with other steps than fee.json has")
            return _check("fee", f"priced anew it is {quote.gross}, {quote.paid} of it paid, step by step", wrong)
    except (LotError, DomainError, KeyError, TypeError) as error:
        return Check("fee", False, f"it cannot be priced anew: {error}")


def _wrong_exit(played: Replay, event: ExitAdmitted, seq: int) -> Iterator[str]:
    stay = played.work.stay(event.stay_id)
    if stay is None:
        yield f"seq {seq} lets a stay out that never came in"
        return
    quote = price(played.work, stay, event.decided_at)
    if (quote.gross, quote.paid) != (event.gross, event.paid):
        yield f"seq {seq} says a fee of {event.gross}, {event.paid} paid; it was {quote.gross}, {quote.paid} paid"


def require_store(connection: sqlite3.Connection, lot_id: str) -> None:
    """Raises StoreError where the store is another lot's than the file's."""
    owner = connection.execute("SELECT lot_id FROM ledger").fetchone()
    if owner is None or owner[0] != lot_id:
        raise StoreError(f"this store is not lot {lot_id!r}'s: give the configuration of the file's lot")
