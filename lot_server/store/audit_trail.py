"""The audit trail's rows: written one after another, read back as the domain's entries."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from lot_server.domain.audit import AuditAction, AuditEntry, seal_entry, verify_entries
from lot_server.domain.clock import to_text
from lot_server.domain.errors import BrokenChain
from lot_server.domain.ledger import GENESIS
from lot_server.store.tables import AuditRow, OutboxRow


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

    def newest(self, count: int) -> list[AuditEntry]:
        """The last `count` entries, oldest first."""
        rows = self._session.exec(select(AuditRow).order_by(col(AuditRow.number).desc()).limit(count)).all()
        return [_entry(row) for row in reversed(rows)]

    def verify(self) -> tuple[int, str]:
        """Number and hash of the last entry, once all are checked against each other and the ledger that is kept.

        Raises BrokenChain.
        """
        last = self.last()
        verify_entries(self._lot_id, self._bound())
        return (0, GENESIS) if last is None else (last.number, last.hash)

    def _bound(self) -> Iterator[AuditEntry]:
        for row in self._session.exec(select(AuditRow).order_by(col(AuditRow.number))):
            fact = self._session.get(OutboxRow, row.ledger_seq)
            if row.ledger_seq > self._ledger[0] or (fact is not None and fact.hash != row.ledger_head):
                raise BrokenChain(f"audit entry {row.number} names another ledger than this lot's: compare backups")
            yield _entry(row)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in AuditEntry.__slots__})
