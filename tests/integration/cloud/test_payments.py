"""A driver pays by phone at the sandbox provider, and the money becomes one settlement."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from running_cloud import NOON, eventually, get, press_pay

from api.config import SandboxAccount
from api.payments.sandbox_config import WebhookHabits
from api.tables import CloudAlert, DeliveryRow, PaymentOrder, TakenSettlement
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement


@pytest.fixture
def account(sandbox):
    return sandbox


def state(cloud, order):
    return cloud.client.get(f"/v1/payments/{order['order_id']}").json()


def test_a_fee_is_paid(cloud, open_lot):
    """Order, provider's page, webhook, settlement, delivery: the fee is paid once and the driver may leave."""
    order = open_lot.open_order()
    assert order.status_code == 201, order.text
    order = order.json()
    assert (order["amount"], order["currency"], order["state"]) == (1000, "CNY", "pending")
    assert order["expires_at"] == "2026-03-02T12:10:00Z"
    assert "10.00 CNY" in get(order["pay_url"]).text
    back = press_pay(order)
    assert (back.status_code, back.headers["location"]) == (303, f"{cloud.url}/pay/status/{order['order_id']}")
    eventually(lambda: cloud.rows(TakenSettlement))
    paid = state(cloud, order)
    assert (paid["state"], paid["leave_by"]) == ("paid", "2026-03-02T12:15:00Z")
    (taken,) = cloud.rows(TakenSettlement)
    assert (taken.stay_id, taken.amount_minor, taken.currency, taken.flag) == ("stay-1", 1000, "CNY", None)
    assert (taken.quoted_at, taken.settled_at) == (NOON, NOON)
    assert [row.settlement_id for row in cloud.rows(DeliveryRow)] == [taken.settlement_id]
    assert open_lot.ask_fee("沪A12345").json()["due"] == 0


def test_money_that_comes_back_up_counts_once(cloud, open_lot):
    """The settlement that the lot confirms is the one the cloud took, not a second one."""
    press_pay(open_lot.open_order().json())
    (row,) = eventually(lambda: cloud.rows(TakenSettlement))
    money = Money(row.amount_minor, row.currency)
    open_lot.settle(Settlement(row.settlement_id, "stay-1", money, row.provider, row.provider_reference, NOON, NOON))
    open_lot.send()
    fee = open_lot.ask_fee("沪A12345").json()
    assert (fee["paid"], fee["due"]) == (1000, 0)


def test_the_same_key_gets_the_same_order(cloud, open_lot, clock):
    """A repeated request gets its order again, even when the fee has grown; another plate gets 409."""
    first = open_lot.open_order().json()
    clock.forward(minutes=5)
    assert open_lot.open_order().json() == first
    other = open_lot.open_order("沪B00001")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert open_lot.open_order(key="key-0002").json()["order_id"] != first["order_id"]
    assert len(cloud.rows(PaymentOrder)) == 2


def test_the_same_key_at_the_same_time_opens_one_order(cloud, open_lot):
    """Requests that race with one key all get the one order."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: open_lot.open_order(), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    assert len({answer.json()["pay_url"] for answer in answers}) == 1


def test_what_cannot_be_paid_is_refused(cloud, open_lot):
    """Nothing due, a plate that is not inside, a missing key and an unknown order each have their code."""
    open_lot.admit("stay-2", "沪C00001", NOON - timedelta(minutes=5))
    open_lot.send()
    refusals = {
        "nothing_due": open_lot.open_order("沪C00001"),
        "plate_not_inside": open_lot.open_order("沪Z99999", "key-0002"),
        "malformed_request": cloud.client.post("/v1/lots/lot-1/payments", json={"plate": "沪A12345"}),
        "unknown_order": cloud.client.get("/v1/payments/no-such-order"),
    }
    assert {code: answer.json()["code"] for code, answer in refusals.items()} == {code: code for code in refusals}
    assert [answer.status_code for answer in refusals.values()] == [409, 404, 422, 404]
    assert cloud.rows(PaymentOrder) == []


class TestSilentProvider:
    """A provider whose webhooks never come."""

    @pytest.fixture
    def habits(self) -> WebhookHabits:
        return WebhookHabits(send=False)

    def test_a_webhook_that_never_comes_is_asked_for(self, cloud, open_lot):
        """Looking at the order asks the provider, and the money is settled as if it had told."""
        order = open_lot.open_order().json()
        assert state(cloud, order)["state"] == "pending"
        press_pay(order)
        assert state(cloud, order)["state"] == "paid"
        assert len(cloud.rows(TakenSettlement)) == len(cloud.rows(DeliveryRow)) == 1

    def test_nobody_looks_and_it_is_settled_all_the_same(self, cloud, open_lot):
        """Also when the driver has closed the page, the cloud asks by itself."""
        press_pay(open_lot.open_order().json())
        assert eventually(lambda: cloud.rows(TakenSettlement))[0].flag is None

    def test_an_order_that_nobody_pays_expires(self, cloud, open_lot, clock):
        """After its quote's time an unpaid order is expired, and the provider no longer takes money for it."""
        order = open_lot.open_order().json()
        clock.forward(minutes=11)
        assert state(cloud, order)["state"] == "expired"
        assert press_pay(order).status_code == 409
        assert cloud.rows(TakenSettlement) == cloud.rows(CloudAlert) == []


class TestDeadProvider:
    """A provider that does not answer."""

    @pytest.fixture
    def account(self) -> SandboxAccount:
        return SandboxAccount("http://127.0.0.1:9", b"a secret of this test, long enough")

    def test_a_dead_provider_is_named(self, cloud, open_lot):
        """The driver hears 502 and may try again with the same key; the order's state stays known."""
        answer = open_lot.open_order()
        assert (answer.status_code, answer.json()["code"]) == (502, "provider_failed")
        (order,) = cloud.rows(PaymentOrder)
        assert cloud.client.get(f"/v1/payments/{order.order_id}").json()["state"] == "pending"


class TestNoProvider:
    """A cloud without a payment provider."""

    @pytest.fixture
    def account(self) -> None:
        return None

    def test_without_a_provider_nothing_can_be_paid(self, open_lot):
        """The driver hears 503 and to pay at the barrier."""
        answer = open_lot.open_order()
        assert (answer.status_code, answer.json()["code"]) == (503, "payment_unavailable")
