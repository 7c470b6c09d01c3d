"""Dataclasses to JSON bodies and back: exact, strict, and never a float."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.codec import from_body, to_body
from lot_server.domain.errors import BadBody, DomainError


@dataclass(frozen=True)
class Inner:
    name: str
    pairs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Outer:
    count: int
    flag: bool
    at: datetime
    side: Literal["left", "right"]
    maybe: str | None
    inner: Inner
    more: tuple[Inner, ...]
    loose: dict[str, Any]


inners = st.builds(Inner, st.text(), st.lists(st.tuples(st.text(), st.integers())).map(tuple))
outers = st.builds(
    Outer, st.integers(), st.booleans(), st.datetimes(timezones=st.just(UTC)), st.sampled_from(["left", "right"]),
    st.none() | st.text(), inners, st.lists(inners, max_size=3).map(tuple),
    st.dictionaries(st.text(), st.none() | st.integers() | st.text()),
)  # fmt: skip
BODY = to_body(
    Outer(1, True, datetime(2026, 1, 31, 8, tzinfo=UTC), "left", None, Inner("a", (("b", 1),)), (), {"x": 1})
)


@given(outers)
def test_every_value_survives_the_way_there_and_back(value: Outer) -> None:
    """What was encoded, written as JSON and read again is the same value."""
    assert from_body(Outer, json.loads(json.dumps(to_body(value)))) == value


def test_instants_have_one_text() -> None:
    """A time is written in UTC with microseconds, so that equal instants have equal bytes."""
    assert BODY["at"] == "2026-01-31T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        pytest.param("count", "1", "Outer.count", id="text for a number"),
        pytest.param("count", True, "Outer.count", id="truth for a number"),
        pytest.param("count", 1.0, "Outer.count", id="float for a number"),
        pytest.param("flag", 1, "Outer.flag", id="number for truth"),
        pytest.param("at", "yesterday", "yesterday", id="no time"),
        pytest.param("at", "2026-01-31T08:00:00", "zone", id="naive time"),
        pytest.param("at", 5, "Outer.at", id="number for a time"),
        pytest.param("side", "middle", "Outer.side", id="unknown word"),
        pytest.param("inner", [], "Inner", id="list for an object"),
        pytest.param("inner", {"name": "a"}, "pairs", id="inner field missing"),
        pytest.param("inner", {"name": "a", "pairs": [["b"]]}, "2 items", id="pair too short"),
        pytest.param("more", {}, "Outer.more", id="object for a list"),
        pytest.param("loose", [], "Outer.loose", id="list for a free object"),
        pytest.param("surplus", 1, "surplus", id="unknown field"),
    ],
)
def test_a_wrong_body_is_refused_by_name(field: str, value: object, named: str) -> None:
    """A body of a wrong shape is an error that names the field."""
    with pytest.raises(DomainError, match=named):
        from_body(Outer, BODY | {field: value})


@pytest.mark.parametrize("field", list(BODY))
def test_a_missing_field_is_refused_by_name(field: str) -> None:
    """No field has a silent default."""
    with pytest.raises(BadBody, match=field):
        from_body(Outer, {name: value for name, value in BODY.items() if name != field})


@pytest.mark.parametrize("value", [1.5, object(), {1}, b"x"], ids=["float", "object", "set", "bytes"])
def test_what_the_wire_does_not_know_is_not_written(value: Any) -> None:
    """A value two languages may write differently is refused at the source."""
    with pytest.raises(BadBody):
        to_body(Inner("a", (("b", value),)))


@pytest.mark.parametrize("value", [Inner, "text", 3])
def test_only_values_of_dataclasses_are_bodies(value: object) -> None:
    """A class or a bare text is no body."""
    with pytest.raises(BadBody):
        to_body(value)
