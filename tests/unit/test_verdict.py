"""The verdict over a small day whose lot and cloud databases are real SQLite files."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.db import Database
from api.enrolling import enrol
from api.ingest.service import apply_batch
from benchmarks.simulation.checks import Evidence
from benchmarks.simulation.journal import Crossing, Journal, Payment
from benchmarks.simulation.records import Taken, Taking, read_cloud, read_lot
from benchmarks.simulation.scenario import Car, Scenario, Vehicle
from benchmarks.simulation.verdict import Verdict, judge, write_summary
from benchmarks.simulation.visits import visits_of
from cloud_sync.signing import new_key
from cloud_sync.wire import Batch
from lot_server.domain.events import (
    EntryAbandoned,
    EntryAdmitted,
    EntryConfirmed,
    Event,
    ExitAdmitted,
    ExitConfirmed,
    LotDescribed,
    SettlementApplied,
    TariffPublished,
)
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.store.store import Store

LOT = "small"
DAWN = datetime(2026, 3, 2, 6, tzinfo=UTC)
TARIFF = Tariff(1, "EUR", DAWN, 10, (RateLine(0, 60, 200),), None, 15, 15)


def at(minutes: int) -> datetime:
    return DAWN + timedelta(minutes=minutes)


def vehicle(number: int, plate: str) -> Vehicle:
    return Vehicle(f"car-{number}", Car((plate,)), "ordinary", "phone", 0, 0, at(0), at(90), "clear", "clear")


@dataclass
class Day:
    """A day that can be spoiled before it is judged; two cars park, a third backs out."""

    folder: Path
    events: list[tuple[Event, datetime]] = field(default_factory=list)
    journal: Journal = field(default_factory=Journal)
    takings: list[Taking] = field(default_factory=list)
    mirrored: int | None = None
    free_spaces: int = 9
    deaths: tuple[str, ...] = ()

    def photo(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        path = self.folder / "photos" / name[:2] / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name

    def enters(self, number: int, plate: str | None, minute: int, free: int) -> None:
        photo = self.photo(f"in {number}".encode())
        ticket = None if plate else f"T{number}"
        admitted = EntryAdmitted(
            f"stay-{number}", f"in-{number}", "in-1", plate, plate, ticket, "read", None, (photo,), None, 1, at(minute)
        )
        self.events.append((admitted, at(minute)))
        self.events.append((EntryConfirmed(f"stay-{number}", f"in-{number}", at(minute), free), at(minute)))
        self.journal.crossings.append(Crossing(f"car-{number}", "entry", "crossed", f"in-{number}"))

    def pays(self, number: int, stay: int, minor: int, minute: int) -> None:
        settlement = Settlement(
            f"set-{number}", f"stay-{stay}", Money(minor, "EUR"), "card", f"ref-{number}", at(minute), at(minute)
        )
        self.events.append((SettlementApplied(settlement), at(minute)))
        self.journal.payments.append(Payment(f"car-{number}", "phone", f"order-{number}", Money(minor, "EUR")))
        self.takings.append(Taking(Taken("card", f"ref-{number}", minor, "EUR"), f"order-{number}"))

    def leaves(self, number: int, stay: int, gross: int, minute: int, free: int, operator: str | None = None) -> None:
        photo, money = self.photo(f"out {number}".encode()), Money(gross, "EUR")
        admitted = ExitAdmitted(
            f"stay-{stay}", f"out-{number}", "out-1", None, "operator" if operator else "paid", None, (photo,),
            money, money, operator, None, at(minute),
        )  # fmt: skip
        self.events.append((admitted, at(minute)))
        self.events.append((ExitConfirmed(f"stay-{stay}", f"out-{number}", at(minute), free), at(minute)))
        self.journal.crossings.append(Crossing(f"car-{number}", "exit", "crossed", f"out-{number}"))

    def backs_out(self, number: int, minute: int) -> None:
        photo = self.photo(b"backing")
        admitted = EntryAdmitted(
            f"stay-{number}", f"in-{number}", "in-1", "C1", "C1", None, "read", None, (photo,), None, 1, at(minute)
        )
        self.events += [(admitted, at(minute)), (EntryAbandoned(f"stay-{number}", f"in-{number}"), at(minute))]
        self.journal.crossings.append(Crossing(f"car-{number}", "entry", "backed_out", f"in-{number}"))

    def keep(self) -> None:
        """Write it all to the databases of lot and cloud."""
        store = Store(self.folder / "lot.db", LOT)
        try:
            with store.transaction() as work:
                for event, occurred_at in self.events:
                    work.record(event, occurred_at)
                envelopes = tuple(work.envelopes())[: self.mirrored]
                work.acknowledge(envelopes[-1].seq, envelopes[-1].hash)
        finally:
            store.close()
        asyncio.run(mirror(self.folder / "cloud.db", Batch(LOT, envelopes)))

    def judged(self) -> Verdict:
        vehicles = (vehicle(1, "苏E05EV8"), vehicle(2, "AB123"), replace(vehicle(3, "C1"), role="backs_out"))
        scenario = Scenario(1, 10, vehicles, chapters=())
        lot = read_lot(self.folder / "lot.db", self.folder / "photos")
        cloud = read_cloud(self.folder / "cloud.db", LOT, self.free_spaces)
        visits = visits_of(scenario, self.journal, lot)
        return judge(Evidence(scenario, self.journal, lot, cloud, tuple(self.takings), visits, self.deaths))

    def spoil(self, statement: str, *values: object) -> None:
        """Change the lot's database behind its back."""
        with closing(sqlite3.connect(self.folder / "lot.db")) as connection, connection:
            connection.execute(statement, values)


async def mirror(path: Path, batch: Batch) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        await database.prepare()
        async with database.writing() as session:
            await enrol(session, LOT, new_key()[1])
        async with database.writing() as session:
            await apply_batch(session, batch)
    finally:
        await database.close()


def begun(folder: Path) -> Day:
    day = Day(folder, free_spaces=10)
    described = LotDescribed("Small", "Here 1", 0, 0, 10, 10, "UTC", "EUR")
    day.events += [(described, at(0)), (TariffPublished(TARIFF), at(0))]
    return day


def whole_day(folder: Path) -> Day:
    day = begun(folder)
    day.enters(1, "苏E05EV8", 5, 9)
    day.enters(2, "AB123", 6, 8)
    day.backs_out(3, 7)
    day.pays(1, 1, 400, 95)
    day.leaves(1, 1, 400, 96, 9)
    day.pays(2, 2, 200, 60)
    day.leaves(2, 2, 200, 61, 10)
    return day


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    return whole_day(tmp_path)


def broken(verdict: Verdict) -> set[str]:
    return {check.claim for check in verdict.checks if not check.holds}


def test_a_day_that_held_together_is_green(day: Day) -> None:
    """Two stays that were read, priced, paid and mirrored, and one car that backed out, make a green verdict."""
    day.keep()
    verdict = day.judged()
    assert verdict.green, [check for check in verdict.checks if not check.holds]
    assert verdict.outcomes == {"right": 2, "wrong": 0, "ticketed": 0, "operator": 0}


SPOILS: dict[str, tuple[Callable[[Day], object], set[str]]] = {
    "a plate changed in the table": (
        lambda day: day.spoil("UPDATE stay SET plate = 'XX1' WHERE stay_id = 'stay-1'"),
        {"the lot's tables follow from its ledger"},
    ),
    "a fact changed in the outbox": (
        lambda day: day.spoil("UPDATE outbox SET occurred_at = '2026-03-02T06:07:00.000000Z' WHERE seq = 3"),
        {"both ledgers are one"},
    ),
    "a settlement deleted": (
        lambda day: day.spoil("DELETE FROM settlement WHERE settlement_id = 'set-2'"),
        {"money taken = counted at the lot = mirrored"},
    ),
    "a settlement moved to another stay": (
        lambda day: day.spoil("UPDATE settlement SET stay_id = 'stay-1' WHERE settlement_id = 'set-2'"),
        {"money taken = counted at the lot = mirrored", "nobody was charged for another"},
    ),
    "acks forgotten": (lambda day: day.spoil("UPDATE ledger SET acked_seq = 3"), {"both ledgers are one"}),
    "a photo missing": (
        lambda day: next((day.folder / "photos").rglob("*.jpg")).unlink(),
        {"each barrier opening has passage, stay and photos"},
    ),
    "a photo changed": (
        lambda day: next((day.folder / "photos").rglob("*.jpg")).write_bytes(b"another"),
        {"each barrier opening has passage, stay and photos"},
    ),
    "money the lot never heard of": (
        lambda day: day.takings.append(Taking(Taken("card", "ref-9", 100, "EUR"), None)),
        {"money taken = counted at the lot = mirrored"},
    ),
    "an opening nobody drove through": (
        lambda day: day.journal.crossings.pop(0),
        {
            "each barrier opening has passage, stay and photos",
            "nobody was charged for another",
            "the read alone carries most visits",
        },
    ),
    "wrong free spaces told": (lambda day: setattr(day, "free_spaces", 3), {"free spaces agree"}),
    "a service that died": (lambda day: setattr(day, "deaths", ("the lot ended",)), {"every service lived"}),
}


@pytest.mark.parametrize("name", SPOILS)
def test_what_was_tampered_with_is_found(day: Day, name: str) -> None:
    """A changed database, photo, purse or count turns exactly the checks red that it belongs to."""
    day.keep()
    spoil, claims = SPOILS[name]
    spoil(day)
    assert broken(day.judged()) == claims


def test_a_cloud_that_lags_behind_is_found(day: Day) -> None:
    """Ledgers of different length are not one, and money that was not mirrored is missed."""
    day.mirrored = len(day.events) - 3
    day.keep()
    assert broken(day.judged()) == {"both ledgers are one", "money taken = counted at the lot = mirrored"}


def test_a_charge_to_another_plate_is_found(tmp_path: Path) -> None:
    """Two drivers whose payments were counted for each other's stays turn the verdict red."""
    day = begun(tmp_path)
    day.enters(1, "苏E05EV8", 5, 9)
    day.enters(2, "AB123", 6, 8)
    day.pays(1, 2, 200, 50)
    day.pays(2, 1, 200, 50)
    day.leaves(1, 1, 200, 51, 9)
    day.leaves(2, 2, 200, 52, 10)
    day.backs_out(3, 53)
    day.keep()
    assert broken(day.judged()) == {"nobody was charged for another"}


def test_leaving_on_another_stay_is_found(tmp_path: Path) -> None:
    """Cars that left on each other's stays are wrong visits and a charge to another."""
    day = begun(tmp_path)
    day.enters(1, "苏E05EV8", 5, 9)
    day.enters(2, "AB123", 5, 8)
    day.pays(1, 1, 200, 50)
    day.pays(2, 2, 200, 50)
    day.leaves(1, 2, 200, 51, 9)
    day.leaves(2, 1, 200, 52, 10)
    day.backs_out(3, 53)
    day.keep()
    verdict = day.judged()
    assert broken(verdict) == {"nobody was charged for another", "the read alone carries most visits"}
    assert verdict.outcomes["wrong"] == 2


def test_a_wrong_fee_is_found(tmp_path: Path) -> None:
    """A stay that left for less than the tariff asks is priced anew and found."""
    day = begun(tmp_path)
    day.enters(1, "苏E05EV8", 5, 9)
    day.enters(2, "AB123", 6, 8)
    day.pays(1, 1, 200, 95)
    day.leaves(1, 1, 200, 96, 9)
    day.pays(2, 2, 200, 60)
    day.leaves(2, 2, 200, 61, 10)
    day.backs_out(3, 62)
    day.keep()
    assert broken(day.judged()) == {"each fee follows from the tariff and is paid"}


def test_a_vehicle_left_inside_is_found(tmp_path: Path) -> None:
    """A stay that is still open in the evening turns the verdict red."""
    day = begun(tmp_path)
    day.enters(1, "苏E05EV8", 5, 9)
    day.enters(2, "AB123", 6, 8)
    day.pays(1, 1, 400, 95)
    day.leaves(1, 1, 400, 96, 9)
    day.backs_out(3, 97)
    day.free_spaces = 9
    day.keep()
    verdict = day.judged()
    assert broken(verdict) == {"nobody is left inside", "the read alone carries most visits"}


def test_visits_are_counted_by_how_they_went(tmp_path: Path) -> None:
    """A misread entry is wrong, a ticket is ticketed, an operator's pick is the operator's."""
    day = begun(tmp_path)
    day.enters(1, "苏E05EV3", 5, 9)
    day.enters(2, None, 6, 8)
    day.pays(1, 1, 200, 50)
    day.leaves(1, 1, 200, 51, 9, operator="ann")
    day.pays(2, 2, 200, 50)
    day.leaves(2, 2, 200, 51, 10)
    day.backs_out(3, 52)
    day.keep()
    verdict = day.judged()
    assert verdict.outcomes == {"right": 0, "wrong": 1, "ticketed": 1, "operator": 0}
    assert broken(verdict) == {"the read alone carries most visits"}


def test_the_summary_holds_every_fault(day: Day, tmp_path: Path) -> None:
    """summary.json says red and names the fault."""
    day.keep()
    day.free_spaces = 3
    write_summary(day.judged(), tmp_path / "summary.json", {"seed": 1})
    written = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert '"verdict": "red"' in written
    assert "drivers are told 3, not 10" in written
