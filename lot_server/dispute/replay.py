"""A stay's facts played through the store's own tables in memory, so that its fee is priced by the code of the gate."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlmodel import Session

from lot_server.domain.events import decode
from lot_server.domain.ledger import Envelope
from lot_server.store.migrations import MIGRATIONS
from lot_server.store.projection import project
from lot_server.store.unit_of_work import SqliteWork


class Replay:
    """The tables as far as the facts have been played."""

    def __init__(self, session: Session, lot_id: str) -> None:
        self._session = session
        self.work = SqliteWork(session, lot_id)

    def play(self, facts: Iterable[Envelope]) -> None:
        """Take further facts in. Raises ContradictoryEvent, UnknownEvent, BadBody."""
        for envelope in facts:
            project(self._session, decode(envelope.kind, envelope.body), envelope)


@contextmanager
def replay(lot_id: str) -> Iterator[Replay]:
    """Empty tables in memory, gone with the block."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            for statements in MIGRATIONS:
                for statement in statements:
                    connection.exec_driver_sql(statement)
            with Session(connection) as session:
                yield Replay(session, lot_id)
    finally:
        engine.dispose()
