"""The sandbox provider behaves as real ones do: one button, and webhooks that repeat, reorder and retry."""

from collections import Counter
from datetime import timedelta

import pytest
from fastapi import FastAPI, Request, Response
from running_cloud import NOON, eventually, get, post, running

from api.config import Server
from api.payments.sandbox_config import WebhookHabits
from api.payments.sandbox_messages import (
    ASK_PATH,
    OPEN_PATH,
    AskOrder,
    OpenOrder,
    OrderStatus,
    PayPage,
    WebhookEvent,
    decode,
    encode,
)
from api.payments.stamp import check, stamp
from api.serving import bind
from lot_server.domain.money import Money

RETURN = "http://127.0.0.1:1/back"


class Merchant:
    """Takes webhooks, and refuses the first ones of each."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.seen = refusals, []
        self.app = FastAPI()
        self.app.post("/notify")(self.take)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.seen.append((dict(request.headers), body))
        return Response(status_code=500 if len(self.seen) <= self.refusals else 200)

    def events(self) -> list[WebhookEvent]:
        return [decode(WebhookEvent, body) for _, body in self.seen]


@pytest.fixture
def refusals() -> int:
    return 0


@pytest.fixture
def merchant(refusals):
    merchant = Merchant(refusals)
    with running(merchant.app, bind(Server(port=0))) as url:
        merchant.url = f"{url}/notify"
        yield merchant


@pytest.fixture
def ask(sandbox, clock):
    """Send the sandbox a stamped message."""

    def send(path, message):
        body = encode(message)
        return post(sandbox.url + path, content=body, headers=stamp(sandbox.secret, body, clock))

    return send


@pytest.fixture
def terms(merchant):
    return OpenOrder("order-1", Money(1250, "CNY"), "P1", NOON + timedelta(minutes=10), RETURN, merchant.url)


@pytest.fixture
def page(ask, terms):
    return decode(PayPage, ask(OPEN_PATH, terms).content).pay_url


def test_an_order_is_opened_once(ask, terms, page):
    """The same terms get the same page again; other terms under the same id are refused."""
    assert decode(PayPage, ask(OPEN_PATH, terms).content).pay_url == page
    other = OpenOrder("order-1", Money(1, "CNY"), "P1", terms.expires_at, RETURN, terms.notify_url)
    assert ask(OPEN_PATH, other).json()["code"] == "order_changed"


def test_only_stamped_requests_count(sandbox, clock, terms):
    """Without the shared secret, or with an old stamp, nothing is opened or told."""
    body = encode(terms)
    old = stamp(sandbox.secret, body, clock)
    clock.forward(minutes=6)
    for headers, code in (({}, "forged_webhook"), (old, "stale_webhook")):
        for path in (OPEN_PATH, ASK_PATH):
            answer = post(sandbox.url + path, content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_malformed_and_unknown_orders_are_refused(sandbox, clock, ask):
    """A stamped body of another shape gets 422, an unknown order or page 404."""
    for path in (OPEN_PATH, ASK_PATH):
        answer = post(sandbox.url + path, content=b"{", headers=stamp(sandbox.secret, b"{", clock))
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    assert ask(ASK_PATH, AskOrder("nobody")).json()["code"] == "unknown_order"
    assert get(f"{sandbox.url}/pay/nothing").json()["code"] == "unknown_page"


def test_the_button_pays_once(ask, page, merchant):
    """Pressing the button twice takes one payment, leads back both times, and is told of one payment."""
    assert "12.50 CNY" in get(page).text
    first, second = post(f"{page}/confirm"), post(f"{page}/confirm")
    assert [first.headers["location"], second.headers["location"]] == [RETURN, RETURN]
    status = decode(OrderStatus, ask(ASK_PATH, AskOrder("order-1")).content)
    assert (status.state, status.payment.amount, status.payment.paid_at) == ("paid", Money(1250, "CNY"), NOON)
    paid = eventually(lambda: [each for each in merchant.events() if each.order.state == "paid"])
    assert {each.order.payment.reference for each in paid} == {status.payment.reference}
    assert "Paid" in get(page).text


def test_an_expired_order_cannot_be_paid(ask, page, clock):
    """After its time an order is expired, and its page says so instead of showing the button."""
    clock.forward(minutes=11)
    assert decode(OrderStatus, ask(ASK_PATH, AskOrder("order-1")).content).state == "expired"
    answer = post(f"{page}/confirm")
    assert answer.status_code == 409
    assert "expired" in answer.text
    assert "<button" not in answer.text


class TestHabits:
    """How webhooks come."""

    @pytest.fixture
    def habits(self) -> WebhookHabits:
        return WebhookHabits(repeats=3, delay_s=0.2, seed=3)

    def test_webhooks_repeat_and_come_out_of_order(self, page, merchant, sandbox, clock):
        """Each event comes as often as configured, stamped each time, and `open` may come after `paid`."""
        get(page)
        post(f"{page}/confirm")
        eventually(lambda: len(merchant.seen) == 8)
        for headers, body in merchant.seen:
            check(sandbox.secret, body, headers, clock)
        assert set(Counter(each.event_id for each in merchant.events()).values()) == {4}
        states = [each.order.state for each in merchant.events()]
        assert "open" in states[states.index("paid") :]


class TestRetries:
    """A merchant that does not take the webhook at first."""

    @pytest.fixture
    def habits(self) -> WebhookHabits:
        return WebhookHabits(repeats=0, delay_s=0, retry_s=0.01)

    @pytest.fixture
    def refusals(self) -> int:
        return 3

    def test_a_refused_webhook_comes_again(self, page, merchant):
        """The same event is sent until it is taken, and then no more."""
        post(f"{page}/confirm")
        eventually(lambda: len(merchant.seen) == 4)
        assert len({each.event_id for each in merchant.events()}) == 1
