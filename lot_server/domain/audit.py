"""Who did what at a lot: entries chained by hash, each bound to the ledger as it stood then.

They stay at the lot: which person looked at whose photo is nothing that the cloud must know. A link is made as the
ledger's are. An entry names the ledger's head, which the cloud has too: nobody can later write one as if it were older.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from lot_server.domain.errors import BrokenChain
from lot_server.domain.ledger import GENESIS, link

AuditAction = Literal[
    "open_lane",
    "resolve_stay",
    "type_code",
    "show_empty_lane",
    "take_payment",
    "correct_plate",
    "class_vehicle",
    "apply_coupon",
    "lose_ticket",
    "refund",
    "forgive_debt",
    "open_shift",
    "close_shift",
    "agree_merchant",
    "issue_coupons",
    "view_photo",
    "export_reads",
    "sign_in",
    "refuse_sign_in",
    "sign_out",
    "add_account",
    "remove_account",
    "set_password",
    "resolve_alert",
    "export_day",
    "describe_lot",
    "publish_tariff",
    "grant_pass",
    "revoke_pass",
    "list_plate",
    "unlist_plate",
    "import_rights",
    "export_rights",
    "recount",
    "find_orphan",
    "write_off_stay",
    "make_backup",
    "restore_backup",
    "hold_barriers",
    "release_barriers",
    "reconcile_exit",
    "recover_ledger",
    "upgrade_store",
    "confirm_clock",
    "drop_photos",
    "dispute_stay",
    "end_dispute",
    "export_dispute",
    "erase_plate",
]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An order or a look, written before it is carried out; what came of it is in the ledger.

    `actor` is who, `subject` what it was about (a lane, stay, photo or file), `at` is `clock.to_text`. `ledger_seq` and
    `ledger_head` are the ledger's last fact then; `previous` and `hash` are 64 hex digits.
    """

    number: int
    at: str
    actor: str
    action: str
    subject: str | None
    reason: str | None
    ledger_seq: int
    ledger_head: str
    previous: str
    hash: str


def seal_entry(
    lot_id: str,
    before: AuditEntry | None,
    at: str,
    actor: str,
    action: AuditAction,
    subject: str | None,
    reason: str | None,
    ledger: tuple[int, str],
) -> AuditEntry:
    """The entry that follows `before` (None for the first) with the ledger at `(seq, hash)`."""
    number, previous = (1, GENESIS) if before is None else (before.number + 1, before.hash)
    fields: dict[str, Any] = {
        "number": number,
        "at": at,
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "ledger_seq": ledger[0],
        "ledger_head": ledger[1],
    }
    return AuditEntry(**fields, previous=previous, hash=link(previous, _canonical(lot_id, fields)))


def verify_entries(lot_id: str, entries: Iterable[AuditEntry]) -> str:
    """Check a whole trail from its first entry; returns the hash of its last, GENESIS where it is empty.

    Raises BrokenChain at the first entry that is missing, was changed, or stands behind one of a later ledger. Entries
    cut off at the end leave no gap: compare the number and hash of the last with one noted elsewhere, as in a backup.
    """
    head, ledger_seq = GENESIS, 0
    for number, entry in enumerate(entries, start=1):
        if entry.number != number or entry.previous != head or not is_sealed(lot_id, entry):
            raise BrokenChain(f"audit entry {number} is missing or was changed: compare the trail with a backup")
        if entry.ledger_seq < ledger_seq:
            raise BrokenChain(f"audit entry {number} names a ledger older than the entry before it: compare backups")
        head, ledger_seq = entry.hash, entry.ledger_seq
    return head


def is_sealed(lot_id: str, entry: AuditEntry) -> bool:
    """Whether an entry's hash is that of its content behind the one it says it follows."""
    fields = {name: getattr(entry, name) for name in AuditEntry.__slots__ if name not in ("previous", "hash")}
    return entry.hash == link(entry.previous, _canonical(lot_id, fields))


def _canonical(lot_id: str, fields: dict[str, Any]) -> bytes:
    return json.dumps(fields | {"lot_id": lot_id}, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
