"""Settlements on their way down: a real WebSocket, a real loopback API, the real process."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from little_cloud import TOKEN, eventually
from sync_process import Site

from cloud_sync.downlink import websocket_url
from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

AT = datetime(2026, 1, 31, 9, tzinfo=UTC)


def settlement(number, stay_id="stay-1"):
    return Settlement(f"settlement-{number}", stay_id, Money(500, "CNY"), "sandbox", f"order-{number}", AT, AT)


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as site:
        yield site


def until_acknowledged(site):
    eventually(lambda: not site.little.cloud.waiting(Site.LOT))


def test_a_settlement_reaches_the_lot_and_is_acknowledged(site):
    """What waits at the start and what comes over the held connection are both on the lot's disk once acknowledged."""
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.sync.start()
    until_acknowledged(site)
    site.little.cloud.deliver(Site.LOT, settlement(2))
    until_acknowledged(site)
    assert site.lot.settlements == {each.settlement_id: each for each in (settlement(1), settlement(2))}
    assert site.little.connections == 1


def test_a_repeated_delivery_is_acknowledged_again(site):
    """A settlement that the lot already applied is no error."""
    site.lot.settlements["settlement-1"] = settlement(1)
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.sync.start()
    until_acknowledged(site)
    eventually(lambda: site.sync.events("settlement_stored"))
    assert site.sync.events("settlement_stored")[0]["outcome"] == "already_applied"


def test_a_settlement_for_a_stay_that_the_lot_does_not_know_is_refused_loudly(site):
    """Money for an unknown stay is refused to the cloud with an alert, and what follows still arrives."""
    site.little.cloud.deliver(Site.LOT, settlement(1, stay_id="nowhere"))
    site.little.cloud.deliver(Site.LOT, settlement(2))
    site.sync.start()
    until_acknowledged(site)
    assert [each.outcome for each in site.little.answers] == ["refused", "applied"]
    eventually(lambda: site.sync.events("settlement_refused"))
    assert site.sync.events("settlement_refused")[0]["level"] == "critical"
    assert list(site.lot.settlements) == ["settlement-2"]


def test_one_settlement_that_the_lot_cannot_read_does_not_hold_up_the_others(site):
    """What the lot server makes no sense of is reported and not acknowledged, and what follows arrives."""
    site.lot.not_understood = {"settlement-1"}
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.little.cloud.deliver(Site.LOT, settlement(2))
    site.sync.start()
    eventually(lambda: len(site.little.cloud.waiting(Site.LOT)) == 1)
    assert list(site.lot.settlements) == ["settlement-2"]
    assert site.sync.events("settlement_not_understood")[0]["level"] == "critical"


def test_nothing_is_acknowledged_while_the_lot_server_is_down(site):
    """A settlement that the lot could not store stays with the cloud, and arrives once the lot is back."""
    site.lot.server.stop()
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.sync.start()
    eventually(lambda: len(site.sync.events("delivery_not_taken")) >= 2)
    assert site.little.answers == []
    site.lot.server.start()
    until_acknowledged(site)
    assert list(site.lot.settlements) == ["settlement-1"]


def test_a_token_that_the_lot_renewed_is_read_again(site, tmp_path):
    """A wrong token acknowledges nothing; once the file holds the right one, the settlement arrives."""
    (tmp_path / "loopback.token").write_text("old")
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.sync.start()
    eventually(lambda: site.sync.events("delivery_not_taken"))
    assert "unauthorized" in site.sync.events("delivery_not_taken")[0]["reason"]
    (tmp_path / "loopback.token").write_text(TOKEN)
    until_acknowledged(site)


def test_a_lost_connection_is_made_again(site):
    """After an outage of the cloud the connection comes back by itself, and what waited arrives."""
    site.sync.start()
    eventually(lambda: site.little.connections == 1)
    site.little.server.stop()
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.little.server.start()
    until_acknowledged(site)
    assert site.little.connections == 2


def test_a_kill_between_the_lots_disk_and_the_acknowledgement_repeats_the_delivery(site):
    """Killed after the lot stored a settlement, the process hands it over again, and the lot counts it once."""
    site.lot.before_answer = site.sync.kill
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.sync.start()
    site.sync.reap()
    assert len(site.little.cloud.waiting(Site.LOT)) == 1
    site.lot.before_answer = lambda: None
    site.sync.start()
    until_acknowledged(site)
    assert site.lot.handed_over == 2
    assert list(site.lot.settlements) == ["settlement-1"]


def test_a_malformed_delivery_is_loud_and_skipped(site):
    """A message that is no delivery is reported and not acknowledged, and the next one still arrives."""
    site.little.garbage = [json.dumps({"delivery_id": "x"}), "not JSON"]
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.sync.start()
    until_acknowledged(site)
    assert [line["level"] for line in site.sync.events("delivery_malformed")] == ["critical", "critical"]
    assert [each.delivery_id for each in site.little.answers] == ["settlement-1"]


def test_a_lot_that_is_not_enrolled_is_told_loudly(site):
    """A refused handshake is an alert that says to enrol the key, at the rare pace."""
    site.little.enrol(Site.LOT)
    site.sync.start()
    eventually(lambda: site.sync.events("downlink_refused"))
    assert "enrol" in site.sync.events("downlink_refused")[0]["advice"]
    assert site.little.connections == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        ("https://cloud.example/", "wss://cloud.example"),
        ("https://cloud.example/parking/", "wss://cloud.example/parking"),
    ],
)
def test_the_websocket_stands_beside_the_cloud(url, expected):
    """The downlink's address is the cloud's own with the WebSocket's scheme."""
    assert websocket_url(url) == expected


def test_a_refund_reaches_the_lot_after_its_payment(site):
    """It is handed over like a settlement, again is no error, and one of a strange payment is refused loudly."""
    back = Refund("refund-1", "settlement-1", "stay-1", Money(200, "CNY"), "sandbox", "back-1", "ann", "twice", AT)
    site.little.cloud.deliver(Site.LOT, settlement(1))
    site.little.cloud.deliver_refund(Site.LOT, back)
    site.little.cloud.deliver_refund(Site.LOT, replace(back, refund_id="refund-2", settlement_id="nothing"))
    site.sync.start()
    until_acknowledged(site)
    assert site.lot.refunds == {"refund-1": back}
    assert [each.outcome for each in site.little.answers] == ["applied", "applied", "refused"]
    eventually(lambda: site.sync.events("refund_refused"))
    assert site.sync.events("refund_refused")[0]["level"] == "critical"
