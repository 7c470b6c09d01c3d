"""Writes the file of a disputed stay from the lot's store and photos, beside the server that runs."""

import hashlib
import json
import os
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from lot_server.config import StoreSection
from lot_server.dispute.bundle import (
    AUDIT,
    FEE,
    FORMAT,
    LEDGER,
    MANIFEST,
    READS,
    BundleManifest,
    as_json,
    as_lines,
    frame_place,
)
from lot_server.dispute.replay import replay
from lot_server.domain.audit import AuditEntry
from lot_server.domain.clock import to_text
from lot_server.domain.codec import to_body
from lot_server.domain.erasure import is_about
from lot_server.domain.events import (
    AlertRaised,
    AlertResolved,
    EntryAdmitted,
    ExitAdmitted,
    LotDescribed,
    PlateErased,
    TariffPublished,
    decode,
)
from lot_server.domain.ledger import Envelope
from lot_server.errors import BadBundle, PhotoUnavailable, UnknownStay
from lot_server.exits import price
from lot_server.photos import PhotoFolder
from lot_server.store.read_only import audit_entries, reading, verify_audit, verify_ledger

_ELSEWHERE = (AlertRaised.KIND, AlertResolved.KIND, PlateErased.KIND)
"""Facts that may name other vehicles; none of them decides a fee."""


def export_dispute(
    store: StoreSection, lot_id: str, stay_id: str, out: Path, made_for: str, at: datetime
) -> BundleManifest:
    """Write the file; it is there whole or not at all. Raises BadBundle, UnknownStay, StoreError, DomainError."""
    if out.exists():
        raise BadBundle(f"{out} is there already: name a new file")
    with reading(store.database) as opened:
        ledger, trail = verify_ledger(opened, lot_id), verify_audit(opened, lot_id)
        facts = _facts(opened, lot_id, stay_id)
        names = [name for fact in facts for name in fact.body.get("photos", ())]
        audit = [each for each in audit_entries(opened) if _mentions(each, stay_id, names)]
        dropped = _dropped(opened, stay_id)
    files = {
        LEDGER: as_lines([asdict(fact) for fact in facts]),
        AUDIT: as_lines([asdict(entry) for entry in audit]),
        FEE: as_json({"quote": _fee(lot_id, stay_id, facts, at)}),
        READS: as_json(list(_reads(facts))),
    }
    lost = []
    for name in dict.fromkeys(names):
        if name not in dropped:
            try:
                files[frame_place(name)] = PhotoFolder(store.photos).read(name)
            except PhotoUnavailable:
                lost.append(name)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    gone = tuple(name for name in dict.fromkeys(names) if name in dropped)
    manifest = BundleManifest(
        FORMAT, lot_id, stay_id, to_text(at), made_for, *ledger, *trail, digests, gone, tuple(lost)
    )
    _write(out, files | {MANIFEST: as_json(to_body(manifest))})
    return manifest


def _facts(opened: sqlite3.Connection, lot_id: str, stay_id: str) -> list[Envelope]:
    """What the ledger says of a stay, its vehicle's passes, its price list, and the lot. Raises UnknownStay."""
    row = opened.execute("SELECT plate, tariff_version, pass_id FROM stay WHERE stay_id = ?", (stay_id,)).fetchone()
    if row is None:
        raise UnknownStay(f"this lot has no stay {stay_id}: look it up at the console")
    plate, version, pass_id = row
    passage_ids = [each for (each,) in opened.execute("SELECT passage_id FROM passage WHERE stay_id = ?", (stay_id,))]
    wanted = json.dumps([stay_id, *passage_ids, *([plate] if plate else []), *([pass_id] if pass_id else [])])
    rows = opened.execute(
        "SELECT seq, kind, occurred_at, body, previous, hash FROM outbox WHERE kind IN (?, ?) "
        "OR EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE instr(body, wanted.value)) ORDER BY seq",
        (LotDescribed.KIND, TariffPublished.KIND, wanted),
    )
    found = [Envelope(lot_id, seq, kind, at, json.loads(body), *rest) for seq, kind, at, body, *rest in rows]
    found = [each for each in found if _belongs(each, stay_id, passage_ids, version, plate, pass_id)]
    erased = {seq for (seq,) in opened.execute("SELECT seq FROM outbox WHERE erased_by IS NOT NULL")}
    if any(fact.seq in erased for fact in found):
        raise BadBundle(f"the plate of stay {stay_id} was erased: what its facts said then is gone")
    return found


def _belongs(
    fact: Envelope, stay_id: str, passage_ids: list[str], version: int, plate: str | None, pass_id: str | None
) -> bool:
    if fact.kind == TariffPublished.KIND:
        return bool(fact.body["tariff"]["version"] == version)
    if fact.kind.startswith("pass_"):
        parts = (fact.body, *(part for part in fact.body.values() if isinstance(part, dict)))
        return any(part.get("pass_id", "") == pass_id or part.get("plate", "") == plate for part in parts)
    if fact.kind == LotDescribed.KIND:
        return True
    return fact.kind not in _ELSEWHERE and is_about(fact.body, (stay_id,), passage_ids)


def _fee(lot_id: str, stay_id: str, facts: list[Envelope], at: datetime) -> dict[str, object] | None:
    with replay(lot_id) as played:
        played.play(facts)
        stay = played.work.stay(stay_id)
        if stay is None or stay.entered_at is None:
            return None
        left = [decode(fact.kind, fact.body) for fact in facts if fact.kind == ExitAdmitted.KIND]
        decided = [event.decided_at for event in left if isinstance(event, ExitAdmitted)]
        return to_body(price(played.work, stay, max(decided, default=at)))


def _reads(facts: Iterable[Envelope]) -> Iterator[dict[str, object]]:
    """What each camera read, in the words of the evidence: the likeliest text, and per character what it might be."""
    for fact in facts:
        event = decode(fact.kind, fact.body)
        if isinstance(event, EntryAdmitted | ExitAdmitted):
            evidence = event.evidence
            yield {
                "lane_id": event.lane_id,
                "passage_id": event.passage_id,
                "plate": event.plate if isinstance(event, EntryAdmitted) else event.read_plate,
                "positions": None if evidence is None else to_body(evidence)["positions"],
                "frames": [frame_place(name) for name in event.photos],
            }


def _mentions(entry: AuditEntry, stay_id: str, names: list[str]) -> bool:
    return entry.subject is not None and (stay_id in entry.subject or entry.subject in names)


def _dropped(opened: sqlite3.Connection, stay_id: str) -> set[str]:
    rows = opened.execute(
        "SELECT value FROM passage, json_each(passage.photos) WHERE stay_id = ? AND photos_dropped_at IS NOT NULL",
        (stay_id,),
    )
    return {name for (name,) in rows}


def _write(out: Path, files: dict[str, bytes]) -> None:
    partial = out.with_name(out.name + ".part")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as written, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                packed.writestr(name, content)
        partial.replace(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BadBundle(f"{out} cannot be written ({error.strerror}): check its folder") from error
