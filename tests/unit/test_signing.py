"""Signed requests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from cloud_sync.errors import BadKey, BadSignature
from cloud_sync.key_file import make_key_file, read_key_file
from cloud_sync.signing import SIGNATURE_HEADER, TIME_HEADER, new_key, public_half, sign_request, verify_request
from lot_server.domain.clock import SimulatedClock

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
PATH = "/v1/lots/demo/batches"


@dataclass(frozen=True)
class Stopped:
    """A clock that stands still and runs `speed` times as fast as the world's."""

    instant: datetime
    speed: float = 1.0
    simulated: bool = True

    def now(self):
        return self.instant

    def real(self, span):
        return span.total_seconds() / self.speed


@pytest.fixture
def keys():
    return new_key()


def test_a_signed_request_is_known(keys):
    """What the lot's key signed passes with the lot's public key."""
    private, public = keys
    verify_request(public, "POST", PATH, b"body", sign_request(private, "POST", PATH, b"body", NOW), Stopped(NOW))
    assert public_half(private) == public


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", PATH, b"body"), ("POST", "/v1/lots/other/batches", b"body"), ("POST", PATH, b"b0dy"), ("POST", PATH, b"")],
    ids=["method", "path", "body", "no body"],
)
def test_a_changed_request_is_refused(keys, method, path, body):
    """A signature holds for one method, path and body only."""
    private, public = keys
    headers = sign_request(private, "POST", PATH, b"body", NOW)
    with pytest.raises(BadSignature, match="does not fit"):
        verify_request(public, method, path, body, headers, Stopped(NOW))


def test_a_forged_request_is_refused(keys):
    """Another key's signature is not the lot's."""
    forger, _ = new_key()
    with pytest.raises(BadSignature, match="does not fit"):
        verify_request(keys[1], "POST", PATH, b"", sign_request(forger, "POST", PATH, b"", NOW), Stopped(NOW))


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_an_old_request_sent_again_is_refused(keys, late):
    """A request that is more than five minutes away from the cloud's clock, either way, is refused."""
    headers = sign_request(keys[0], "POST", PATH, b"", NOW)
    with pytest.raises(BadSignature, match="clock"):
        verify_request(keys[1], "POST", PATH, b"", headers, Stopped(NOW + late))


def test_the_time_cannot_be_changed(keys):
    """A new time on an old signature does not fit it."""
    headers = sign_request(keys[0], "POST", PATH, b"", NOW)
    headers[TIME_HEADER] = "2026-01-31T08:06:00.000000Z"
    with pytest.raises(BadSignature, match="does not fit"):
        verify_request(keys[1], "POST", PATH, b"", headers, Stopped(NOW + timedelta(minutes=6)))


@pytest.mark.parametrize(("late", "passes"), [(timedelta(hours=4), True), (timedelta(days=2), False)])
def test_a_fast_clock_leaves_the_network_its_time(keys, late, passes):
    """On a clock 300 times as fast, four of its hours are 48 real seconds: within the tolerance, unlike two days."""
    headers = sign_request(keys[0], "POST", PATH, b"", NOW)
    clock = Stopped(NOW + late, speed=300)
    if passes:
        verify_request(keys[1], "POST", PATH, b"", headers, clock)
    else:
        with pytest.raises(BadSignature):
            verify_request(keys[1], "POST", PATH, b"", headers, clock)


def test_two_processes_on_one_simulated_clock_understand_each_other(keys):
    """A request signed by a fast simulated clock passes at a server that shares it."""
    clock = SimulatedClock(NOW, 480, datetime.now(UTC))
    verify_request(keys[1], "GET", PATH, b"", sign_request(keys[0], "GET", PATH, b"", clock.now()), clock)


@pytest.mark.parametrize(
    "spoil",
    [
        {TIME_HEADER: None},
        {SIGNATURE_HEADER: None},
        {TIME_HEADER: "yesterday"},
        {TIME_HEADER: "2026-01-31T08:00:00"},
        {SIGNATURE_HEADER: "not base64!"},
        {SIGNATURE_HEADER: "c2hvcnQ="},
        {SIGNATURE_HEADER: "é"},
    ],
    ids=["no time", "no signature", "no instant", "naive time", "no base64", "too short", "no ASCII"],
)
def test_malformed_headers_are_refused(keys, spoil):
    """Headers that no lot would send are a bad signature, never a crash."""
    headers = sign_request(keys[0], "POST", PATH, b"", NOW) | spoil
    headers = {name: value for name, value in headers.items() if value is not None}
    with pytest.raises(BadSignature):
        verify_request(keys[1], "POST", PATH, b"", headers, Stopped(NOW))


def test_a_worthless_public_key_refuses_every_request(keys):
    """A key that was enrolled wrongly lets nobody in and says what to check."""
    headers = sign_request(keys[0], "POST", PATH, b"", NOW)
    with pytest.raises(BadSignature, match="key on both sides"):
        verify_request("c2hvcnQ=", "POST", PATH, b"", headers, Stopped(NOW))


def test_a_key_file_is_the_owners_alone(tmp_path):
    """The private key is written with mode 0600, comes back, and matches the public key that was printed."""
    file = tmp_path / "lot.key"
    public = make_key_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert public_half(read_key_file(file)) == public


def test_a_key_is_never_overwritten(tmp_path):
    """Making a key where one stands is refused, and the old one stays."""
    make_key_file(tmp_path / "lot.key")
    before = (tmp_path / "lot.key").read_text()
    with pytest.raises(BadKey, match="exists"):
        make_key_file(tmp_path / "lot.key")
    assert (tmp_path / "lot.key").read_text() == before


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [(None, 0, "keygen"), ("hello", 0o600, "keygen"), ("c2hvcnQ=", 0o600, "keygen"), ("é", 0o600, "keygen")],
    ids=["missing", "no base64", "too short", "no ASCII"],
)
def test_a_worthless_key_file_is_refused(tmp_path, content, mode, says):
    """A file that holds no key says how to make one."""
    file = tmp_path / "lot.key"
    if content is not None:
        file.write_text(content, encoding="utf-8")
        file.chmod(mode)
    with pytest.raises(BadKey, match=says):
        read_key_file(file)


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    """A key that other users may have read is not used."""
    make_key_file(tmp_path / "lot.key")
    (tmp_path / "lot.key").chmod(0o644)
    with pytest.raises(BadKey, match="chmod 600"):
        read_key_file(tmp_path / "lot.key")
