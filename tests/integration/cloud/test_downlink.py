"""Settlements reach the lot over the connection it holds, until it has answered for each."""

import json

import pytest
from running_cloud import eventually, press_pay
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from api.tables import CloudAlert, DeliveryRow, TakenSettlement
from cloud_sync.wire import Delivery, DeliveryAck, Refusal, decode, downlink_path, encode


@pytest.fixture
def account(sandbox):
    return sandbox


@pytest.fixture
def dial(cloud):
    """Open a lot's downlink, signed as it must be."""

    def open_for(lot, **headers):
        path = downlink_path(lot.lot_id)
        signed = {**lot.headers("GET", path), **headers}
        return connect(cloud.url.replace("http", "ws", 1) + path, additional_headers=signed)

    return open_for


def receive(connection):
    return decode(Delivery, connection.recv(timeout=30))


def answer(connection, delivery, outcome="applied"):
    connection.send(encode(DeliveryAck(delivery.delivery_id, outcome)).decode())


def test_a_settlement_is_sent_the_moment_it_is_taken(cloud, open_lot, dial):
    """A lot that is connected gets a new settlement at once, and its answer ends the delivery."""
    with dial(open_lot) as connection:
        press_pay(open_lot.open_order().json())
        delivery = receive(connection)
        answer(connection, delivery)
        eventually(lambda: cloud.rows(DeliveryRow)[0].outcome == "applied")
    (taken,) = cloud.rows(TakenSettlement)
    assert delivery.settlement.provider_reference == taken.provider_reference
    assert (delivery.settlement.stay_id, delivery.settlement.amount.minor) == ("stay-1", 1000)


def test_what_was_not_answered_is_sent_again(cloud, open_lot, dial):
    """A settlement taken while the lot was away waits for it, and comes again until it is answered."""
    press_pay(open_lot.open_order().json())
    eventually(lambda: cloud.rows(DeliveryRow))
    with dial(open_lot) as connection:
        first = receive(connection)
    with dial(open_lot) as connection:
        assert receive(connection) == first
        assert receive(connection) == first  # again on the same connection, after a while
        answer(connection, first)
        answer(connection, first, "refused")
        eventually(lambda: cloud.rows(DeliveryRow)[0].outcome == "applied")
    assert cloud.rows(CloudAlert) == []


def test_a_refused_delivery_raises_an_alert(cloud, open_lot, dial):
    """A settlement for a stay that the lot does not know ends its delivery and tells a person."""
    press_pay(open_lot.open_order().json())
    with dial(open_lot) as connection:
        answer(connection, receive(connection), "refused")
        eventually(lambda: cloud.rows(CloudAlert))
    assert [row.code for row in cloud.rows(CloudAlert)] == ["delivery_refused"]
    assert [row.outcome for row in cloud.rows(DeliveryRow)] == ["refused"]


def test_a_lot_gets_only_its_own_settlements(cloud, open_lot, dial):
    """Another lot's connection hears nothing, and cannot answer for it."""
    other = cloud.enrol("lot-2")
    with dial(other) as connection:
        press_pay(open_lot.open_order().json())
        (row,) = eventually(lambda: cloud.rows(DeliveryRow))
        connection.send(encode(DeliveryAck(row.delivery_id, "applied")).decode())
        with pytest.raises(TimeoutError):
            connection.recv(timeout=0.3)
    with dial(open_lot) as connection:
        assert receive(connection).delivery_id == row.delivery_id


def test_only_the_lot_itself_may_hold_its_downlink(cloud, open_lot, dial):
    """Without the lot's signature the handshake is refused, with the reason as JSON."""
    stranger = cloud.enrol("lot-2")
    stranger.lot_id = "lot-1"
    for lot, status, code in ((stranger, 401, "bad_signature"), (open_lot, 404, "unknown_lot")):
        open_lot.lot_id = "lot-1" if lot is stranger else "lot-9"
        with pytest.raises(InvalidStatus) as refused, dial(lot):
            pass
        response = refused.value.response
        assert (response.status_code, decode(Refusal, bytes(response.body)).code) == (status, code)


@pytest.mark.parametrize("message", ["{", json.dumps({"delivery_id": 7}), b"\x00"])
def test_a_connection_that_talks_nonsense_is_closed(open_lot, dial, message):
    """What is no DeliveryAck closes the connection with a reason."""
    with dial(open_lot) as connection:
        connection.send(message)
        with pytest.raises(ConnectionClosedError) as closed:
            connection.recv(timeout=30)
        assert closed.value.rcvd.code == 1008
        assert "DeliveryAck" in closed.value.rcvd.reason
