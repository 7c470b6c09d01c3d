"""What lot.toml says of a lot becomes events, once, and never contradicts what stays were priced by."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lot_server.config import load_config
from lot_server.domain.events import EntryAdmitted, EntryConfirmed
from lot_server.errors import BadConfig
from lot_server.facts import record_facts
from lot_server.store.store import Store

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "lot.toml"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Change = tuple[str, str]
Record = Callable[..., list[str]]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Record the example with some changes into this test's store; the kinds of the new events."""

    def into_store(*changes: Change) -> list[str]:
        text = EXAMPLE.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "lot.toml"
        file.write_text(text, encoding="utf-8")
        store = Store(tmp_path / "lot.db", "lot-1")
        try:
            with store.transaction() as work:
                before, _ = work.head()
                record_facts(work, load_config(file), NOW)
                return [envelope.kind for envelope in work.envelopes(after=before)]
        finally:
            store.close()

    return into_store


def test_a_first_start_records_everything_and_the_next_nothing(record: Record) -> None:
    """Lot, price list and pass are recorded once; a restart with the same file adds no event."""
    assert record() == ["lot_described", "tariff_published", "pass_granted"]
    assert record() == []


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        pytest.param(("spaces = 120", "spaces = 130"), ["lot_described"], id="more-spaces"),
        pytest.param(("2027-01-01", "2028-01-01"), ["pass_granted"], id="longer-pass"),
        pytest.param(("version = 1", "version = 2"), ["tariff_published"], id="new-price-list"),
    ],
)
def test_what_changed_is_recorded(record: Record, change: Change, kinds: list[str]) -> None:
    """A restart with a changed file records exactly that."""
    record()
    assert record(change) == kinds


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        pytest.param(("price = 150", "price = 160"), "give the changed list a new version", id="prices"),
        pytest.param(('currency = "EUR"', 'currency = "CNY"'), "begin a new lot id", id="currency"),
    ],
)
def test_what_stays_were_priced_by_never_changes(record: Record, change: Change, advice: str) -> None:
    """A published price list with other prices, or another currency, is refused and nothing is recorded."""
    record()
    with pytest.raises(BadConfig, match=advice):
        record(change)
    assert record() == []


def test_vehicles_inside_are_counted_when_the_lot_grows(record: Record, tmp_path: Path) -> None:
    """A lot described anew keeps its taken spaces."""
    record()
    store = Store(tmp_path / "lot.db", "lot-1")
    with store.transaction() as work:
        work.record(EntryAdmitted("s1", "p1", "entry-1", "AB1", None, None, "read", None, (), None, 1, NOW), NOW)
        work.record(EntryConfirmed("s1", "p1", NOW, 119), NOW)
    store.close()
    record(("spaces = 120", "spaces = 130"))
    store = Store(tmp_path / "lot.db", "lot-1")
    with store.transaction() as work:
        assert work.free_spaces() == 129
    store.close()
