"""Rows that an event speaks of, which must be there, and as the event says."""

from typing import TypeVar

from sqlmodel import Session

from lot_server.domain.stay import StayState
from lot_server.errors import ContradictoryEvent
from lot_server.store import tables

Row = TypeVar("Row", bound=tables.LotTable)


def row(session: Session, kind: type[Row], identity: str) -> Row:
    """The row of an id. Raises ContradictoryEvent."""
    found = session.get(kind, identity)
    if found is None:
        raise ContradictoryEvent(f"no {kind.__tablename__} {identity!r} is stored: record what came before it first")
    return found


def stay_in(session: Session, stay_id: str, state: StayState) -> tables.StayRow:
    """A stay in this state. Raises ContradictoryEvent."""
    stay = row(session, tables.StayRow, stay_id)
    if stay.state != state:
        raise ContradictoryEvent(f"stay {stay_id} is {stay.state}, and would have to be {state} for this")
    return stay
