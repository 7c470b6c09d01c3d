"""Webhooks: only genuine ones count, each payment once for ever, and nothing strange passes unseen."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from running_cloud import NOON

from api.payments.sandbox_config import WebhookHabits
from api.payments.sandbox_messages import OrderStatus, Payment, WebhookEvent, encode
from api.payments.stamp import SIGNATURE_HEADER, TIME_HEADER, stamp
from api.tables import CloudAlert, DeliveryRow, PaymentOrder, TakenSettlement
from lot_server.domain.money import Money

PATH = "/v1/payments/sandbox/webhook"


@pytest.fixture
def habits() -> WebhookHabits:
    """The provider keeps still: these tests speak for it."""
    return WebhookHabits(send=False)


@pytest.fixture
def account(sandbox):
    return sandbox


@pytest.fixture
def order(open_lot):
    """An order of 10.00."""
    return open_lot.open_order().json()["order_id"]


@pytest.fixture
def tell(cloud):
    """Send a webhook about an order, stamped as the provider does."""

    def send(order, reference="ref-1", amount=1000, currency="CNY", paid_at=None, status="paid", **headers):
        paid_at = paid_at or cloud.config.clock.now()
        payment = Payment(reference, Money(amount, currency), paid_at) if status == "paid" else None
        body = encode(WebhookEvent("event-1", OrderStatus(order, status, payment)))
        stamped = stamp(cloud.config.sandbox.secret, body, cloud.config.clock) | headers
        return cloud.client.post(PATH, content=body, headers=stamped)

    return send


def outcome(response):
    assert response.status_code == 200, response.text
    return response.json()["outcome"]


def untouched(cloud):
    return cloud.rows(TakenSettlement) == [] and {row.state for row in cloud.rows(PaymentOrder)} == {"pending"}


def test_a_payment_is_applied_once_for_ever(cloud, order, tell, clock):
    """Repeats change nothing, after a minute or after a year."""
    assert outcome(tell(order)) == "settled"
    assert outcome(tell(order)) == "already_settled"
    clock.forward(days=365)
    assert outcome(tell(order, paid_at=NOON)) == "already_settled"
    assert len(cloud.rows(TakenSettlement)) == len(cloud.rows(DeliveryRow)) == 1
    assert cloud.rows(CloudAlert) == []


def test_repeats_at_the_same_time_are_applied_once(cloud, order, tell):
    """Webhooks that race settle one payment."""
    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(lambda _: outcome(tell(order)), range(6)))
    assert outcomes == ["already_settled"] * 5 + ["settled"]
    assert len(cloud.rows(TakenSettlement)) == 1


def test_what_comes_late_undoes_nothing(cloud, order, tell):
    """`opened` and `expired` that arrive after `paid` leave the order paid."""
    assert outcome(tell(order)) == "settled"
    assert outcome(tell(order, status="open")) == "noted"
    assert outcome(tell(order, status="expired")) == "noted"
    assert [row.state for row in cloud.rows(PaymentOrder)] == ["paid"]


def test_a_forged_webhook_is_refused(cloud, order, tell):
    """A missing, wrong, foreign or odd signature gets 401 and changes nothing."""
    body = encode(WebhookEvent("e", OrderStatus(order, "paid", Payment("r", Money(1000, "CNY"), NOON))))
    foreign = stamp(b"another secret, as long as that", body, cloud.config.clock)
    genuine = stamp(cloud.config.sandbox.secret, b"{}", cloud.config.clock)
    for headers in ({}, foreign, genuine, {**foreign, SIGNATURE_HEADER: "é".encode()}):
        answer = cloud.client.post(PATH, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "forged_webhook")
    moved = tell(order, **{TIME_HEADER: "2026-03-02T12:01:00.000000Z"})
    assert (moved.status_code, moved.json()["code"]) == (401, "forged_webhook")
    assert untouched(cloud)


def test_a_webhook_from_another_time_is_refused(cloud, order, clock):
    """A genuine signature more than five minutes from the clock, either way, is refused as stale."""
    body = encode(WebhookEvent("e", OrderStatus(order, "paid", Payment("r", Money(1000, "CNY"), NOON))))
    headers = stamp(cloud.config.sandbox.secret, body, clock)
    for minutes in (6, -6):
        clock.instant = NOON + timedelta(minutes=minutes)
        answer = cloud.client.post(PATH, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "stale_webhook")
    assert cloud.rows(TakenSettlement) == []


def test_a_malformed_webhook_is_refused(cloud, order):
    """Genuine bytes that are no event get 400, and one about a strange order or provider 404."""
    for body in (b"", b"{", b"[]", b"\xff", b'{"event_id":"e","order":{}}', b"[" * 5000):
        answer = cloud.client.post(
            PATH, content=body, headers=stamp(cloud.config.sandbox.secret, body, cloud.config.clock)
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_webhook")
    body = encode(WebhookEvent("e", OrderStatus("no-such-order", "expired", None)))
    headers = stamp(cloud.config.sandbox.secret, body, cloud.config.clock)
    assert cloud.client.post(PATH, content=body, headers=headers).json()["code"] == "unknown_order"
    answer = cloud.client.post("/v1/payments/nobody/webhook", content=json.dumps({}))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_provider")
    assert untouched(cloud)


def test_a_wrong_amount_is_not_settled(cloud, order, tell):
    """Another amount or currency than the order's is an alert, once for each payment, and no settlement."""
    for reference, amount, currency in (("less", 999, "CNY"), ("more", 1001, "CNY"), ("other", 1000, "USD")):
        for _ in range(2):
            assert outcome(tell(order, reference, amount, currency)) == "alerted"
    assert [row.code for row in cloud.rows(CloudAlert)] == ["wrong_amount"] * 3
    assert untouched(cloud)


def test_paid_although_expired_is_settled_and_flagged(cloud, order, tell, clock):
    """Money that comes after the order expired still counts, but its old quote is not honoured."""
    clock.forward(minutes=11)
    assert outcome(tell(order, status="expired")) == "noted"
    assert outcome(tell(order)) == "settled"
    (taken,) = cloud.rows(TakenSettlement)
    assert (taken.flag, taken.quoted_at) == ("order_expired", clock.now())
    assert [row.code for row in cloud.rows(CloudAlert)] == ["order_expired"]
    assert len(cloud.rows(DeliveryRow)) == 1
    state = cloud.client.get(f"/v1/payments/{order}").json()
    assert (state["state"], state["leave_by"]) == ("paid", None)


def test_paid_although_gone_is_settled_and_flagged(cloud, open_lot, order, tell):
    """Money for a stay that has ended still counts, and somebody is told to look."""
    open_lot.release("stay-1", NOON)
    open_lot.send()
    assert outcome(tell(order)) == "settled"
    assert [row.flag for row in cloud.rows(TakenSettlement)] == ["stay_gone"]
    assert [row.code for row in cloud.rows(CloudAlert)] == ["stay_gone"]
    assert len(cloud.rows(DeliveryRow)) == 1


def test_paid_twice_is_settled_twice_and_flagged(cloud, order, tell):
    """A second payment of one order, under its own reference, is money too: recorded, and flagged for a refund."""
    assert outcome(tell(order, "ref-1")) == "settled"
    assert outcome(tell(order, "ref-2")) == "settled"
    assert {row.provider_reference: row.flag for row in cloud.rows(TakenSettlement)} == {
        "ref-1": None,
        "ref-2": "order_already_paid",
    }
    assert [row.code for row in cloud.rows(CloudAlert)] == ["order_already_paid"]


def test_two_phones_that_pay_one_stay_are_flagged(cloud, open_lot, tell):
    """When two orders of one stay are paid, the second is money too, and flagged because nothing was due."""
    orders = [open_lot.open_order(key=f"phone-000{number}").json()["order_id"] for number in (1, 2)]
    assert outcome(tell(orders[0], "ref-1")) == "settled"
    assert outcome(tell(orders[1], "ref-2")) == "settled"
    assert sorted(str(row.flag) for row in cloud.rows(TakenSettlement)) == ["None", "nothing_was_due"]
    assert [row.code for row in cloud.rows(CloudAlert)] == ["nothing_was_due"]
