"""The reads that operators looked at, gathered from corrections and passages.

An operator's plate of a stay says what its entry's photo shows, and that of an exit which an operator matched to it by
eye, answering the alert that asked for it. An exit that the lot matched by itself was looked at by nobody.
"""

from sqlmodel import Session, col, or_, select

from lot_server.alerts import LOT
from lot_server.domain.corrected_read import CorrectedRead
from lot_server.store.tables import AlertRow, PassageRow, PlateCorrectionRow, StayRow

_ASKS = ("ambiguous_exit", "unmatched_exit", "unreadable_exit")
"""Alerts that ask whose vehicle stands at an exit."""


def corrected_reads(session: Session) -> list[CorrectedRead]:
    """One a photo, in the order in which they were taken; the last correction of a stay counts."""
    people = select(PlateCorrectionRow).where(PlateCorrectionRow.operator != LOT)
    corrections = session.exec(people.order_by(col(PlateCorrectionRow.seq)))
    texts = {row.stay_id: row.after for row in corrections}
    answered = select(AlertRow.passage_id).where(col(AlertRow.code).in_(_ASKS), AlertRow.operator != LOT)
    passages = session.exec(
        select(PassageRow, StayRow)
        .where(PassageRow.stay_id == StayRow.stay_id, col(StayRow.stay_id).in_(texts))
        .where(or_(PassageRow.direction == "entry", col(PassageRow.passage_id).in_(answered)))
        .order_by(col(PassageRow.decided_at))
    )
    found = [
        CorrectedRead(
            passage.photos[0],
            passage.plate,
            texts[stay.stay_id],
            stay.read_at if passage.direction == "entry" else passage.decided_at,
            passage.lane_id,
        )
        for passage, stay in passages
        if passage.photos
    ]
    return list({read.photo: read for read in found}.values())
