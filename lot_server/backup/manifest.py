"""What a backup says of itself: `manifest.json`, the last file that is written into it."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from lot_server.errors import BadBackup

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """`made_at` is `clock.to_text`; `database_sha256` 64 hex digits, sizes in bytes.

    `seq`, `head` and `acked_seq` are the ledger's, `audit_number` and `audit_head` the audit trail's. `photos` are the
    SHA-256 names of the photos inside, `missing_photos` of those that the database names and the lot did not have.
    """

    format: int
    lot_id: str
    made_at: str
    openlot: str
    schema: int
    seq: int
    head: str
    acked_seq: int
    audit_number: int
    audit_head: str
    database_sha256: str
    database_bytes: int
    photos: tuple[str, ...]
    missing_photos: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """UTF-8 JSON, one key a line."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode() + b"\n"


def manifest_from(content: bytes) -> Manifest:
    """The manifest of these bytes. Raises BadBackup."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise BadBackup(f"manifest.json is no JSON ({error}): take another backup") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadBackup(f"the manifest is not of format {FORMAT}: restore it with the openlot that made it")
    expected = {field.name: field.type for field in fields(Manifest)}
    if set(found) != set(expected) or not all(_fits(found[name], kind) for name, kind in expected.items()):
        raise BadBackup("manifest.json lacks a key or has a wrong value: take another backup")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return Manifest(**values)


def _fits(value: Any, kind: object) -> bool:
    if kind in (int, str):
        return type(value) is kind
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
