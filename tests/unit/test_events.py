"""Every kind of event survives the way into an envelope and back."""

import json
import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lot_server.domain import events
from lot_server.domain.codec import to_body
from lot_server.domain.coupon import Coupon
from lot_server.domain.errors import BadBody, UnknownEvent
from lot_server.domain.ledger import GENESIS, seal, verify
from lot_server.domain.merchant import CouponBatch, Merchant
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Pass, PassKind
from lot_server.domain.tariff import RateLine, Tariff

KINDS = get_args(events.Event)
AT = "2026-03-02T08:00:00.000000Z"
FEW = st.integers(0, 60)
INSTANTS = st.datetimes(timezones=st.just(UTC))
LINES = st.builds(RateLine, st.just(0), st.integers(1, 600), st.integers(0, 9999)).map(lambda line: (line,))
TARIFFS = st.builds(Tariff, FEW, st.just("CNY"), INSTANTS, FEW, LINES, st.none() | FEW, FEW, FEW)

COUPONS = st.builds(
    Coupon,
    st.text(min_size=1),
    st.text(),
    st.text(min_size=1),
    st.just("percent"),
    st.integers(1, 99),
    st.text(),
    INSTANTS,
)
WORDS = st.text(min_size=1, max_size=12)
REFUNDS = st.builds(
    Refund,
    *([st.text(max_size=12)] * 3),
    st.builds(Money, st.integers(1, 9999), st.just("CNY")),
    *([st.text(max_size=12)] * 2),
    WORDS,
    WORDS,
    INSTANTS,
)
MERCHANTS = st.builds(Merchant, st.sampled_from(("Cinema", "影院 1")), st.just("minutes"), st.integers(1, 99), FEW)
BATCHES = st.builds(
    CouponBatch,
    *([WORDS] * 2),
    st.just("full"),
    st.just(0),
    INSTANTS,
    st.sets(WORDS, min_size=1, max_size=3).map(tuple),
)
CHECKED: dict[object, st.SearchStrategy[Any]] = {
    Tariff: TARIFFS,
    Coupon: COUPONS,
    Refund: REFUNDS,
    Merchant: MERCHANTS,
    CouponBatch: BATCHES,
}
"""Values of types that refuse what contradicts itself."""

PASSES = st.builds(
    Pass,
    st.text(max_size=12),
    st.just("A0"),
    st.sampled_from(get_args(PassKind)),
    st.datetimes(max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(min_value=datetime(2031, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.lists(st.text(max_size=1), max_size=3, unique=True).map(tuple),
    st.integers(1, 60),
    st.lists(st.text(max_size=12), max_size=3).map(tuple),
    st.text(max_size=12),
)


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return st.one_of([of(each) for each in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(of(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of, arguments))
    if hint is datetime:
        return INSTANTS
    if hint in CHECKED:
        return CHECKED[hint]
    if hint is Pass:
        return PASSES
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: of(hints[field.name]) for field in fields(hint)})
    return {bool: st.booleans(), int: st.integers(), str: st.text(max_size=12), type(None): st.none()}[hint]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
@settings(max_examples=30)
@given(data=st.data())
def test_every_event_survives_the_envelope(kind: Any, data: st.DataObject) -> None:
    """An event that was sealed, written as JSON, read, verified and decoded is the same event."""
    event = data.draw(of(kind))
    envelope = seal("lot", 1, event.KIND, AT, to_body(event), GENESIS)
    body = json.loads(json.dumps(envelope.body))
    assert verify([seal("lot", 1, event.KIND, AT, body, GENESIS)], 0, GENESIS) == envelope.hash
    assert events.decode(envelope.kind, body) == event


def test_a_body_from_before_a_field_was_added_keeps_its_bytes() -> None:
    """An entry and a correction as the first release wrote them are read, and are written again the very same."""
    entry = {
        "stay_id": "s", "passage_id": "p", "lane_id": "in", "plate": "A1", "printed": "A1", "ticket_id": None,
        "decision": "read", "evidence": None, "photos": [], "pass_id": None, "tariff_version": 1, "read_at": AT,
    }  # fmt: skip
    correction = {"stay_id": "s", "plate": "A2", "operator": "ann", "reason": "dirt"}
    for kind, body in (("entry_admitted", entry), ("plate_corrected", correction)):
        event = events.decode(kind, body)
        assert isinstance(event, events.EntryAdmitted | events.PlateCorrected)
        assert event.plate_color is None
        assert to_body(event) == body


def test_every_kind_has_its_own_name() -> None:
    """No two events share a kind, which names them on the wire for ever."""
    assert len({kind.KIND for kind in KINDS}) == len(KINDS)


def test_an_event_of_a_newer_version_is_refused_by_name() -> None:
    """A kind this version does not know is an error that says to upgrade."""
    with pytest.raises(UnknownEvent, match=r"teleported.*upgrade"):
        events.decode("teleported", {})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_a_body_of_another_shape_is_refused(kind: Any) -> None:
    """An event with a field too many is an error that names it."""
    with pytest.raises(BadBody):
        events.decode(kind.KIND, {"surplus": 1})
