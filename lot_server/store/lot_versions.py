"""How the lot's facts and price lists came to be: every version, when, and who made it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from lot_server.domain.audit import AuditAction, AuditEntry
from lot_server.domain.codec import from_body
from lot_server.domain.events import LotDescribed
from lot_server.domain.tariff import Tariff
from lot_server.store.tables import AuditRow, LotVersionRow, TariffRow

DESCRIBES: AuditAction = "describe_lot"
PUBLISHES: AuditAction = "publish_tariff"


@dataclass(frozen=True, slots=True)
class LotVersion:
    """The lot's facts from `described_at` on; `actor` and `reason` are None where its configuration file said so."""

    seq: int
    described_at: datetime
    facts: LotDescribed
    actor: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """A price list that was published. `actor` and `reason` are None where the configuration file said so."""

    tariff: Tariff
    actor: str | None
    reason: str | None


class LotVersions:
    """The versions within one transaction or look. A console's change follows at once on its audit entry."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def facts(self) -> list[LotVersion]:
        """Newest first."""
        rows = self._session.exec(select(LotVersionRow).order_by(col(LotVersionRow.seq).desc()))
        return [self._version(row) for row in rows]

    def began_at(self) -> datetime | None:
        """When the lot was described for the first time."""
        return self._session.exec(select(func.min(col(LotVersionRow.described_at)))).one()

    def configured(self) -> LotDescribed | None:
        """What the configuration file said when it last described the lot; None before it ever did."""
        return next((version.facts for version in self.facts() if version.actor is None), None)

    def tariffs(self) -> list[TariffVersion]:
        """Newest first."""
        rows = self._session.exec(select(TariffRow).order_by(col(TariffRow.version).desc()))
        orders = self._session.exec(select(AuditRow).where(AuditRow.action == PUBLISHES))
        asked = {order.subject: (order.actor, order.reason) for order in orders}
        return [TariffVersion(row.body, *asked.get(str(row.version), (None, None))) for row in rows]

    def trail(self, count: int, before: int | None = None) -> list[AuditEntry]:
        """The last `count` entries of the audit trail, or those before a number, newest first."""
        found = select(AuditRow).order_by(col(AuditRow.number).desc()).limit(count)
        if before is not None:
            found = found.where(AuditRow.number < before)
        return [_entry(row) for row in self._session.exec(found)]

    def _version(self, row: LotVersionRow) -> LotVersion:
        asked = select(AuditRow).where(AuditRow.action == DESCRIBES, AuditRow.ledger_seq == row.seq - 1)
        entry = self._session.exec(asked.order_by(col(AuditRow.number).desc()).limit(1)).first()
        actor, reason = (None, None) if entry is None else (entry.actor, entry.reason)
        return LotVersion(row.seq, row.described_at, from_body(LotDescribed, row.facts), actor, reason)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in AuditEntry.__slots__})
