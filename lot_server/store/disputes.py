"""The disputes about stays, as rows and as the domain's values."""

from sqlmodel import Session, col, select

from lot_server.domain.dispute import Dispute
from lot_server.store.tables import DisputeRow


def open_dispute(session: Session, stay_id: str) -> DisputeRow | None:
    """The dispute about a stay that has not ended."""
    found = select(DisputeRow).where(DisputeRow.stay_id == stay_id, col(DisputeRow.ended_at).is_(None))
    return session.exec(found).first()


def disputes(session: Session, stay_id: str) -> list[Dispute]:
    """All disputes about a stay, oldest first."""
    rows = session.exec(select(DisputeRow).where(DisputeRow.stay_id == stay_id).order_by(col(DisputeRow.seq)))
    return [Dispute(**{name: getattr(row, name) for name in Dispute.__slots__}) for row in rows]
