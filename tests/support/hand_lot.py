"""A lot's store and jobs without a server: vehicles come, pay and leave when a test says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lot_server.domain.events import (
    EntryAdmitted,
    EntryConfirmed,
    ExitAdmitted,
    ExitConfirmed,
    LotDescribed,
    TariffPublished,
)
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.handlers import Handlers
from lot_server.store.store import Store
from lot_server.store.unit_of_work import SqliteWork

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TARIFF = Tariff(1, "CNY", NOON - timedelta(days=9), 0, (RateLine(0, 60, 500),), None, 15, 10)


@dataclass
class Hand:
    """A clock that is set by hand."""

    instant: datetime = NOON
    simulated: bool = False

    def now(self) -> datetime:
        return self.instant

    def real(self, span: timedelta) -> float:
        return span.total_seconds()


class HandLot:
    """A lot's store and jobs, and a vehicle's way through it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Hand()
        self.handlers = Handlers(self.clock)
        self.cashier = self.handlers.cashier
        self.store = Store(folder / "lot.db", "lot-1")
        self.do(
            lambda work: work.record(LotDescribed("P", "1 Road", 0, 0, 9, 9, "Asia/Shanghai", "CNY"), NOON)
        )  # fmt: skip
        self.do(lambda work: work.record(TariffPublished(TARIFF), NOON))

    def do(self, job):
        with self.store.transaction() as work:
            return job(work)

    def enter(self, stay: str, plate: str = "AB12CD") -> None:
        now = self.clock.now()

        def job(work: SqliteWork) -> None:
            work.record(EntryAdmitted(stay, f"i-{stay}", "in", plate, None, None, "read", None, (), None, 1, now), now)
            work.record(EntryConfirmed(stay, f"i-{stay}", now, 8), now)

        self.do(job)

    def leave(self, stay: str, decision: str = "paid") -> None:
        now = self.clock.now()

        def job(work: SqliteWork) -> None:
            owed = self.handlers.fee_of(work, stay)
            work.record(
                ExitAdmitted(
                    stay, f"o-{stay}", "out", None, decision, None, (), owed.gross, owed.paid, None, None, now
                ),
                now,
            )
            work.record(ExitConfirmed(stay, f"o-{stay}", now, 9), now)
            self.cashier.tell_excess(work, stay)

        self.do(job)

    def pay(self, stay: str, minor: int, reference: str, provider: str = "sandbox", **how) -> str:
        now = self.clock.now()
        paid = Settlement(f"s-{reference}", stay, Money(minor, "CNY"), provider, reference, now, now)
        return self.do(lambda work: self.handlers.apply_settlement(work, paid, **how))

    def refund(self, of: str, stay: str, minor: int, reference: str, provider: str = "sandbox") -> str:
        back = Refund(
            f"r-{reference}",
            f"s-{of}",
            stay,
            Money(minor, "CNY"),
            provider,
            reference,
            "ann",
            "twice",
            self.clock.now(),
        )
        return self.do(lambda work: self.cashier.apply_refund(work, back))

    def fee(self, stay: str):
        return self.do(lambda work: self.handlers.fee_of(work, stay))

    def kinds(self, stay: str) -> list[tuple[str, int]]:
        """The steps of a stay's fee, which add up to what is due."""
        owed = self.fee(stay)
        assert sum(step.amount for step in owed.steps) == owed.due.minor
        return [(step.kind, step.amount) for step in owed.steps]

    def later(self, **span: float) -> None:
        self.clock.instant += timedelta(**span)
