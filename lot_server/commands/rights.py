"""`openlot lot pass` and `openlot lot list`: what vehicles may park or enter by."""

import os
from pathlib import Path
from typing import Annotated

import typer

from lot_server.commands.terminal import (
    AsJson,
    Config,
    Operator,
    Reason,
    get,
    give_order,
    print_rows,
    with_typed_errors,
)
from lot_server.config import load_config
from lot_server.domain.listing import ListKind
from lot_server.domain.stay import PassKind
from lot_server.errors import BadCsv, ExportFolderTaken
from lot_server.loopback.client import LoopbackClient

pass_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Rights to park without paying per stay.")
list_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Plates that are kept out, or let in.")
PassId = Annotated[str, typer.Argument(metavar="PASS", help="The pass' id.")]
Plate = Annotated[str, typer.Argument(metavar="PLATE", help="In any spelling.")]
Kind = Annotated[ListKind, typer.Argument(help="block keeps out, allow lets in.")]
Until = Annotated[str, typer.Option("--until", help="Through this day of the lot's, or to an instant with its zone.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, UTF-8.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what the file would change.")]


@pass_app.command("add")
def add_pass(
    pass_id: PassId,
    plates: Annotated[list[str], typer.Option("--plate", help="Give it once for each plate that shares the pass.")],
    kind: Annotated[PassKind, typer.Option("--kind")],
    until: Until,
    config: Config,
    operator: Operator,
    reason: Reason,
    since: Annotated[str, typer.Option("--from", help="From this day on, or from an instant with its zone.")],
    spaces: Annotated[int, typer.Option("--spaces", min=1, help="How many of its vehicles may park at once.")] = 1,
    lanes: Annotated[
        list[str] | None, typer.Option("--lane", help="The entry lanes where it counts, all if none.")
    ] = None,
    holder: Annotated[str, typer.Option("--holder", help="Whose it is.")] = "",
) -> None:
    """Grant a pass, or change the one with this id."""
    order: dict[str, object] = {"pass_id": pass_id, "kind": kind, "plates": plates, "spaces": spaces, "holder": holder}
    validity = {"valid_from": since, "valid_until": until, "lanes": lanes or []}
    give_order(config, "/passes", order | validity | {"operator": operator, "reason": reason})


@pass_app.command("list")
def list_passes(config: Config, as_json: AsJson = False) -> None:
    """All passes, and how many of their spaces are taken."""
    answer = get(config, "/passes")
    rows = [each | {"plates": " ".join(each["plates"]), "lanes": " ".join(each["lanes"])} for each in answer["passes"]]
    columns = ("pass_id", "kind", "holder", "plates", "taken", "spaces", "valid_from", "valid_until", "lanes")
    print_rows(answer, rows, columns, as_json)


@pass_app.command("extend")
def extend_pass(pass_id: PassId, until: Until, config: Config, operator: Operator, reason: Reason) -> None:
    """Let a pass end at another time."""
    order: dict[str, object] = {"pass_id": pass_id, "valid_until": until, "operator": operator, "reason": reason}
    give_order(config, "/passes/end", order)


@pass_app.command("revoke")
def revoke_pass(pass_id: PassId, config: Config, operator: Operator, reason: Reason) -> None:
    """Nobody enters by this pass any more; who is inside by it stays so."""
    give_order(config, "/passes/end", {"pass_id": pass_id, "operator": operator, "reason": reason})


@pass_app.command("import")
def import_passes(file: File, config: Config, operator: Operator, reason: Reason, dry_run: DryRun = False) -> None:
    """Grant or change the passes of a CSV file, all or none; others stay as they are."""
    _import("/passes/import", file, config, operator, reason, dry_run)


@pass_app.command("export")
def export_passes(file: File, config: Config, operator: Operator, reason: Reason) -> None:
    """Write all passes into a new CSV file, for its user alone."""
    _export("/passes/export", file, config, operator, reason)


@list_app.command("add")
def add_to_list(
    kind: Kind,
    plate: Plate,
    config: Config,
    operator: Operator,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option("--until", help="Through this day, or to an instant; else for good.")
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="Allow list: its stays cost nothing.")] = False,
    when_full: Annotated[bool, typer.Option("--when-full", help="Allow list: it enters a full lot.")] = False,
) -> None:
    """Put a plate on a list, or change its place there."""
    order: dict[str, object] = {
        "kind": kind,
        "plate": plate,
        "valid_until": until,
        "free": free,
        "when_full": when_full,
    }
    give_order(config, "/lists", order | {"operator": operator, "reason": reason})


@list_app.command("remove")
def remove_from_list(kind: Kind, plate: Plate, config: Config, operator: Operator, reason: Reason) -> None:
    """Take a plate off a list."""
    give_order(config, "/lists/remove", {"kind": kind, "plate": plate, "operator": operator, "reason": reason})


@list_app.command("show")
def show_lists(config: Config, as_json: AsJson = False) -> None:
    """Both lists; those of the configuration file come first."""
    answer = get(config, "/lists")
    columns = ("kind", "plate", "reason", "valid_until", "free", "when_full", "operator")
    print_rows(answer, answer["listings"], columns, as_json)


@list_app.command("import")
def import_lists(file: File, config: Config, operator: Operator, reason: Reason, dry_run: DryRun = False) -> None:
    """Put the plates of a CSV file on the lists, all or none; others stay as they are."""
    _import("/lists/import", file, config, operator, reason, dry_run)


@list_app.command("export")
def export_lists(file: File, config: Config, operator: Operator, reason: Reason) -> None:
    """Write both lists into a new CSV file, for its user alone."""
    _export("/lists/export", file, config, operator, reason)


def _import(path: str, file: Path, config: Path, operator: str, reason: str, dry_run: bool) -> None:
    def run() -> None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise BadCsv(f"{file} cannot be read as UTF-8: give an existing file, exported as CSV UTF-8") from error
        order: dict[str, object] = {"csv": text, "dry_run": dry_run, "operator": operator, "reason": reason}
        done = LoopbackClient(load_config(config).store).post(path, order)
        would = "would be " if dry_run else ""
        print(f"{done['new']} {would}new, {done['changed']} {would}changed, {done['unchanged']} as before")

    with_typed_errors(run)


def _export(path: str, file: Path, config: Path, operator: str, reason: str) -> None:
    def run() -> None:
        client = LoopbackClient(load_config(config).store)
        answer = client.post(path, {"operator": operator, "reason": reason})
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                out.write(str(answer["csv"]))
        except OSError as error:
            raise ExportFolderTaken(
                f"{file} cannot be written ({error.strerror}): give the path of a new file"
            ) from error
        print(file)

    with_typed_errors(run)
