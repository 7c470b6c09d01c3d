"""`openlot lot backup` and `openlot lot restore`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lot_server.backup.backup import make_backup
from lot_server.backup.restore import restore_backup
from lot_server.backup.shelf import Shelf
from lot_server.commands.terminal import Config, Operator, Reason, with_typed_errors
from lot_server.config import LotConfig, load_config
from lot_server.domain.audit import AuditAction
from lot_server.errors import BackupFailed, LoopbackUnavailable, StoreError
from lot_server.loopback.client import LoopbackClient
from lot_server.store.store import Store


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where backups stand, best on another disk.")],
    config: Config,
    operator: Operator,
    reason: Reason = "regular backup",
    keep: Annotated[int | None, typer.Option("--keep", min=1, help="How many to keep, the newest; else all.")] = None,
    tar: Annotated[bool, typer.Option("--tar", help="One .tar file in place of a folder.")] = False,
) -> None:
    """Copy the store with its photos while the lot goes on, and read the copy back."""

    def make() -> None:
        found = load_config(config)
        note(found, operator, "make_backup", str(folder.absolute()), reason)
        try:
            shelf = Shelf(folder, found.lot.id)
        except OSError as error:
            raise BackupFailed(f"{folder} cannot hold backups ({error.strerror}): check its path and mode") from error
        made = make_backup(found.store, found.lot.id, shelf, found.clock.now(), keep, tar)
        manifest = made.manifest
        print(
            f"{made.path}: ledger up to {manifest.seq} ({manifest.head[:12]}), audit trail up to "
            f"{manifest.audit_number} ({manifest.audit_head[:12]}), {len(manifest.photos)} photos"
        )
        for path in made.dropped:
            print(f"{path}: dropped")
        if manifest.missing_photos:
            print(f"openlot lot: the store lacks {len(manifest.missing_photos)} photos that it names", file=sys.stderr)

    with_typed_errors(make)


def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder or .tar that `backup` made.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Make the configuration's store from a backup; a store that is there is never overwritten."""

    def put_back() -> None:
        found = load_config(config)
        manifest = restore_backup(backup, found.store, found.lot.id, operator, reason, found.clock.now())
        print(
            f"{found.store.folder}: as at {manifest.made_at}, ledger up to {manifest.seq} ({manifest.head[:12]}), "
            f"{len(manifest.photos)} photos, {len(manifest.missing_photos)} missing"
        )
        print("if this lot is mirrored: `openlot sync recover` before the server starts, or its later facts are lost")

    with_typed_errors(put_back)


def note(config: LotConfig, operator: str, action: AuditAction, subject: str, reason: str) -> None:
    """Write into the audit trail: through the lot's server where one runs, else as the store's one writer.

    Raises StoreInUse where a server runs and does not answer, LoopbackRefused and what the store raises.
    """
    body: dict[str, object] = {"action": action, "subject": subject, "operator": operator, "reason": reason}
    try:
        LoopbackClient(config.store).post("/audit", body)
    except LoopbackUnavailable:
        if not config.store.database.is_file():
            raise StoreError(
                f"{config.store.folder} holds no store: check [store] folder in the configuration"
            ) from None
        store = Store(config.store.database, config.lot.id)
        try:
            with store.transaction() as work:
                work.trail.add(config.clock.now(), operator, action, subject, reason)
        finally:
            store.close()
