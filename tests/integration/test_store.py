"""The lot's store: one transaction an event, a gapless chained outbox, and typed errors when it cannot write."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from lot_server.domain.events import (
    AlertRaised,
    AlertResolved,
    EntryAbandoned,
    EntryAdmitted,
    EntryConfirmed,
    EntryRefused,
    Event,
    ExitAbandoned,
    ExitAdmitted,
    ExitConfirmed,
    LotDescribed,
    PassGranted,
    PlateCorrected,
    SettlementApplied,
    TariffPublished,
    decode,
)
from lot_server.domain.evidence import PositionEvidence, ReadEvidence
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.money import Money
from lot_server.domain.stay import Pass, Settlement
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.errors import (
    ContradictoryEvent,
    DiskFull,
    LedgerFork,
    NoTariff,
    NotDescribed,
    StoreCorrupt,
    StoreError,
    StoreInUse,
    StoreOfAnotherLot,
    StoreReadOnly,
    StoreTooNew,
)
from lot_server.store.store import Store
from lot_server.store.writer import Writer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PHOTOS = ("a" * 64, "b" * 64)
EVIDENCE = ReadEvidence((PositionEvidence((("A", 900_000), ("4", 50_000)), 40_000, 10_000),), (0, 5), "eu", "white")
LOT = LotDescribed("Test lot", "1 Road", 52_000_000, 4_000_000, 3, 3, "Europe/Amsterdam", "EUR")


def tariff(version: int = 1, valid_from: datetime = NOON - timedelta(days=1)) -> Tariff:
    return Tariff(version, "EUR", valid_from, 15, (RateLine(0, 60, 200),), 1500, 15, 10)


def admitted(stay: str, plate: str | None = "AB12CD") -> EntryAdmitted:
    return EntryAdmitted(
        stay, f"in-{stay}", "entry-1", plate, plate, None, "read", EVIDENCE, PHOTOS, None, 1, NOON
    )  # fmt: skip


def leaving(stay: str) -> ExitAdmitted:
    zero = Money(0, "EUR")
    return ExitAdmitted(
        stay, f"out-{stay}", "exit-1", "AB12CD", "free", EVIDENCE, (), zero, zero, None, None, NOON
    )  # fmt: skip


def record(store: Store, *events: Event, at: datetime = NOON) -> None:
    with store.transaction() as work:
        for event in events:
            work.record(event, at)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "lot.db", "lot-1")
    record(opened, LOT, TariffPublished(tariff()))
    yield opened
    opened.close()


def test_an_event_changes_the_tables_and_the_outbox_together(store: Store) -> None:
    """A recorded entry is a stay, a passage and a ledger row; each confirmed passage moves the free spaces."""
    record(store, admitted("s1"))
    with store.transaction() as work:
        assert [stay.stay_id for stay in work.intended_stays()] == ["s1"]
        assert work.free_spaces() == 3
        assert [passage.passage_id for passage in work.unfinished_passages()] == ["in-s1"]
    record(store, EntryConfirmed("s1", "in-s1", NOON, 2))
    with store.transaction() as work:
        (stay,) = work.open_stays()
        assert (stay.plate, stay.evidence, stay.photos, stay.entered_at) == ("AB12CD", EVIDENCE, PHOTOS, NOON)
        assert work.free_spaces() == 2
    record(store, leaving("s1"), ExitConfirmed("s1", "out-s1", NOON, 3))
    with store.transaction() as work:
        assert work.open_stays() == []
        assert [passage.state for passage in work.passages("s1")] == ["confirmed", "confirmed"]
        closed = work.stay("s1")
        assert closed is not None
        assert (closed.state, closed.exited_at) == ("closed", NOON)
        assert work.head()[0] == 6


def test_the_ledger_is_gapless_chained_and_decodes_to_what_was_recorded(store: Store) -> None:
    """The outbox verifies from GENESIS and gives back equal events."""
    recorded: list[Event] = [
        admitted("s1"),
        EntryAbandoned("s1", "in-s1"),
        EntryRefused("p9", "entry-1", "XX99", "full", ()),
        PassGranted(Pass("p1", "AB12CD", "staff", NOON, NOON + timedelta(days=30))),
        AlertRaised("a1", "unmatched_exit", "exit-1", None, None, "no stay fits"),
        AlertResolved("a1", "ann", "let out"),
    ]
    record(store, *recorded)
    with store.transaction() as work:
        envelopes = list(work.envelopes())
        seq, head = work.head()
        assert [each.seq for each in work.envelopes(after=6)] == [7, 8]
    assert [envelope.seq for envelope in envelopes] == list(range(1, seq + 1))
    assert verify(envelopes, 0, GENESIS) == head
    assert [decode(each.kind, each.body) for each in envelopes[2:]] == recorded


def test_times_come_back_in_utc(store: Store) -> None:
    """An instant given in another zone comes back equal and in UTC."""
    shanghai = timezone(timedelta(hours=8))
    local = datetime(2026, 3, 1, 23, 30, tzinfo=shanghai)
    record(store, admitted("s1"), EntryConfirmed("s1", "in-s1", local, 2), at=local)
    with store.transaction() as work:
        (stay,) = work.open_stays()
        (passage,) = work.passages("s1")
    assert stay.entered_at == local
    assert stay.entered_at.tzinfo is UTC
    assert passage.decided_at.tzinfo is UTC


def test_an_exit_that_turns_back_leaves_the_stay_open(store: Store) -> None:
    """ExitAbandoned ends the passage only."""
    record(store, admitted("s1"), EntryConfirmed("s1", "in-s1", NOON, 2), leaving("s1"), ExitAbandoned("s1", "out-s1"))
    with store.transaction() as work:
        assert [stay.stay_id for stay in work.open_stays()] == ["s1"]
        assert work.unfinished_passages() == []


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    """What was recorded in a transaction that fails is neither in the outbox nor in the tables."""
    with pytest.raises(ZeroDivisionError), store.transaction() as work:  # noqa: PT012
        work.record(admitted("s1"), NOON)
        raise ZeroDivisionError
    with store.transaction() as work:
        assert work.stay("s1") is None
        assert work.head()[0] == 2


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(EntryConfirmed("nobody", "in-nobody", NOON, 2), id="stay-unknown"),
        pytest.param(EntryConfirmed("s1", "in-s1", NOON, 2), id="confirmed-twice"),
        pytest.param(EntryAbandoned("s1", "in-s1"), id="abandoned-after-it-was-confirmed"),
        pytest.param(ExitConfirmed("s1", "out-s1", NOON, 3), id="left-without-being-admitted"),
        pytest.param(admitted("s1"), id="id-used-again"),
        pytest.param(TariffPublished(tariff()), id="version-published-again"),
        pytest.param(AlertResolved("nothing", "ann", "why"), id="alert-unknown"),
        pytest.param(PlateCorrected("nobody", "A1", "ann", "why"), id="plate-of-nobody"),
    ],
)
def test_an_event_that_contradicts_the_store_is_refused_whole(store: Store, event: Event) -> None:
    """A contradiction raises ContradictoryEvent and the ledger does not grow."""
    record(store, admitted("s1"), EntryConfirmed("s1", "in-s1", NOON, 2))
    with pytest.raises(ContradictoryEvent):
        record(store, event)
    with store.transaction() as work:
        assert work.head()[0] == 4


def test_a_settlement_counts_once_by_reference_for_ever(store: Store) -> None:
    """The same provider reference cannot be stored twice, whatever its settlement id."""
    record(store, admitted("s1"), EntryConfirmed("s1", "in-s1", NOON, 2))
    first = Settlement("m1", "s1", Money(400, "EUR"), "sandbox", "ref-1", NOON, NOON)
    record(store, SettlementApplied(first))
    with pytest.raises(ContradictoryEvent):
        record(store, SettlementApplied(Settlement("m2", "s1", Money(400, "EUR"), "sandbox", "ref-1", NOON, NOON)))
    with store.transaction() as work:
        assert work.settlements("s1") == [first]
        assert work.settlement_by_reference("sandbox", "ref-1") == first
        assert work.settlement_by_reference("other", "ref-1") is None


def test_a_corrected_plate_replaces_the_read(store: Store) -> None:
    """PlateCorrected changes the stay's plate and drops the printed form of the wrong one."""
    record(store, admitted("s1"), PlateCorrected("s1", "AB12CO", "ann", "a zero was an O"))
    with store.transaction() as work:
        stay = work.stay("s1")
    assert stay is not None
    assert (stay.plate, stay.printed) == ("AB12CO", None)


def test_the_tariff_in_force_is_the_highest_version_that_has_begun(store: Store) -> None:
    """`tariff_at` picks by validity, then by version, and says so when there is none."""
    record(store, TariffPublished(tariff(2, NOON + timedelta(hours=1))))
    with store.transaction() as work:
        assert work.tariff_at(NOON).version == 1
        assert work.tariff_at(NOON + timedelta(hours=1)).version == 2
        assert work.tariff(2).valid_from == NOON + timedelta(hours=1)
        with pytest.raises(NoTariff):
            work.tariff_at(NOON - timedelta(days=9))
        with pytest.raises(NoTariff):
            work.tariff(7)


def test_a_pass_is_found_by_each_of_its_plates(store: Store) -> None:
    """Every plate of a pass finds it; granting it again changes what it names and until when it holds."""
    end = NOON + timedelta(days=30)
    record(store, PassGranted(Pass("p1", "AB12CD", "resident", NOON, end, ("EF34GH",))))
    with store.transaction() as work:
        (held,) = work.rights.passes_naming("EF34GH")
        assert (held.pass_id, held.plates, held.covers(NOON), held.covers(end)) == (
            "p1",
            ("AB12CD", "EF34GH"),
            True,
            False,
        )
        assert work.rights.passes_naming("ZZ") == []
    record(store, PassGranted(Pass("p1", "AB12CD", "resident", NOON, end + timedelta(days=30))))
    with store.transaction() as work:
        assert work.rights.passes_naming("EF34GH") == []
        assert work.rights.passes_naming("AB12CD")[0].covers(end)
        assert [each.held.valid_until for each in work.rights.versions("p1")] == [end + timedelta(days=30), end]


def test_open_alerts_are_those_nobody_resolved(store: Store) -> None:
    """A resolved alert disappears from the open ones."""
    one = AlertRaised("a1", "ambiguous_exit", "exit-1", None, None, "two stays fit")
    record(store, one, AlertRaised("a2", "already_inside", "entry-1", None, None, "seen inside"))
    record(store, AlertResolved("a2", "ann", "was a ghost"))
    with store.transaction() as work:
        (alert,) = work.open_alerts()
    assert (alert.raised, alert.raised_at) == (one, NOON)


def test_the_watermark_only_moves_forward_and_never_past_the_head(store: Store) -> None:
    """An ack that repeats changes nothing; one beyond the ledger's end, or with another hash, is a fork."""
    with store.transaction() as work:
        first, second = work.envelopes()
        assert work.acknowledge(0, GENESIS) == 0
        assert work.acknowledge(2, second.hash) == 2
        assert work.acknowledge(1, first.hash) == 2
        assert work.acked_seq == 2
        with pytest.raises(LedgerFork, match="another hash"):
            work.acknowledge(1, second.hash)
        with pytest.raises(LedgerFork, match="this lot has 2"):
            work.acknowledge(3, "0" * 64)


def test_everything_is_there_after_reopening(store: Store, tmp_path: Path) -> None:
    """Closing and opening again loses and changes nothing."""
    record(store, admitted("s1"), EntryConfirmed("s1", "in-s1", NOON, 2))
    with store.transaction() as work:
        before = (work.head(), work.open_stays(), work.lot())
    store.close()
    again = Store(tmp_path / "lot.db", "lot-1")
    with again.transaction() as work:
        assert (work.head(), work.open_stays(), work.lot()) == before
    again.close()


def test_free_spaces_need_a_described_lot(tmp_path: Path) -> None:
    """Before the lot is described its spaces are unknown, not zero."""
    empty = Store(tmp_path / "lot.db", "lot-1")
    with empty.transaction() as work:
        assert work.lot() is None
        assert work.head() == (0, GENESIS)
        with pytest.raises(NotDescribed):
            work.free_spaces()
    empty.close()


def test_a_second_writer_is_kept_out(store: Store, tmp_path: Path) -> None:
    """Another store on the same file raises StoreInUse while the first is open."""
    with pytest.raises(StoreInUse, match="stop it"):
        Store(tmp_path / "lot.db", "lot-1")


def test_the_outbox_can_be_read_by_another_process_meanwhile(store: Store, tmp_path: Path) -> None:
    """A read-only connection sees committed rows, also while a transaction is open."""
    with store.transaction() as work:
        work.record(admitted("s1"), NOON)
        reader = sqlite3.connect(f"file:{tmp_path / 'lot.db'}?mode=ro", uri=True)
        assert reader.execute("SELECT max(seq) FROM outbox").fetchone() == (2,)
    assert reader.execute("SELECT max(seq) FROM outbox").fetchone() == (3,)
    assert reader.execute("SELECT lot_id, acked_seq FROM ledger").fetchone() == ("lot-1", 0)
    reader.close()


def test_the_connection_syncs_every_commit_and_checks_references(store: Store) -> None:
    """WAL, synchronous FULL and foreign keys are on for the writer."""
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    values = [store._connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in pragmas]
    store._connection.rollback()
    assert values == ["wal", 2, 1]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """A file that is no database raises StoreCorrupt, and is left as it was."""
    path = tmp_path / "lot.db"
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(StoreCorrupt, match="restore"):
        Store(path, "lot-1")
    assert path.read_bytes().startswith(b"not a database")


def test_a_database_with_torn_pages_is_refused(tmp_path: Path) -> None:
    """Pages overwritten behind SQLite's back raise StoreCorrupt at start-up, not at the first car."""
    path = tmp_path / "lot.db"
    store = Store(path, "lot-1")
    record(store, LOT, TariffPublished(tariff()), *[admitted(f"s{number}") for number in range(40)])
    store.close()
    content = bytearray(path.read_bytes())
    for start in range(8192, len(content) - 4096, 4096):
        content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    with pytest.raises(StoreCorrupt):
        Store(path, "lot-1")


def test_another_lots_database_is_refused(store: Store, tmp_path: Path) -> None:
    """A store never takes over the ledger of another lot id."""
    store.close()
    with pytest.raises(StoreOfAnotherLot, match="lot-1"):
        Store(tmp_path / "lot.db", "lot-2")


def test_a_newer_schema_is_refused(store: Store, tmp_path: Path) -> None:
    """A database of a later version raises StoreTooNew instead of being written to."""
    store.close()
    with sqlite3.connect(tmp_path / "lot.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreTooNew, match="newer openlot"):
        Store(tmp_path / "lot.db", "lot-1")


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    """A store that cannot be created raises StoreError naming the folder."""
    with pytest.raises(StoreError, match="missing"):
        Store(tmp_path / "missing" / "lot.db", "lot-1")


def test_a_full_disk_records_nothing(store: Store) -> None:
    """SQLITE_FULL becomes DiskFull, the ledger is as before, and works again once there is room."""
    limit = store._connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store._connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")
    store._connection.rollback()
    with pytest.raises(DiskFull, match="free some space"):
        record(store, *[admitted(f"s{number}") for number in range(200)])
    with store.transaction() as work:
        assert work.head()[0] == 2
        assert work.intended_stays() == []
    store._connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    store._connection.rollback()
    record(store, admitted("s1"))


def test_a_read_only_store_records_nothing(store: Store) -> None:
    """SQLITE_READONLY becomes StoreReadOnly."""
    store._connection.exec_driver_sql("PRAGMA query_only = ON")
    store._connection.rollback()
    with pytest.raises(StoreReadOnly, match="owner, mode"):
        record(store, admitted("s1"))
    store._connection.exec_driver_sql("PRAGMA query_only = OFF")
    store._connection.rollback()
    with store.transaction() as work:
        assert work.stay("s1") is None


def test_a_writer_serves_the_event_loop_from_one_thread(tmp_path: Path) -> None:
    """Jobs sent at once run one after another, each in a transaction of its own."""

    async def scenario() -> list[int]:
        writer = Writer(tmp_path / "lot.db", "lot-1")
        try:
            return list(
                await asyncio.gather(
                    *[
                        writer.transact(
                            lambda work, n=n: work.record(AlertRaised(f"a{n}", "c", None, None, None, ""), NOON).seq
                        )
                        for n in range(20)
                    ]
                )
            )
        finally:
            writer.close()

    assert sorted(asyncio.run(scenario())) == list(range(1, 21))
