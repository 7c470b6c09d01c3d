"""Puts a backup back where no store is yet, checked byte by byte before it gets the store's name.

The restored ledger ends where the backup's did. Facts that the cloud has beyond that are not brought back here: the
cloud refuses whatever else this lot then records under their numbers, as a fork, so that no history is rewritten.
"""

import shutil
from datetime import datetime
from pathlib import Path

from lot_server.backup.backup import check_backup, manifest_of, photo_place
from lot_server.backup.container import DATABASE, Contents, FolderContainer, FolderContents, open_backup
from lot_server.backup.manifest import Manifest
from lot_server.backup.snapshot import database_facts
from lot_server.config import StoreSection
from lot_server.durable import sync
from lot_server.errors import BadBackup, StoreError, StoreNotEmpty, StoreOfAnotherLot
from lot_server.store.store import Store


def restore_backup(
    backup: Path, store: StoreSection, lot_id: str, operator: str, reason: str, now: datetime
) -> Manifest:
    """Make the store from a backup; its audit trail says who did so, and from which.

    Raises StoreNotEmpty, BadBackup, StoreOfAnotherLot, StoreTooNew, DiskFull, StoreError; then there is no store.
    """
    folder = store.folder
    _require_empty(folder)
    part = folder.with_name(f".{folder.name}.restoring")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if part.exists():
            shutil.rmtree(part)
        with open_backup(backup) as contents:
            manifest = manifest_of(contents)
            if manifest.lot_id != lot_id:
                raise StoreOfAnotherLot(f"{backup} is of lot {manifest.lot_id!r}, not {lot_id!r}: correct [lot] id")
            _copy(contents, manifest, part)
        _require_same(part / DATABASE, manifest)
        _note(part / DATABASE, lot_id, operator, reason, f"{backup.name} up to seq {manifest.seq}", now)
        part.rename(folder)
        sync(folder.parent)
    except OSError as error:
        text = f"{folder} cannot be made ({error.strerror}): check its parent's room and mode, and that it is no mount"
        raise StoreError(text) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def _require_empty(folder: Path) -> None:
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return
    except OSError as error:
        raise StoreError(f"{folder} cannot be looked into ({error.strerror}): check its mode") from error
    raise StoreNotEmpty(f"{folder} is not empty: move it away, it is never overwritten, then restore again")


def _copy(contents: Contents, manifest: Manifest, part: Path) -> None:
    target = FolderContainer(part)
    for name in (DATABASE, *map(photo_place, manifest.photos)):
        with contents.open(name) as file:
            target.add_from(name, file)
    target.finish()
    check_backup(FolderContents(part), manifest)


def _require_same(database: Path, manifest: Manifest) -> None:
    """What was copied is a whole database whose ledger and trail end where the manifest says."""
    facts = database_facts(database)
    found = (facts.lot_id, facts.seq, facts.head, facts.audit_number, facts.audit_head)
    if found != (manifest.lot_id, manifest.seq, manifest.head, manifest.audit_number, manifest.audit_head):
        raise BadBackup("ledger or audit trail end elsewhere than the manifest says: take another backup")
    if set(facts.photos) != {*manifest.photos, *manifest.missing_photos}:
        raise BadBackup("the manifest does not name the photos that the database names: take another backup")


def _note(database: Path, lot_id: str, operator: str, reason: str, subject: str, now: datetime) -> None:
    store = Store(database, lot_id)
    try:
        with store.transaction() as work:
            work.trail.add(now, operator, "restore_backup", subject, reason)
    finally:
        store.close()
