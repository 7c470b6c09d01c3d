"""The audit trail's rows: written one after another in the store's own transactions."""

from datetime import datetime

from sqlmodel import Session, col, select

from lot_server.domain.audit import AuditAction, AuditEntry, seal_entry
from lot_server.domain.clock import to_text
from lot_server.store.tables import AuditRow


class AuditTrail:
    """The trail within one transaction of the store."""

    def __init__(self, session: Session, lot_id: str, ledger: tuple[int, str]) -> None:
        """`ledger` is the seq and hash of the ledger's last fact now."""
        self._session = session
        self._lot_id = lot_id
        self._ledger = ledger

    def add(self, at: datetime, actor: str, action: AuditAction, subject: str | None, reason: str | None) -> AuditEntry:
        """Write who does what, before it is done."""
        entry = seal_entry(self._lot_id, self.last(), to_text(at), actor, action, subject, reason, self._ledger)
        self._session.add(AuditRow(**{name: getattr(entry, name) for name in AuditEntry.__slots__}))
        self._session.flush()
        return entry

    def last(self) -> AuditEntry | None:
        """The newest entry, None before the first."""
        row = self._session.exec(select(AuditRow).order_by(col(AuditRow.number).desc()).limit(1)).first()
        return None if row is None else _entry(row)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in AuditEntry.__slots__})
