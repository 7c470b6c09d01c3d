"""Makes a backup of a lot's store while the lot goes on: the database of one moment, then the photos that it names.

Photos never change, and stand on disk before a row names them: taken after the database, none that it names is missed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from lot_server.backup.container import DATABASE, MANIFEST, Container, Contents, new_container, open_backup
from lot_server.backup.manifest import FORMAT, Manifest, manifest_from
from lot_server.backup.shelf import Shelf
from lot_server.backup.snapshot import DatabaseFacts, copy_database, database_facts
from lot_server.config import StoreSection
from lot_server.domain.clock import to_text
from lot_server.errors import BackupFailed, BadBackup, StoreError
from lot_server.photos import PhotoFolder


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read back, and the older ones that were dropped for it."""

    path: Path
    manifest: Manifest
    dropped: tuple[Path, ...]


def make_backup(store: StoreSection, lot_id: str, shelf: Shelf, at: datetime, keep: int | None, tar: bool) -> Backup:
    """Write a backup of the store to the shelf, check every byte of it, and keep the newest `keep` (None: all).

    A photo that another backup on the shelf has is linked to that one, not copied. Raises BackupFailed,
    BackupInProgress, StoreOfAnotherLot and other StoreErrors; then nothing stands under the final name.
    """
    place = shelf.place(at, tar)
    part = shelf.part(place)
    try:
        with shelf.locked():
            shelf.drop_unfinished()
            if place.exists():
                raise BackupFailed(f"{place} is there already: try again a second later")
            database = shelf.database_part(place)
            try:
                manifest = _write(store, lot_id, database, part, at, shelf.backups(), tar)
            finally:
                database.unlink(missing_ok=True)
            with open_backup(part) as contents:
                check_backup(contents, manifest)
            shelf.finish(part, place)
            return Backup(place, manifest, tuple(shelf.drop_oldest(keep)) if keep is not None else ())
    except OSError as error:
        text = f"{place} cannot be written ({error.strerror}): check its disk's room and mode, then try again"
        raise BackupFailed(text) from error


def check_backup(contents: Contents, manifest: Manifest) -> None:
    """Compare the database's and every photo's bytes with the manifest. Raises BadBackup."""
    if digest_of(contents.open(DATABASE)) != manifest.database_sha256:
        raise BadBackup("the database is not the one that the manifest names: take another backup")
    for name in manifest.photos:
        if digest_of(contents.open(photo_place(name))) != name:
            raise BadBackup(f"photo {name[:12]}… was changed in the backup: take another backup")


def manifest_of(contents: Contents) -> Manifest:
    """What a backup says of itself. Raises BadBackup."""
    with contents.open(MANIFEST) as file:
        return manifest_from(file.read())


def photo_place(name: str) -> str:
    """Where a photo stands in a backup and in a store, by its SHA-256."""
    return f"photos/{name[:2]}/{name}.jpg"


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of a file's content, 64 hex digits; closes it."""
    with file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
        return digest.hexdigest()


def _write(
    store: StoreSection, lot_id: str, database: Path, part: Path, at: datetime, before: Iterable[Path], tar: bool
) -> Manifest:
    copy_database(store.database, database)
    facts = database_facts(database)
    if facts.lot_id != lot_id:
        raise StoreError(
            f"{store.database} belongs to lot {facts.lot_id!r}, not {lot_id!r}: correct [lot] id or [store]"
        )
    with new_container(part, tar) as container:
        container.add(DATABASE, database)
        missing = _add_photos(container, PhotoFolder(store.photos), facts.photos, _folders(before))
        manifest = _manifest(facts, database, at, missing)
        container.add_bytes(MANIFEST, manifest.to_bytes())
    return manifest


def _add_photos(container: Container, photos: PhotoFolder, names: Iterable[str], before: list[Path]) -> tuple[str, ...]:
    missing = []
    for name in names:
        linked = next((each for folder in before if _is_photo(each := folder / photo_place(name), name)), None)
        own = photos.path(name)
        if linked is None and not _is_photo(own, name):
            missing.append(name)
            continue
        container.add(photo_place(name), linked or own, like=linked)
    return tuple(missing)


def _is_photo(path: Path, name: str) -> bool:
    """Whether a file is there and is what its name says."""
    return path.is_file() and digest_of(path.open("rb")) == name


def _folders(before: Iterable[Path]) -> list[Path]:
    """The newest earlier backup that is a folder, if any."""
    return [path for path in before if path.is_dir()][-1:]


def _manifest(facts: DatabaseFacts, database: Path, at: datetime, missing: tuple[str, ...]) -> Manifest:
    return Manifest(
        format=FORMAT,
        lot_id=facts.lot_id,
        made_at=to_text(at),
        openlot=version("openlot"),
        schema=facts.schema,
        seq=facts.seq,
        head=facts.head,
        acked_seq=facts.acked_seq,
        audit_number=facts.audit_number,
        audit_head=facts.audit_head,
        database_sha256=digest_of(database.open("rb")),
        database_bytes=database.stat().st_size,
        photos=tuple(name for name in facts.photos if name not in set(missing)),
        missing_photos=missing,
    )
