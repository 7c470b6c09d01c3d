"""Money taken online goes back through its provider, once, and the lot hears of it as it hears of settlements."""

import pytest
from running_cloud import NOON, eventually, press_pay
from typer.testing import CliRunner
from websockets.sync.client import connect

from api.cli import app as cloud_command
from api.errors import NotRefundable
from api.refunds import executing
from api.refunds.orders import refund_payment
from api.tables import CloudAlert, MirroredRefund, RefundOrder, TakenSettlement
from cloud_sync.wire import Delivery, DeliveryAck, decode, downlink_path, encode
from lot_server.domain.events import DebtForgiven, RefundApplied, RefundAsked, ShiftOpened
from lot_server.domain.money import Money
from lot_server.domain.refund import RefundAsk


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(executing, "SWEEP_S", 0.05)


@pytest.fixture
def account(sandbox):
    return sandbox


@pytest.fixture
def paid(cloud, open_lot):
    """A payment of 10.00 that the cloud has taken, and its order."""
    order = open_lot.open_order().json()
    press_pay(order)
    (taken,) = eventually(lambda: cloud.rows(TakenSettlement))
    return taken


def dial(cloud, lot):
    path = downlink_path(lot.lot_id)
    return connect(cloud.url.replace("http", "ws", 1) + path, additional_headers=lot.headers("GET", path))


def receive(connection):
    return decode(Delivery, connection.recv(timeout=30))


def answer(connection, delivery, outcome="applied"):
    connection.send(encode(DeliveryAck(delivery.delivery_id, outcome)).decode())


def ask(lot, taken, minor, refund_id="refund-1"):
    """An operator at the lot asks for money back."""
    wish = RefundAsk(refund_id, taken.settlement_id, Money(minor, "CNY"), "ann", "paid twice", NOON)
    lot.record(RefundAsked(wish))
    lot.send()


def test_a_lot_asks_for_a_refund_and_gets_it(cloud, open_lot, paid):
    """Ask up, money back at the provider, refund down once the payment was, mirror up: priced alike at each step."""
    with dial(cloud, open_lot) as connection:
        payment = receive(connection)
        ask(open_lot, paid, 400)
        eventually(lambda: [row.state for row in cloud.rows(RefundOrder)] == ["done"])
        fee = open_lot.ask_fee("沪A12345").json()
        assert (fee["paid"], fee["due"]) == (600, 400)
        answer(connection, payment)
        open_lot.settle(payment.settlement)
        open_lot.send()
        delivery = receive(connection)
        while delivery.refund is None:
            delivery = receive(connection)
        answer(connection, delivery)
        eventually(lambda: cloud.rows(RefundOrder)[0].outcome == "applied")
    back = delivery.refund
    assert (back.refund_id, back.amount, back.provider, back.operator) == (
        "refund-1",
        Money(400, "CNY"),
        "sandbox",
        "ann",
    )
    open_lot.record(RefundApplied(back, None))
    open_lot.send()
    assert [row.provider_reference for row in cloud.rows(MirroredRefund)] == [back.provider_reference]
    fee = open_lot.ask_fee("沪A12345").json()
    assert (fee["paid"], fee["due"], fee["overpaid"]) == (600, 400, 0)
    order = cloud.client.get(f"/v1/payments/{paid.order_id}").json()
    assert (order["state"], order["refunded"]) == ("paid", 400)
    assert "4.00" in cloud.client.get(f"/pay/status/{paid.order_id}").text


def test_more_than_was_taken_is_never_given_back(cloud, open_lot, paid):
    """Asks beyond what is left, and of strange payments, become alerts; the first ones stand."""
    ask(open_lot, paid, 700)
    ask(open_lot, paid, 301, "refund-2")
    paid.settlement_id = "strange"
    ask(open_lot, paid, 1, "refund-3")
    states = eventually(lambda: (rows := cloud.rows(RefundOrder)) and len(rows) == 3 and rows)
    eventually(lambda: {row.state for row in cloud.rows(RefundOrder)} == {"done", "refused"})
    states = {row.refund_id: row.state for row in cloud.rows(RefundOrder)}
    assert states == {"refund-1": "done", "refund-2": "refused", "refund-3": "refused"}
    assert sorted(row.alert_id for row in cloud.rows(CloudAlert)) == [
        "refund_refused:refund-2",
        "refund_refused:refund-3",
    ]


def test_the_clouds_own_people_give_money_back(cloud, open_lot, paid):
    """By the provider's number: part, then all that is left, then no more; a strange number is refused."""

    def give(reference, minor=None):
        job = lambda session: refund_payment(session, "sandbox", reference, minor, "ann", "twice", NOON)  # noqa: E731
        return cloud.work(job).amount_minor

    assert (give(paid.provider_reference, 300), give(paid.provider_reference)) == (300, 700)
    for reference in (paid.provider_reference, "strange"):
        with pytest.raises(NotRefundable):
            give(reference, 1)
    eventually(lambda: [row.state for row in cloud.rows(RefundOrder)] == ["done", "done"])
    assert len({row.provider_reference for row in cloud.rows(RefundOrder)}) == 2


def test_a_refund_that_the_lot_cannot_count_alerts(cloud, open_lot, paid):
    """The lot's refusal ends the delivery and tells a person."""
    with dial(cloud, open_lot) as connection:
        answer(connection, receive(connection))
        ask(open_lot, paid, 100)
        delivery = receive(connection)
        while delivery.refund is None:
            delivery = receive(connection)
        answer(connection, delivery, "refused")
        eventually(lambda: cloud.rows(CloudAlert))
    assert [row.code for row in cloud.rows(CloudAlert)] == ["refund_not_counted"]


def test_the_lots_own_money_facts_are_taken(cloud, open_lot):
    """Drawers and forgiven debts of a lot stop no mirror, and the debt's stay owes less."""
    open_lot.record(ShiftOpened("shift-1", "ann", Money(0, "CNY"), NOON))
    open_lot.release("stay-1", NOON)
    open_lot.record(DebtForgiven("stay-1", Money(1000, "CNY"), "ann", "our fault"))
    open_lot.send()


def test_the_command_says_what_is_wrong(tmp_path):
    """`openlot cloud refund` ends with a typed error, and lists nothing where nothing was given back."""
    config = tmp_path / "cloud.toml"
    config.write_text(f'[database]\nurl = "sqlite+aiosqlite:///{tmp_path / "cloud.db"}"\n')
    words = ["refund", "sbx-1", "--config", str(config), "--operator", "ann", "--reason", "twice"]
    refused = CliRunner().invoke(cloud_command, words)
    assert (refused.exit_code, "not_refundable" in refused.output) == (1, True), refused.output
    listed = CliRunner().invoke(cloud_command, ["refunds", "--config", str(config)])
    assert (listed.exit_code, listed.output) == (0, "")
