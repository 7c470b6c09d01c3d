"""The audit trail's chain: what holds it together and what breaks it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.audit import AuditEntry, seal_entry, verify_entries
from lot_server.domain.errors import BrokenChain
from lot_server.domain.ledger import GENESIS

texts = st.one_of(st.none(), st.text(max_size=20))
entries = st.lists(st.tuples(st.text(max_size=20), texts, texts, st.integers(0, 5)), min_size=1, max_size=8)


def trail(written: list[tuple[str, str | None, str | None, int]]) -> list[AuditEntry]:
    """One entry for each actor, subject, reason and number of facts recorded since the last."""
    made: list[AuditEntry] = []
    seq = 0
    for actor, subject, reason, facts in written:
        seq += facts
        before = made[-1] if made else None
        made.append(seal_entry("lot-1", before, "t", actor, "open_lane", subject, reason, (seq, f"{seq:064x}")))
    return made


@given(entries)
def test_a_trail_as_written_holds(written: list[tuple[str, str | None, str | None, int]]) -> None:
    """Entries verify in order, and end at the last one's hash."""
    made = trail(written)
    assert verify_entries("lot-1", made) == made[-1].hash
    assert verify_entries("lot-1", []) == GENESIS


@given(entries, st.data())
def test_any_change_breaks_it(written: list[tuple[str, str | None, str | None, int]], data: st.DataObject) -> None:
    """Another value in any field, a dropped or doubled entry, or another lot's trail is found."""
    made = trail(written)
    place = data.draw(st.integers(0, len(made) - 1))
    field = data.draw(st.sampled_from(AuditEntry.__slots__))
    value = getattr(made[place], field)
    changed = replace(made[place], **{field: value + 1 if isinstance(value, int) else f"{value or ''}x"})
    for spoilt in (
        [*made[:place], changed, *made[place + 1 :]],
        [*made[: place + 1], *made[place:]],
        made[1:] if len(made) > 1 else [changed],
    ):
        with pytest.raises(BrokenChain):
            verify_entries("lot-1", spoilt)
    with pytest.raises(BrokenChain):
        verify_entries("lot-2", made)


def test_an_entry_cannot_be_dated_back() -> None:
    """A well-chained entry that names an older ledger than the one before it is found."""
    first = seal_entry("lot-1", None, "t", "ann", "open_lane", None, None, (5, "5" * 64))
    second = seal_entry("lot-1", first, "t", "ann", "open_lane", None, None, (4, "4" * 64))
    with pytest.raises(BrokenChain, match="older"):
        verify_entries("lot-1", [first, second])
