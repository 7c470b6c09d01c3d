"""The messages between a lot and the cloud, and their bytes."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outbox_file import facts

from cloud_sync.errors import BatchTooLarge, MalformedBatch
from cloud_sync.wire import (
    LOT_ID,
    MAX_BATCH_BYTES,
    MAX_BATCH_ENVELOPES,
    Ack,
    Batch,
    Delivery,
    DeliveryAck,
    Refusal,
    decode,
    decode_batch,
    encode,
    fill_batch,
)
from lot_server.domain.ledger import GENESIS, seal, verify
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
integers = st.integers(-(2**63), 2**63 - 1)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
instants = st.datetimes(timezones=st.just(UTC))
bodies = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | integers | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)
acks = st.builds(Ack, texts, integers, hashes)
refusals = st.builds(
    Refusal, st.sampled_from(["sequence_gap", "ledger_fork"]), texts, st.none() | integers, st.none() | hashes
)
settlements = st.builds(
    Settlement, texts, texts, st.builds(Money, integers, st.just("CNY")), texts, texts, instants, instants
)
refunds = st.builds(
    Refund,
    texts,
    texts,
    texts,
    st.builds(Money, st.integers(1, 2**60), st.just("CNY")),
    texts,
    texts,
    texts.filter(bool),
    texts.filter(bool),
    instants,
)
deliveries = st.builds(Delivery, texts, settlements) | st.builds(Delivery, texts, st.none(), refunds)
delivery_acks = st.builds(DeliveryAck, texts, st.sampled_from(["applied", "refused"]))


@st.composite
def ledgers(draw):
    """Consecutive sealed envelopes of one lot with any bodies."""
    envelopes, head = [], GENESIS
    for seq, body in enumerate(draw(st.lists(bodies, min_size=1, max_size=4)), start=1):
        envelopes.append(seal("demo", seq, draw(texts), "2026-01-31T08:00:00.000000Z", body, head))
        head = envelopes[-1].hash
    return tuple(envelopes)


@given(message=acks | refusals | deliveries | delivery_acks)
def test_a_message_comes_back_as_it_went(message):
    """Encoding and decoding give the same value, for bytes and for a WebSocket's text."""
    content = encode(message)
    assert decode(type(message), content) == message
    assert decode(type(message), content.decode()) == message


@given(envelopes=ledgers())
def test_a_batch_keeps_its_hashes(envelopes):
    """After the journey the chain still verifies, so that both sides hash the same bytes."""
    batch = decode_batch(encode(Batch("demo", envelopes)), "demo")
    assert batch.envelopes == envelopes
    assert verify(batch.envelopes, 0, GENESIS) == envelopes[-1].hash


def _body(**changes):
    body = json.loads(encode(Batch("demo", tuple(facts("demo", 1)))))
    body["envelopes"][0] |= changes
    return json.dumps(body).encode()


DEEP = json.loads("[" * 40 + "]" * 40)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ('{"lot_id": "demo"}'.encode("utf-16"), "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'{"lot_id": "demo"}', "lacks the field 'envelopes'"),
        (b'{"lot_id": "demo", "envelopes": [], "extra": 1}', "no field 'extra'"),
        (b'{"lot_id": "demo", "envelopes": {}}', "wants a list"),
        (b'{"lot_id": "demo", "envelopes": []}', "at least one"),
        (b'{"lot_id": "demo", "envelopes": [1]}', "JSON object"),
        (_body(seq="1"), "wants int"),
        (_body(seq=True), "wants int"),
        (_body(seq=2**63), "64 bits"),
        (_body(seq=1.5), "no integer"),
        (_body(body={"fee": 0.1}), "no integer"),
        (_body(body={"fee": float("nan")}), "no integer"),
        (_body(body={"text": "\0"}), "NUL"),
        (_body(body={"\ud800": 1}), "surrogate"),
        (_body(body={"deep": DEEP}), "deeper"),
        (_body(body=[]), "JSON object"),
        (_body(hash=None), "wants str"),
        (_body(lot_id="other"), "another lot's"),
        (encode(Batch("other", tuple(facts("other", 1)))), "another lot's"),
    ],
)
def test_a_malformed_batch_is_refused(content, says):
    """Bytes that are no batch of this lot raise one typed error that says what is wrong."""
    with pytest.raises(MalformedBatch, match=says):
        decode_batch(content, "demo")


@given(content=st.binary(max_size=200))
def test_no_bytes_crash_the_decoder(content):
    """Whatever arrives is a message or malformed, never another error."""
    with pytest.raises(MalformedBatch):
        decode_batch(content, "demo")


def test_a_batch_has_a_limit_of_envelopes():
    """One envelope beyond the limit is refused by a code of its own."""
    content = encode(Batch("demo", tuple(facts("demo", MAX_BATCH_ENVELOPES + 1))))
    with pytest.raises(BatchTooLarge, match="500") as caught:
        decode_batch(content, "demo")
    assert caught.value.code == "batch_too_large"


def test_a_batch_has_a_limit_of_bytes():
    """More bytes than the limit are refused before they are parsed."""
    with pytest.raises(BatchTooLarge, match="bytes"):
        decode_batch(b" " * (MAX_BATCH_BYTES + 1), "demo")


def test_a_filled_batch_fits():
    """Envelopes beyond the bytes' limit are left for later, and the rest is a batch that the other side takes."""
    envelopes = facts("demo", 30, text="x" * 400_000)
    batch = fill_batch("demo", envelopes)
    assert 1 <= len(batch.envelopes) < 30
    assert decode_batch(encode(batch), "demo").envelopes == tuple(envelopes[: len(batch.envelopes)])


def test_an_envelope_beyond_every_batch_is_loud():
    """A single envelope that no batch can hold is named."""
    with pytest.raises(BatchTooLarge, match="seq 1 alone"):
        fill_batch("demo", facts("demo", 1, text="x" * MAX_BATCH_BYTES))


@pytest.mark.parametrize(("lot_id", "fits"), [("demo-1.A_b", True), ("", False), ("a/b", False), ("x" * 65, False)])
def test_a_lots_id_stands_in_a_path(lot_id, fits):
    """An id that a path would change is no lot's id."""
    assert bool(LOT_ID.fullmatch(lot_id)) is fits


def test_a_delivery_brings_one_thing():
    """Neither nothing nor two things; a settlement's bytes are those that lots from before refunds know."""
    taken = {"delivery_id": "d", "settlement": None}
    with pytest.raises(MalformedBatch, match="a settlement or a refund"):
        decode(Delivery, json.dumps(taken))
    paid = Settlement("s", "stay", Money(1, "CNY"), "p", "r", AT, AT)
    assert set(json.loads(encode(Delivery("d", paid)))) == {"delivery_id", "settlement"}
