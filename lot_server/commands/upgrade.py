"""`openlot lot upgrade`."""

from lot_server.commands.backup import note
from lot_server.commands.terminal import Config, Operator, Reason, with_typed_errors
from lot_server.config import load_config
from lot_server.store.upgrade import upgrade_store


def upgrade(config: Config, operator: Operator, reason: Reason = "new version") -> None:
    """Bring the store to this version's schema while no server runs: a copy first, checked after, or put back.

    Vehicles may be inside. The server does the same to the schema when it starts, but does not put back.
    """

    def run() -> None:
        found = load_config(config)
        done = upgrade_store(found.store.database, found.lot.id)
        seq, head = done.before.ledger
        kept = f"ledger up to {seq} ({head[:12]}), {len(done.before.inside)} vehicles inside"
        if done.copy is None:
            print(f"schema {done.schema} already: {kept}")
            return
        note(found, operator, "upgrade_store", f"schema {done.before.schema} to {done.schema}", reason)
        print(f"schema {done.before.schema} to {done.schema}: {kept}; {done.copy} is as it was before")

    with_typed_errors(run)
