"""`openlot lot audit`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from lot_server.commands.terminal import AsJson, Config, print_table, with_typed_errors
from lot_server.config import load_config
from lot_server.domain.errors import BrokenChain
from lot_server.store.read_only import audit_entries, reading, verify_audit, verify_ledger


def audit(
    config: Config,
    last: Annotated[int, typer.Option("--last", min=1, help="How many entries, the newest.")] = 100,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the whole trail and the ledger it is bound to.")
    ] = False,
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="NUMBER:HASH", help="With --verify: an entry noted elsewhere.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Who did what at the lot, oldest first; with --verify, whether the record is whole.

    Reads the store's file: it works with the lot's server running or not.
    """

    def show() -> None:
        found = load_config(config)
        with reading(found.store.database) as connection:
            if verify:
                seq, head = verify_ledger(connection, found.lot.id)
                number, trail = verify_audit(connection, found.lot.id)
                _require(expect, {f"{each.number}:{each.hash}" for each in audit_entries(connection)})
                print(f"ledger whole up to {seq}:{head}")
                print(f"audit trail whole up to {number}:{trail}")
                return
            entries = list(audit_entries(connection, last))
        if as_json:
            for entry in entries:
                print(json.dumps(asdict(entry), ensure_ascii=False))
        else:
            print_table([asdict(entry) for entry in entries], ("number", "at", "actor", "action", "subject", "reason"))

    with_typed_errors(show)


def _require(expected: str | None, standing: set[str]) -> None:
    if expected is not None and expected not in standing:
        raise BrokenChain(f"the trail has no entry {expected}: it was cut or written anew; compare it with a backup")
