"""A lot, its mirror, the cloud and a payment provider, each a real process, from an entry to a paid exit."""

import json
import sqlite3
import uuid
from contextlib import ExitStack, closing

import httpx2
import pytest
from cloud_process import cloud, sandbox
from little_cloud import eventually
from lot_process import LotProcess
from lot_process import write_config as write_lot_config
from openlot_command import openlot
from pixel_plates import write_picture
from sync_process import SyncProcess
from sync_process import write_config as write_sync_config

LOT = "lot-1"


class Town:
    """Every process of one lot and its cloud."""

    def __init__(self, folder, parts):
        self.folder = folder
        provider = parts.enter_context(sandbox(folder))
        cloud_config, service = cloud(folder, provider.url)
        self.cloud = parts.enter_context(service)
        self.lot = LotProcess(write_lot_config(folder))
        self.lot.start()
        parts.callback(self.lot.stop)
        key_file = folder / "made.key"
        public = openlot("sync", "keygen", "--out", key_file).out.strip()
        added = openlot("cloud", "add-lot", "--config", cloud_config, "--lot-id", LOT, "--public-key", public)
        assert added.status == 0, added.err
        config = write_sync_config(folder, LOT, key_file.read_text(), self.cloud.url, self._loopback())
        config.write_text(
            config.read_text()
            .replace('database = "lot.db"', 'database = "lot/lot.db"')
            .replace('token_file = "loopback.token"', 'token_file = "lot/loopback.token"')
        )
        self.sync = SyncProcess(config)
        parts.callback(lambda: self.sync.running and self.sync.stop())
        self.http = parts.enter_context(httpx2.Client(trust_env=False, follow_redirects=True, timeout=30))

    def _loopback(self):
        address = json.loads((self.lot.folder / "loopback.json").read_text())
        return f"http://127.0.0.1:{address['port']}"

    def picture(self, plate):
        return write_picture(self.folder / f"{plate}-{uuid.uuid4().hex}.png", plate)

    def drive_in(self, plate):
        assert self.lot.fate(self.lot.send("entry-1", [self.picture(plate)])) == "crossed"
        self.lot.until("entry-1", "idle")

    def ledger(self):
        return self.lot.get("/state")["ledger"]

    def until_mirrored(self):
        """Wait until the lot knows that the cloud has all of its ledger, then hold that both heads are equal."""
        eventually(lambda: self.ledger()["acked_seq"] == self.ledger()["seq"])
        status = openlot("sync", "status", "--json", "--config", self.sync.config)
        assert status.status == 0, status.out + status.err
        answer = json.loads(status.out)
        assert answer["lag"] == 0
        assert answer["agrees"] is True
        assert answer["cloud"] == answer["lot"] == {"seq": self.ledger()["seq"], "head": self.ledger()["head"]}

    def fee(self, plate):
        return self.http.post(f"{self.cloud.url}/v1/lots/{LOT}/fees", json={"plate": plate})

    def pay(self, plate):
        order = self.http.post(
            f"{self.cloud.url}/v1/lots/{LOT}/payments",
            json={"plate": plate},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        assert order.status_code == 201, order.text
        pay_url = order.json()["pay_url"]
        assert self.http.get(pay_url).is_success
        assert self.http.post(f"{pay_url}/confirm").is_success
        return order.json()["order_id"]

    def facts(self, kind):
        """The bodies of the lot's facts of one kind."""
        with closing(sqlite3.connect(f"file:{self.lot.folder / 'lot.db'}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT body FROM outbox WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with ExitStack() as parts:
        yield Town(tmp_path_factory.mktemp("town"), parts)


@pytest.fixture
def sync(town):
    town.sync.start()
    yield town.sync
    if town.sync.running:
        town.sync.stop()


def test_a_car_is_mirrored_paid_by_phone_and_let_out(town, sync):
    """What the lot records is in the cloud, a payment there is counted at the lot once, the exit opens, heads agree."""
    town.drive_in("AB12CD")
    town.until_mirrored()
    fee = town.fee("AB12CD")
    assert fee.status_code == 200, fee.text
    assert fee.json()["due"] == 200
    order = town.pay("AB12CD")
    eventually(lambda: town.facts("settlement_applied"))
    assert town.lot.fate(town.lot.send("exit-1", [town.picture("AB12CD")])) == "crossed"
    town.lot.until("exit-1", "idle")
    town.until_mirrored()
    (settled,) = town.facts("settlement_applied")
    assert settled["settlement"]["amount"] == {"minor": 200, "currency": "EUR"}
    assert town.facts("exit_admitted")[-1]["decision"] == "paid"
    assert town.fee("AB12CD").status_code == 404
    assert town.http.get(f"{town.cloud.url}/v1/payments/{order}").json()["state"] == "paid"


def test_a_killed_worker_and_a_payment_meanwhile_end_in_agreement(town, sync):
    """Cars that come while the worker is dead are mirrored later, and money that was taken meanwhile still arrives."""
    town.drive_in("EF34GH")
    town.until_mirrored()
    sync.kill()
    sync.reap()
    town.drive_in("IJ56KL")
    before = len(town.facts("settlement_applied"))
    order = town.pay("EF34GH")
    eventually(lambda: town.http.get(f"{town.cloud.url}/v1/payments/{order}").json()["state"] == "paid")
    assert len(town.facts("settlement_applied")) == before
    sync.start()
    eventually(lambda: len(town.facts("settlement_applied")) == before + 1)
    town.until_mirrored()
    assert town.fee("IJ56KL").status_code == 200
    assert town.fee("EF34GH").json()["due"] == 0


def test_a_car_that_is_not_inside_owes_nothing_to_anyone(town):
    """The cloud answers for a plate that the lot never read that it is not inside."""
    answer = town.fee("ZZ99ZZ")
    assert (answer.status_code, answer.json()["code"]) == (404, "plate_not_inside")
