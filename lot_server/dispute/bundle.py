"""What a dispute's file holds: a zip of JSON and JPEG, each listed with its SHA-256 in `manifest.json`.

`ledger.jsonl` are the facts about the stay as the ledger has them, `audit.jsonl` the entries of the audit trail about
it and its photos, `fee.json` the fee with its steps, `reads.json` what was read at each lane, `frames/` the very frames
that were read. Facts about other vehicles are left out: they are nobody's business here, though the ledger's chain runs
through them. So the file shows of the chain what is the stay's own; the lot's ledger shows the rest.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lot_server.domain.audit import AuditEntry
from lot_server.domain.codec import from_body
from lot_server.domain.errors import DomainError
from lot_server.domain.ledger import Envelope
from lot_server.errors import BadBundle

FORMAT = 1
MANIFEST, LEDGER, AUDIT, FEE, READS = "manifest.json", "ledger.jsonl", "audit.jsonl", "fee.json", "reads.json"
MOST_BYTES = 256 << 20
"""What a file may unpack to: a stay has a few frames, and who opens the file may not know who made it."""


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """Of which stay the file is, when and for whom it was made, how far ledger and audit trail went then (number and
    hash of the last), the SHA-256 of every other file, and the photos of the stay that are kept no more, or lost."""

    format: int
    lot_id: str
    stay_id: str
    made_at: str
    made_for: str
    seq: int
    head: str
    audit_number: int
    audit_head: str
    files: dict[str, Any]
    dropped_photos: tuple[str, ...]
    lost_photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A dispute's file as it was read; `fee` is the quote's body, None before the vehicle was inside."""

    manifest: BundleManifest
    facts: tuple[Envelope, ...]
    audit: tuple[AuditEntry, ...]
    fee: dict[str, Any] | None
    frames: Mapping[str, bytes]
    wrong_files: tuple[str, ...]
    """Files that are missing, are not listed, or are not what the manifest says."""


def frame_place(name: str) -> str:
    """Where a frame stands in the file, by its SHA-256."""
    return f"frames/{name}.jpg"


def as_json(value: object) -> bytes:
    """Readable JSON, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode()


def as_lines(values: list[dict[str, Any]]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(each, ensure_ascii=False, sort_keys=True) + "\n" for each in values).encode()


def read_bundle(path: Path) -> Bundle:
    """Open a dispute's file. Raises BadBundle for what is none; what is wrong inside is told by `wrong_files`."""
    try:
        with zipfile.ZipFile(path) as opened:
            if sum(each.file_size for each in opened.infolist()) > MOST_BYTES:
                raise BadBundle(f"{path} unpacks to more than {MOST_BYTES >> 20} MiB: no dispute's file does")
            files = {each.filename: opened.read(each) for each in opened.infolist()}
        manifest = from_body(BundleManifest, json.loads(files.pop(MANIFEST)))
        facts = tuple(Envelope(**each) for each in _lines(files.get(LEDGER, b"")))
        audit = tuple(AuditEntry(**each) for each in _lines(files.get(AUDIT, b"")))
        fee = json.loads(files[FEE])["quote"] if FEE in files else None
    except BadBundle:
        raise
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, DomainError) as error:
        raise BadBundle(f"{path} is no dispute's file, or is damaged ({error}): ask for another copy") from error
    found = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    wrong = sorted(name for name in found.keys() | manifest.files.keys() if found.get(name) != manifest.files.get(name))
    frames = {name.removeprefix("frames/").removesuffix(".jpg"): files[name] for name in files if "frames/" in name}
    return Bundle(manifest, facts, audit, fee, frames, tuple(wrong))


def _lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().splitlines()]
