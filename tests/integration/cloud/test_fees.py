"""The fee by plate: priced now, by the lot's own rules, without telling more than was asked."""

from datetime import timedelta

import pytest
from running_cloud import NOON

from api.config import Limits
from api.tables import FeeQuery
from lot_server.domain import events
from lot_server.domain.money import Money
from lot_server.domain.stay import Pass, Settlement


def test_a_fee_is_priced_now(open_lot, clock):
    """The fee is what the stay owes at this moment, with the steps that led there."""
    answer = open_lot.ask_fee("沪A12345")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "stay_id": "stay-1",
        "plate": "沪A12345",
        "entered_at": "2026-03-02T10:00:00Z",
        "at": "2026-03-02T12:00:00Z",
        "currency": "CNY",
        "gross": 1000,
        "paid": 0,
        "due": 1000,
        "overpaid": 0,
        "honoured_until": "2026-03-02T12:10:00Z",
        "leave_by": None,
        "tariff_version": 1,
        "steps": [
            {
                "kind": "blocks",
                "day": 0,
                "count": 2,
                "unit_minutes": 60,
                "unit_price": 500,
                "amount": 1000,
                "name": None,
                "starts_at": "2026-03-02T10:00:00Z",
                "ends_at": "2026-03-02T12:00:00Z",
                "percent": 0,
            },
        ],
    }
    clock.forward(minutes=1)
    assert open_lot.ask_fee("沪A12345").json()["due"] == 1500


@pytest.mark.parametrize("spelling", ["沪a·12345", " 沪A 12345 ", "沪Ａ－１２３４５"])
def test_any_spelling_of_a_plate_will_do(open_lot, spelling):
    """Case, separators and full-width characters make no difference."""
    assert open_lot.ask_fee(spelling).json()["stay_id"] == "stay-1"


def test_a_ticket_finds_its_stay(open_lot):
    """A vehicle without a readable plate is found by the number of its ticket."""
    open_lot.admit("stay-2", None, NOON - timedelta(minutes=10), ticket_id="K7M2Q9XWAB", decision="ticket")
    open_lot.send()
    answer = open_lot.ask_fee("k7m2-q9xw-ab").json()
    assert (answer["stay_id"], answer["due"]) == ("stay-2", 0)


def test_a_plate_that_is_not_inside_is_not_found(cloud, open_lot):
    """A plate that never came, only intended to, has left, or is in another lot gets 404 plate_not_inside."""
    other = cloud.enrol("lot-2")
    other.describe()
    other.send()
    open_lot.release("stay-1", NOON)
    open_lot.send()
    for lot, plate in ((open_lot, "沪Z99999"), (open_lot, "沪A12345"), (other, "沪A12345")):
        answer = lot.ask_fee(plate)
        assert (answer.status_code, answer.json()["code"]) == (404, "plate_not_inside")
        assert "plate" in answer.json()["message"]


def test_wrong_questions_are_refused(cloud, open_lot):
    """No plate, no JSON, an unknown field, an unknown lot: each has its status and code."""
    assert open_lot.ask_fee("!?").json()["code"] == "bad_plate"
    assert open_lot.ask_fee("!?").status_code == 422
    assert open_lot.ask_fee("").status_code == 422
    path = "/v1/lots/lot-1/fees"
    for body in (b"{", b"[]", b'{"plate":7}', b'{"plate":"A1","x":1}'):
        answer = cloud.client.post(path, content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    for lot_id in ("lot-9", "%00"):
        answer = cloud.client.post(f"/v1/lots/{lot_id}/fees", json={"plate": "沪A12345"})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_lot")
    assert cloud.client.get(path).json()["code"] == "method_not_allowed"
    answer = cloud.client.post(path, content=b" " * 70_000, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_settlement_counts_once(open_lot, clock):
    """Money taken at the lot lowers what is due, and opens the grace to leave."""
    taken = Settlement("set-1", "stay-1", Money(1000, "CNY"), "terminal", "t-1", NOON, NOON)
    open_lot.settle(taken)
    open_lot.send()
    answer = open_lot.ask_fee("沪A12345").json()
    assert (answer["gross"], answer["paid"], answer["due"]) == (1000, 1000, 0)
    assert answer["leave_by"] == "2026-03-02T12:15:00Z"
    clock.forward(minutes=16)
    assert open_lot.ask_fee("沪A12345").json()["due"] == 500


def test_a_pass_makes_a_stay_free(open_lot):
    """A stay with a pass owes nothing, whether the pass was known at its entry or the lot has said so since."""
    day = timedelta(days=1)
    open_lot.grant(Pass("pass-1", "沪B00001", "monthly", NOON - day, NOON + day))
    open_lot.grant(Pass("pass-2", "沪A12345", "staff", NOON - day, NOON + day))
    open_lot.admit("stay-2", "沪B00001", NOON - timedelta(hours=5), pass_id="pass-1", decision="pass")
    open_lot.record(events.TermsChanged("stay-1", "pass-2", None, None, False))
    open_lot.send()
    for plate in ("沪B00001", "沪A12345"):
        answer = open_lot.ask_fee(plate).json()
        assert (answer["due"], answer["steps"][0]["kind"]) == (0, "pass")


def test_a_stay_without_its_tariff_has_no_fee(lot):
    """Where the lot has not sent the stay's tariff the fee is refused, not guessed."""
    lot.describe()
    lot.admit("stay-1", "沪A12345", NOON - timedelta(hours=2))
    lot.send()
    answer = lot.ask_fee("沪A12345")
    assert (answer.status_code, answer.json()["code"]) == (409, "fee_unknown")


def test_every_question_leaves_a_trace_without_the_plate(cloud, open_lot):
    """A row says from which network was asked and how it went, and nowhere which plate."""
    open_lot.ask_fee("沪A12345")
    open_lot.ask_fee("沪Z99999")
    rows = cloud.rows(FeeQuery)
    assert sorted(row.outcome for row in rows) == ["plate_not_inside", "priced"]
    assert {row.network for row in rows} == {"127.0.0.0/24"}
    assert not any("A12345" in str(row) or "Z99999" in str(row) for row in rows)


class TestLimits:
    """Guessing plates is slow."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(fee_per_minute=3, plate_per_minute=2)

    def test_an_address_may_not_ask_too_often(self, open_lot, clock):
        """The question beyond the limit gets 429 and says when to come back; then it is answered."""
        for number in range(3):
            assert open_lot.ask_fee(f"沪Z0000{number}").status_code == 404
        answer = open_lot.ask_fee("沪A12345")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert answer.headers["retry-after"] == "20"
        clock.forward(seconds=20)
        assert open_lot.ask_fee("沪A12345").status_code == 200

    def test_a_plate_may_not_be_asked_too_often(self, open_lot):
        """The limit for one plate holds for every spelling of it."""
        assert [open_lot.ask_fee(each).status_code for each in ("沪A12345", "沪a 12345", "沪A·12345")] == [
            200,
            200,
            429,
        ]
