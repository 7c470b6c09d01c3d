"""The cloud applies a lot's ledger in order, exactly once, all of a batch or nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx2

from api.tables import AlertRow, EnvelopeRow, LotRow, MirroredSettlement, PassageRow, PassRow, StayRow
from cloud_sync.wire import MAX_BATCH_BYTES, Ack, Batch, Refusal, batches_path, decode, encode, ledger_path
from lot_server.domain import events
from lot_server.domain.ledger import GENESIS, seal
from lot_server.domain.money import Money
from lot_server.domain.stay import Pass, Settlement


def refusal(response: httpx2.Response, status: int) -> Refusal:
    assert response.status_code == status, response.text
    return decode(Refusal, response.content)


def test_a_batch_is_applied_and_acknowledged(cloud, lot):
    """What a lot sends is stored, mirrored and acknowledged up to its last envelope."""
    lot.describe(free_spaces=40)
    lot.publish()
    lot.admit("stay-1", "沪A12345", cloud.config.clock.now())
    response = lot.post(*lot.envelopes)
    assert response.status_code == 200, response.text
    assert decode(Ack, response.content) == Ack("lot-1", 4, lot.envelopes[-1].hash)
    (stay,) = cloud.rows(StayRow)
    (described,) = cloud.rows(LotRow)
    assert (stay.plate, stay.state, stay.entered_at) == ("沪A12345", "open", cloud.config.clock.now())
    assert (described.name, described.free_spaces) == ("人民广场 P1", 99)
    assert [row.hash for row in cloud.rows(EnvelopeRow)] == [each.hash for each in lot.envelopes]


def test_a_day_is_mirrored(cloud, open_lot):
    """Exits, back-outs, refusals, corrections, passes, alerts and settlements all reach the mirror."""
    now = cloud.config.clock.now()
    taken = Settlement("set-1", "stay-1", Money(1000, "CNY"), "terminal", "t-1", now, now)
    open_lot.grant(Pass("pass-1", "沪B00001", "monthly", now, now + timedelta(days=30)))
    open_lot.record(events.AlertRaised("alert-1", "ambiguous_exit", "out", "stay-1", None, "two plates fit"))
    open_lot.record(events.AlertResolved("alert-1", "li", "looked at both photos"))
    open_lot.record(events.PlateCorrected("stay-1", "沪A12346", "li", "smudged"))
    open_lot.settle(taken)
    open_lot.release("stay-1", now)
    open_lot.record(
        events.EntryAdmitted("stay-2", "p-2", "in", "沪C1", "沪C1", None, "read", None, (), None, 1, now), now
    )
    open_lot.record(events.EntryAbandoned("stay-2", "p-2"), now)
    open_lot.record(events.EntryRefused("p-3", "in", "沪D1", "full", ()), now)
    open_lot.send()
    stays = {row.stay_id: row for row in cloud.rows(StayRow)}
    assert (stays["stay-1"].state, stays["stay-1"].plate, stays["stay-1"].exited_at) == ("closed", "沪A12346", now)
    assert stays["stay-2"].state == "abandoned"
    assert [(row.provider_reference, row.amount_minor) for row in cloud.rows(MirroredSettlement)] == [("t-1", 1000)]
    assert [row.plate for row in cloud.rows(PassRow)] == ["沪B00001"]
    assert [(row.code, row.operator) for row in cloud.rows(AlertRow)] == [("ambiguous_exit", "li")]
    states = {row.passage_id: row.state for row in cloud.rows(PassageRow)}
    assert states == {"in-stay-1": "confirmed", "out-stay-1": "confirmed", "p-2": "abandoned", "p-3": "refused"}


def test_a_replayed_batch_changes_nothing(cloud, open_lot):
    """A batch that is sent again is acknowledged with where the ledger stands, and applied no second time."""
    first = open_lot.envelopes[:2]
    again = open_lot.post(*first)
    assert decode(Ack, again.content) == Ack("lot-1", 4, open_lot.envelopes[-1].hash)
    assert len(cloud.rows(EnvelopeRow)) == 4


def test_an_overlapping_batch_adds_what_is_new(cloud, open_lot):
    """A batch that repeats applied envelopes and goes on is applied from where the ledger stands."""
    open_lot.release("stay-1", cloud.config.clock.now())
    response = open_lot.post(*open_lot.envelopes[1:])
    assert decode(Ack, response.content).applied_seq == 6
    assert len(cloud.rows(EnvelopeRow)) == 6


def test_a_gap_is_refused(cloud, open_lot):
    """A batch that begins after a gap is refused with where to go on from, and nothing is applied."""
    open_lot.release("stay-1", cloud.config.clock.now())
    answer = refusal(open_lot.post(open_lot.envelopes[5]), 409)
    assert (answer.code, answer.applied_seq, answer.head) == ("sequence_gap", 4, open_lot.envelopes[3].hash)
    assert len(cloud.rows(EnvelopeRow)) == 4


def test_a_gap_within_a_batch_is_refused(cloud, lot):
    """Envelopes that are not consecutive are refused, and none of them is applied."""
    lot.describe()
    lot.publish()
    lot.describe()
    answer = refusal(lot.post(lot.envelopes[0], lot.envelopes[2]), 409)
    assert (answer.code, answer.applied_seq, answer.head) == ("sequence_gap", 0, GENESIS)
    assert cloud.rows(EnvelopeRow) == []


def test_a_forked_ledger_is_refused(cloud, open_lot):
    """An envelope that differs from the applied one, or does not follow it, is a fork, and nothing is applied."""
    open_lot.release("stay-1", cloud.config.clock.now())
    for true in (open_lot.envelopes[1], open_lot.envelopes[4]):
        other_body = replace(true, body={**true.body, "passage_id": "other"})
        for false in (other_body, replace(true, hash="0" * 64), replace(true, previous="f" * 64)):
            answer = refusal(open_lot.post(false), 409)
            assert (answer.code, answer.applied_seq) == ("ledger_fork", 4)
    assert len(cloud.rows(EnvelopeRow)) == 4


def test_a_rewritten_history_is_refused(cloud, open_lot):
    """A well-chained ledger that differs from what is applied is a fork."""
    other = cloud.enrol("lot-2")
    other.lot_id, other.key = open_lot.lot_id, open_lot.key
    other.describe(name="another past")
    assert refusal(other.post(*other.envelopes), 409).code == "ledger_fork"


def test_a_malformed_batch_is_refused(cloud, lot):
    """Bytes that are no batch are refused with 400 and a message, and nothing is applied."""
    empty = b'{"lot_id":"lot-1","envelopes":[]}'
    for body in (b"", b"{", b"\xff\xfe", b"[]", b"[" * 5000, empty, b'{"lot_id":"lot-1","envelopes":[{}]}'):
        answer = refusal(lot.post_bytes(body), 400)
        assert answer.code == "malformed_batch"
        assert answer.message
    assert cloud.rows(EnvelopeRow) == []


def test_a_body_of_another_shape_is_refused(cloud, lot):
    """A known event with a field too many, or about something never introduced, is refused whole."""
    lot.describe()
    odd = seal("lot-1", 2, "entry_abandoned", lot.envelopes[0].occurred_at, {"stay_id": "x"}, lot.envelopes[0].hash)
    assert refusal(lot.post(lot.envelopes[0], odd), 400).code == "malformed_batch"
    lot.record(events.EntryAbandoned("never", "seen"))
    answer = refusal(lot.post(*lot.envelopes), 400)
    assert (answer.code, answer.applied_seq) == ("malformed_batch", 0)
    assert cloud.rows(LotRow) == []


def test_a_time_beyond_the_calendar_is_refused(cloud, lot):
    """A time that no calendar holds in UTC is a malformed batch, not a failure of the cloud."""
    lot.describe()
    odd = seal("lot-1", 1, "lot_described", "0001-01-01T00:00:00+14:00", lot.envelopes[0].body, GENESIS)
    assert refusal(lot.post(odd), 400).code == "malformed_batch"


def test_an_unknown_event_is_refused(cloud, lot):
    """An event kind that the cloud does not know is refused with 422, together with its whole batch."""
    lot.describe()
    new = seal("lot-1", 2, "gate_painted", lot.envelopes[0].occurred_at, {}, lot.envelopes[0].hash)
    assert refusal(lot.post(lot.envelopes[0], new), 422).code == "unknown_event"
    assert cloud.rows(EnvelopeRow) == []


def test_another_lots_envelopes_are_refused(cloud, lot):
    """A lot can send only its own envelopes."""
    other = cloud.enrol("lot-2")
    other.describe()
    assert refusal(lot.post(*other.envelopes), 400).code == "malformed_batch"
    assert refusal(lot.post_bytes(encode(Batch("lot-2", tuple(other.envelopes)))), 400).code == "malformed_batch"


def test_an_oversized_batch_is_refused_by_its_length(cloud, lot):
    """A body whose length is beyond the limit is refused with 413."""
    assert refusal(lot.post_bytes(b" " * (MAX_BATCH_BYTES + 1)), 413).code == "batch_too_large"


def test_an_oversized_stream_is_refused_while_it_is_read(cloud, lot):
    """A body of unstated length is refused once it is too long."""
    path = batches_path("lot-1")
    chunks = (b" " * 65536 for _ in range(MAX_BATCH_BYTES // 65536 + 2))
    try:
        response = cloud.client.post(path, content=chunks, headers=lot.headers("POST", path))
    except httpx2.WriteError:
        return  # the server had answered and closed before all was sent
    assert refusal(response, 413).code == "batch_too_large"


def test_unsigned_and_foreign_requests_are_refused(cloud, lot):
    """Without the lot's own signature over this very request nothing is read or applied."""
    lot.describe()
    path, body = batches_path("lot-1"), encode(Batch("lot-1", tuple(lot.envelopes)))
    foreign = cloud.enrol("lot-2").headers("POST", path, body)
    other_body = lot.headers("POST", path, b"{}")
    for headers in ({}, foreign, other_body):
        answer = refusal(cloud.client.post(path, content=body, headers=headers), 401)
        assert (answer.code, answer.applied_seq) == ("bad_signature", None)
    assert cloud.rows(EnvelopeRow) == []


def test_an_old_request_is_refused(cloud, lot, clock):
    """A signature from more than five minutes ago is refused."""
    path = ledger_path("lot-1")
    headers = lot.headers("GET", path)
    clock.forward(minutes=6)
    assert refusal(cloud.client.get(path, headers=headers), 401).code == "bad_signature"


def test_an_unknown_lot_is_refused(cloud, lot):
    """A lot that was never enrolled gets 404, whatever its id looks like."""
    for lot_id in ("lot-9", "%00", "ÿ"):
        response = cloud.client.post(f"/v1/lots/{lot_id}/batches", content=b"{}", headers=lot.headers("POST", "/"))
        assert refusal(response, 404).code == "unknown_lot"


def test_the_ledger_tells_where_it_stands(cloud, open_lot):
    """A lot can ask how far the cloud has applied its ledger."""
    path = ledger_path("lot-1")
    response = cloud.client.get(path, headers=open_lot.headers("GET", path))
    assert decode(Ack, response.content) == Ack("lot-1", 4, open_lot.envelopes[3].hash)


def test_two_posts_at_once_are_applied_once(cloud, open_lot):
    """Many posts of the same batch at the same time leave every envelope applied exactly once."""
    for number in range(20):
        open_lot.admit(f"more-{number}", f"沪B{number:05}", cloud.config.clock.now())
    batch = tuple(open_lot.envelopes[4:])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: open_lot.post(*batch), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert {decode(Ack, answer.content).applied_seq for answer in answers} == {44}
    assert len(cloud.rows(EnvelopeRow)) == 44
    assert json.loads(answers[0].content)["head"] == open_lot.envelopes[-1].hash
