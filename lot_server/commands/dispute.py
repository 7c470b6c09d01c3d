"""`openlot lot dispute`: mark a stay as disputed, and its evidence in one file."""

from pathlib import Path
from typing import Annotated

import typer

from lot_server.commands.backup import note
from lot_server.commands.terminal import FAILED, Config, Operator, Reason, give_order, with_typed_errors
from lot_server.config import load_config
from lot_server.dispute.bundle import read_bundle
from lot_server.dispute.export import export_dispute
from lot_server.dispute.verify import Check, require_store, verify_against, verify_bundle
from lot_server.store.read_only import reading

app = typer.Typer(no_args_is_help=True, help="Disputed stays and their evidence.")
StayId = Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")]


@app.command("open")
def open_dispute(stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Say that somebody disputes a stay: its photos are kept until the dispute has ended, and for a time after."""
    give_order(config, f"/stays/{stay}/dispute", {"operator": operator, "reason": reason})


@app.command()
def end(stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Say that the dispute about a stay is over, and how it ended."""
    give_order(config, f"/stays/{stay}/dispute/end", {"operator": operator, "reason": reason})


@app.command()
def export(
    stay: StayId,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The zip file to write; a new one.")],
    config: Config,
    operator: Annotated[str, typer.Option("--operator", help="Who is given the file.")],
    reason: Reason,
) -> None:
    """Write one zip with the frames that were read, the reads, the fee step by step, and the stay's chain of facts.

    Works with the lot's server running or not; who took the file is in the audit trail, and in the file.
    """

    def write() -> None:
        found = load_config(config)
        note(found, operator, "export_dispute", stay, reason)
        manifest = export_dispute(found.store, found.lot.id, stay, out, operator, found.clock.now())
        frames = sum(name.startswith("frames/") for name in manifest.files)
        print(f"{out}: {frames} frames, ledger up to {manifest.seq} ({manifest.head[:12]})")
        for names, why in ((manifest.dropped_photos, "dropped by retention"), (manifest.lost_photos, "not there")):
            if names:
                print(f"{len(names)} frames {why}")

    with_typed_errors(write)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A zip that `export` wrote.")],
    config: Annotated[Path | None, typer.Option("--config", help="The lot's TOML file: ask its store, too.")] = None,
) -> None:
    """Check hashes, facts, audit entries and the fee of a dispute's file, and say what does not hold.

    The fee is worked out anew from the facts, by the gate's own rules. Without --config nothing but the file is needed;
    with it, facts and entries are looked up in the lot's own chains. Exit status: 0 if all holds, 1 if not.
    """

    def check() -> None:
        bundle = read_bundle(file)
        checks = list(verify_bundle(bundle))
        if config is not None:
            with reading(load_config(config).store.database) as opened:
                require_store(opened, bundle.manifest.lot_id)
                checks += verify_against(bundle, opened)
        _say(checks)

    with_typed_errors(check)


def _say(checks: list[Check]) -> None:
    for each in checks:
        print(f"{'holds' if each.holds else 'DOES NOT HOLD'}: {each.name}: {each.text}")
    if not all(each.holds for each in checks):
        raise typer.Exit(FAILED)
