"""The ledger: the same bytes everywhere, and a chain that shows every change."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import BadBody, BrokenChain
from lot_server.domain.ledger import GENESIS, Envelope, canonical_bytes, link, seal, verify

AT = "2026-03-02T08:00:00.000000Z"
values = st.none() | st.booleans() | st.integers() | st.text()
bodies = st.dictionaries(st.text(), values | st.lists(values) | st.dictionaries(st.text(), values), max_size=4)
ledgers = st.lists(bodies, min_size=1, max_size=6).map(lambda each: chain(each))


def chain(facts: list[dict[str, Any]]) -> list[Envelope]:
    envelopes: list[Envelope] = []
    for seq, body in enumerate(facts, start=1):
        envelopes.append(seal("lot", seq, "fact", AT, body, envelopes[-1].hash if envelopes else GENESIS))
    return envelopes


def test_the_bytes_are_what_they_are() -> None:
    """Canonical bytes and hash are fixed for ever: a stored ledger must verify in every later version."""
    canonical = canonical_bytes("lot-1", 1, "entry_confirmed", AT, {"stay_id": "s", "plate": "京A12345"})
    assert (
        canonical
        == (
            '{"body":{"plate":"京A12345","stay_id":"s"},"kind":"entry_confirmed","lot_id":"lot-1",'
            '"occurred_at":"2026-03-02T08:00:00.000000Z","seq":1}'
        ).encode()
    )
    assert link(GENESIS, canonical) == "e36dd2a97702d9f181a09648c595060607da7dfef549bd922c0c524d5a54d075"


@given(ledgers)
def test_a_whole_ledger_verifies(envelopes: list[Envelope]) -> None:
    """An untouched chain leads from nothing to its head, in one go or in parts."""
    assert verify(envelopes, 0, GENESIS) == envelopes[-1].hash
    half = len(envelopes) // 2
    middle = verify(envelopes[:half], 0, GENESIS)
    assert verify(envelopes[half:], half, middle) == envelopes[-1].hash


@given(ledgers, st.data())
def test_any_change_breaks_the_chain(envelopes: list[Envelope], data: st.DataObject) -> None:
    """A fact that was changed in any field is found, even if the change was sealed again."""
    at = data.draw(st.integers(0, len(envelopes) - 1))
    fact = envelopes[at]
    changes: list[Envelope] = [
        replace(fact, lot_id="other"),
        replace(fact, kind="other"),
        replace(fact, occurred_at="2026-03-02T08:00:00.000001Z"),
        replace(fact, body={**fact.body, "added": 1}),
        replace(fact, previous="1" * 64),
        replace(fact, hash="1" * 64),
        replace(fact, seq=fact.seq + 1),
    ]
    forged = data.draw(st.sampled_from(changes))
    with pytest.raises(BrokenChain):
        verify([*envelopes[:at], forged, *envelopes[at + 1 :]], 0, GENESIS)
    if at < len(envelopes) - 1:
        resealed = seal(fact.lot_id, fact.seq, "other", fact.occurred_at, fact.body, fact.previous)
        with pytest.raises(BrokenChain):
            verify([*envelopes[:at], resealed, *envelopes[at + 1 :]], 0, GENESIS)


@given(st.lists(bodies, min_size=3, max_size=6).map(chain), st.data())
def test_a_missing_repeated_or_moved_fact_breaks_the_chain(envelopes: list[Envelope], data: st.DataObject) -> None:
    """Facts cannot be left out, told twice or told in another order."""
    at = data.draw(st.integers(0, len(envelopes) - 2))
    missing = envelopes[:at] + envelopes[at + 1 :]
    repeated = envelopes[: at + 1] + envelopes[at:]
    moved = [*envelopes[:at], envelopes[at + 1], envelopes[at], *envelopes[at + 2 :]]
    for tampered in (missing, repeated, moved):
        with pytest.raises(BrokenChain):
            verify(tampered, 0, GENESIS)


@given(bodies)
def test_the_order_of_keys_does_not_matter(body: dict[str, Any]) -> None:
    """Two sides that keep a body's keys in another order compute the same hash."""
    turned = dict(reversed(list(body.items())))
    assert canonical_bytes("lot", 1, "fact", AT, body) == canonical_bytes("lot", 1, "fact", AT, turned)


@pytest.mark.parametrize("body", [{"a": 1.0}, {"a": [1, 2.5]}, {"a": {"b": {"c": 0.1}}}], ids=["flat", "list", "deep"])
def test_floats_are_refused(body: dict[str, Any]) -> None:
    """A float anywhere in a body cannot be sealed."""
    with pytest.raises(BadBody):
        seal("lot", 1, "fact", AT, body, GENESIS)
