"""The sync process as a lot runs it: real files, real HTTP, real signals."""

import random
import time

import pytest
from little_cloud import eventually
from openlot_command import openlot
from sync_process import Site

from cloud_sync.watermark import WatermarkStore
from cloud_sync.wire import Refusal


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as site:
        yield site


def test_rows_are_mirrored_as_they_come_and_the_lot_is_told(site):
    """What is there at the start and what is recorded later both arrive, the lot hears of it, SIGTERM ends it."""
    site.file.add(50)
    site.sync.start()
    site.until_mirrored()
    site.file.add(3)
    site.until_mirrored()
    eventually(lambda: site.lot.acks and site.lot.acks[-1] == 53)
    assert site.sync.stop() == 0
    assert not [line for line in site.sync.log if line["level"] == "critical"]


def test_the_log_holds_no_secrets(site, tmp_path):
    """Neither the key, nor the token, nor what an envelope says is ever logged."""
    site.file.add(3, text="a private matter")
    site.little.faults.append("500")
    site.sync.start()
    site.until_mirrored()
    site.sync.stop()
    log = (tmp_path / "sync.log").read_text()
    assert '"event": "applied"' in log
    for secret in (site.key, "a-token-of-this-test", "a private matter", "openlot-signature", "Bearer"):
        assert secret not in log


def test_an_outage_is_ridden_out(site):
    """While the cloud is away rows wait in the outbox; once it is back all of them arrive without a restart."""
    site.file.add(5)
    site.sync.start()
    site.until_mirrored()
    site.little.server.stop()
    site.file.add(70)
    eventually(lambda: len(site.sync.events("uplink_unavailable")) >= 3)
    site.little.server.start()
    site.until_mirrored()


def test_a_bad_day_of_the_cloud_loses_nothing(site):
    """Errors, late and lost answers in any mix end with every row applied once."""
    draw = random.Random(7)
    site.little.faults.extend(draw.choice([None, "500", "lost", "slow"]) for _ in range(12))
    site.file.add(100)
    site.sync.start()
    site.until_mirrored()


def test_a_lot_server_that_is_down_does_not_hold_up_the_mirror(site):
    """Rows go up while the loopback is silent, and the lot is told the newest position once it is back."""
    site.lot.server.stop()
    site.file.add(30)
    site.sync.start()
    site.until_mirrored()
    eventually(lambda: site.sync.events("lot_not_told"))
    site.lot.server.start()
    eventually(lambda: site.lot.acks == [30])


def test_a_database_that_comes_later_is_found(site, tmp_path):
    """The process may start before the lot's database exists."""
    (tmp_path / "lot.db").rename(tmp_path / "hidden.db")
    site.sync.start()
    eventually(lambda: site.sync.events("outbox_unavailable"))
    (tmp_path / "hidden.db").rename(tmp_path / "lot.db")
    site.file.add(4)
    site.until_mirrored()


def test_kills_at_any_point_lose_and_repeat_nothing(site):
    """Killed before the cloud applies, before it answers, or at random, the process goes on and rows apply once."""
    draw = random.Random(11)
    site.file.add(100)
    for moment in ("before", "after", "before", "after"):
        site.little.faults.extend([None] * draw.randrange(2))
        site.little.faults.append((moment, lambda: site.sync.kill()))
        site.sync.start()
        site.sync.reap()
        site.file.add(draw.randrange(1, 60))
    for _ in range(4):
        site.sync.start()
        site.file.add(draw.randrange(40, 120))
        time.sleep(draw.random() * 0.15)
        site.sync.kill()
        site.sync.reap()
    site.sync.start()
    site.until_mirrored()
    eventually(lambda: site.lot.acks and site.lot.acks[-1] == site.file.head[0])


def test_a_tampered_row_is_refused_loudly_and_status_says_so(site, tmp_path):
    """A changed row stops the mirror with an alert, nothing of it is sent, and `status` fails with the reason."""
    site.file.add(5)
    site.sync.start()
    site.until_mirrored()
    site.sync.stop()
    site.file.add(5)
    site.file.connection.execute("UPDATE outbox SET body = replace(body, 'look', 'away') WHERE seq = 8")
    site.sync.start()
    eventually(lambda: site.sync.events("mirroring_stopped"))
    assert site.sync.events("mirroring_stopped")[0]["level"] == "critical"
    assert site.sync.events("mirroring_stopped")[0]["code"] == "broken_chain"
    status = openlot("sync", "status", "--config", tmp_path / "sync.toml")
    assert status.status == 1
    assert "broken_chain" in status.out
    assert len(site.applied) == 5


def test_a_fork_is_asked_about_rarely_and_mends_itself_once_the_cloud_agrees(site):
    """A fork stops the mirror, is asked about at the rare pace only, and ends without a restart when it is resolved."""
    site.little.faults.extend([(Refusal("ledger_fork", "compare ledgers"), None)] * 2)
    site.file.add(3)
    site.sync.start()
    site.until_mirrored()
    assert len(site.sync.events("mirroring_stopped")) == 2
    assert site.little.posts == 3


def test_status_shows_both_heads_and_agrees(site, tmp_path):
    """`status` compares both sides, shows how far behind the cloud is, and succeeds where they agree."""
    site.file.add(5)
    site.sync.start()
    site.until_mirrored()
    eventually(lambda: _position(tmp_path) == 5)
    site.sync.stop()
    site.file.add(2)
    status = openlot("sync", "status", "--config", tmp_path / "sync.toml")
    assert status.status == 0, status.out + status.err
    assert "lag        2" in status.out
    assert site.file.head[1] in status.out
    assert site.little.cloud.envelopes("demo")[-1].hash in status.out
    assert "agree" in status.out


def test_status_says_what_cannot_be_reached(site, tmp_path):
    """Without a cloud, `status` shows the lot's side, says what is unknown, and fails."""
    site.file.add(5)
    site.little.server.stop()
    status = openlot("sync", "status", "--config", tmp_path / "sync.toml")
    site.little.server.start()
    assert status.status == 1
    assert "does not answer" in status.out
    assert "seq 5" in status.out


def test_a_key_that_others_can_read_is_not_used(site, tmp_path):
    """The process refuses to start with a private key that is open to other users, and says what to do."""
    (tmp_path / "lot.key").chmod(0o644)
    refused = openlot("sync", "serve", "--config", tmp_path / "sync.toml")
    assert refused.status == 1
    assert "chmod 600" in refused.err
    assert "Traceback" not in refused.err


def test_another_lots_database_ends_the_process(site, tmp_path):
    """A configuration that names another lot's database ends the process with one line that says so."""
    site.file.connection.execute("UPDATE ledger SET lot_id = 'other'")
    refused = openlot("sync", "serve", "--config", tmp_path / "sync.toml")
    assert refused.status == 1
    assert "belongs to lot 'other'" in refused.err
    assert "Traceback" not in refused.err


def _position(folder):
    store = WatermarkStore(folder / "watermark.db", "demo")
    position = store.position()
    store.close()
    return position and position.applied_seq
