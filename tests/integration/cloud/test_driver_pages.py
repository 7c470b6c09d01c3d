"""What a driver sees on a phone: every step works as plain HTML, in two languages, and runs nothing foreign."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from running_cloud import NOON, eventually, get, post

from api.config import Limits, SandboxAccount
from api.tables import PaymentOrder, TakenSettlement
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement

FIELD = re.compile(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"')


@pytest.fixture
def database_url(tmp_path):
    """One database will do: the pages ask what the API's tests ask on both."""
    return f"sqlite+aiosqlite:///{tmp_path / 'cloud.db'}"


@pytest.fixture
def account(sandbox):
    return sandbox


def fields(page):
    """The form of a page, as a browser would send it."""
    return {name: html.unescape(value) for name, value in FIELD.findall(page.text)}


def ask(cloud, plate="沪A12345", **headers):
    return cloud.client.post("/pay", data={"lot": "lot-1", "plate": plate}, headers=headers)


def test_a_driver_pays_from_the_list_to_the_exit(cloud, open_lot):
    """Lot, plate, fee with its steps, provider's page, and back to `leave by`: all of it without a script."""
    lots = cloud.client.get("/?latitude=31.2&longitude=121.5")
    assert lots.status_code == 200
    assert "人民广场 P1" in lots.text
    assert "/pay?lot=lot-1" in lots.text
    form = fields(cloud.client.get("/pay?lot=lot-1"))
    assert form == {"lot": "lot-1", "plate": ""}
    fee = cloud.client.post("/pay", data={**form, "plate": "沪a 12345"})
    assert "¥10.00" in fee.text
    assert "2 × 1 h at ¥5.00" in fee.text
    assert "Inside since 18:00 · 2 h 0 min" in fee.text  # in the lot's own time
    to_provider = cloud.client.post("/pay/order", data=fields(fee))
    assert to_provider.status_code == 303
    provider = to_provider.headers["location"]
    back = post(f"{provider}/confirm").headers["location"]
    status = eventually(lambda: (page := cloud.client.get(back)) and "Leave by" in page.text and page)
    assert "Leave by 20:15" in status.text
    assert 'http-equiv="refresh"' not in status.text
    assert len(cloud.rows(TakenSettlement)) == 1
    assert "Nothing to pay" in ask(cloud).text


def test_what_has_grown_since_a_payment_is_explained(cloud, open_lot, clock):
    """Once the time to leave is over the page says what was paid, when that ended, and what is due now."""
    paid = Settlement("s1", "stay-1", Money(1000, "CNY"), "cash", "c1", NOON, NOON)
    open_lot.settle(paid)
    open_lot.send()
    clock.forward(minutes=16)
    page = ask(cloud).text
    assert "You paid ¥10.00, and the time to leave is over." in page
    assert "The 15 min to leave after paying ended at 20:15" in page
    assert "To pay now" in page
    assert "付款后15 分钟的离场时间已于 20:15 结束" in ask(cloud, **{"accept-language": "zh"}).text
    open_lot.settle(replace(paid, settlement_id="s2", provider_reference="c2"))
    open_lot.send()
    assert "You paid ¥5.00 too much." in ask(cloud).text


def test_the_status_page_waits_and_then_decides(cloud, open_lot, clock):
    """A pending payment's page reloads itself; an expired one, and one whose grace is over, lead back to the fee."""
    order = cloud.client.post("/pay/order", data=fields(ask(cloud))).headers["location"]
    (row,) = cloud.rows(PaymentOrder)
    path = f"/pay/status/{row.order_id}"
    pending = cloud.client.get(path)
    assert 'http-equiv="refresh"' in pending.text
    assert order in pending.text
    post(f"{order}/confirm")
    eventually(lambda: "Leave by" in cloud.client.get(path).text)
    clock.forward(minutes=16)
    assert "time to leave is over" in cloud.client.get(path).text
    open_lot.release("stay-1", clock.now())
    open_lot.send()
    assert "This stay is paid" in cloud.client.get(path).text
    open_lot.admit("stay-2", "沪B00001", clock.now() - timedelta(hours=1))
    open_lot.send()
    cloud.client.post("/pay/order", data=fields(ask(cloud, "沪B00001")))
    unpaid = next(row for row in cloud.rows(PaymentOrder) if row.stay_id == "stay-2")
    clock.forward(minutes=11)
    assert "Payment expired" in cloud.client.get(f"/pay/status/{unpaid.order_id}").text


def test_pressing_pay_twice_opens_one_order(cloud, open_lot):
    """The form's own key makes a second press lead to the same page."""
    form = fields(ask(cloud))
    first, second = (cloud.client.post("/pay/order", data=form).headers["location"] for _ in range(2))
    assert first == second
    assert len(cloud.rows(PaymentOrder)) == 1


def test_pages_speak_two_languages(cloud, open_lot):
    """The browser's language counts, a choice counts more and is remembered."""
    assert "Pay for parking" in cloud.client.get("/pay?lot=lot-1").text
    chinese = cloud.client.get("/pay?lot=lot-1", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert "车牌号" in chinese.text
    assert '<html lang="zh-CN">' in chinese.text
    assert "3 × 1 小时" not in chinese.text
    assert "2 × 1 小时，每段 ¥5.00" in ask(cloud, **{"accept-language": "zh"}).text
    chosen = cloud.client.get("/pay?lot=lot-1&lang=zh")
    assert "lang=zh" in chosen.headers["set-cookie"]
    assert "lot=lot-1&amp;lang=en" in chosen.text
    assert "车牌号" in cloud.client.get("/pay?lot=lot-1").text


def test_what_goes_wrong_is_said_in_words(cloud, open_lot):
    """Each refusal keeps its status and says in the driver's language what to do."""
    cases = {
        "No vehicle with this plate": (404, ask(cloud, "沪Z99999")),
        "does not look like a plate": (422, ask(cloud, "!?")),
        "no such car park": (404, cloud.client.get("/pay?lot=nowhere")),
        "not known here": (404, cloud.client.get("/pay/status/nothing")),
        "something incomplete": (422, cloud.client.post("/pay", data={"lot": "lot-1"})),
        "no position": (422, cloud.client.get("/?latitude=nan&longitude=0")),
        "No car park within 20 km": (200, cloud.client.get("/?latitude=0&longitude=0")),
    }
    for words, (status, page) in cases.items():
        assert (page.status_code, words in page.text) == (status, True), page.text
        assert page.headers["content-type"].startswith("text/html")
    assert fields(ask(cloud, "沪Z99999"))["plate"] == "沪Z99999"
    open_lot.admit("stay-2", "沪B00001", NOON)
    open_lot.send()
    free = ask(cloud, "沪B00001")
    assert "Up to 15 min free" in free.text
    nothing = cloud.client.post("/pay/order", data={"lot": "lot-1", "plate": "沪B00001", "key": "12345678"})
    assert (nothing.status_code, nothing.headers["content-type"]) == (409, "text/html; charset=utf-8")


def test_pages_run_nothing_foreign(cloud, lot, sandbox):
    """What a lot or a driver writes is text, never markup, and the headers allow only the pages' own files."""
    lot.describe(name="<script>alert(1)</script>")
    lot.publish()
    lot.send()
    for page in (
        cloud.client.get("/"),
        cloud.client.get("/pay?lot=lot-1"),
        cloud.client.post("/pay", data={"lot": "lot-1", "plate": '"><img src=x>'}),
        cloud.client.get("/pay/status/%3Cscript%3E"),
    ):
        assert "<script>" not in page.text
        assert "<img src=x" not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert f"form-action 'self' {sandbox.url};" in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert " style=" not in page.text
    for name in ("driver.css", "locate.js", "icon.svg"):
        assert cloud.client.get(f"/static/{name}").status_code == 200
    assert cloud.client.get("/static/../main.py").status_code == 404


def test_a_simulated_clock_is_shown_on_every_page(cloud, open_lot, clock):
    """Where the time is not the world's, each page says so, the provider's too; otherwise none does."""
    order = cloud.client.post("/pay/order", data=fields(ask(cloud))).headers["location"]
    (row,) = cloud.rows(PaymentOrder)

    def pages():
        paths = ("/", "/pay?lot=lot-1", "/pay?lot=nowhere", f"/pay/status/{row.order_id}")
        return [ask(cloud), get(order), *(cloud.client.get(path) for path in paths)]

    assert not any("Simulated clock" in page.text for page in pages())
    clock.simulated = True
    assert all("Simulated clock" in page.text for page in pages())
    assert cloud.client.get("/healthz").json() == {
        "status": "ok",
        "now": "2026-03-02T12:00:00.000000Z",
        "simulated": True,
    }


class TestLimits:
    """The page is limited as the API is."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(fee_per_minute=1, plate_per_minute=1)

    def test_asking_too_often_is_said_in_words(self, cloud, open_lot):
        """The page beyond the limit says how long to wait."""
        assert ask(cloud).status_code == 200
        page = ask(cloud)
        assert (page.status_code, page.headers["retry-after"]) == (429, "60")
        assert "Wait 60 seconds" in page.text


class TestDeadProvider:
    """A provider that does not answer."""

    @pytest.fixture
    def account(self) -> SandboxAccount:
        return SandboxAccount("http://127.0.0.1:9", b"a secret of this test, long enough")

    def test_a_dead_provider_is_said_in_words(self, cloud, open_lot):
        """The driver learns that nothing was taken and how to try again."""
        page = cloud.client.post("/pay/order", data=fields(ask(cloud)))
        assert page.status_code == 502
        assert "Nothing was taken" in page.text
        assert "/pay?lot=lot-1" in page.text
