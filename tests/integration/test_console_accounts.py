"""Who gets into the operator console, over real HTTP: accounts, sign-ins, forms, roles, and what it tells browsers."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from console_client import CONSOLE, PASSWORD, ConsoleClient, add_account, console_port, person
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lot_process import LotProcess, write_config

import openlot
from lot_server.config import load_config
from lot_server.domain.audit import AuditEntry
from lot_server.errors import BadConfig
from lot_server.store.look import ReadStore

PATHS = (
    "/",
    "/events",
    "/stays",
    "/stays/x",
    "/lanes/exit-1/stays/x",
    "/alerts",
    "/day",
    "/day/hours.csv",
    "/day/stays.csv",
    "/facts",
    "/facts/tariffs/1",
    "/trail",
    "/password",
    "/photos/" + "0" * 64,
)
FORMS = (
    "/lanes/entry-1/open",
    "/lanes/exit-1/resolve",
    "/lanes/exit-1/payment",
    "/stays/x/plate",
    "/stays/x/ticket",
    "/alerts/x/resolve",
    "/facts",
    "/facts/tariffs/1",
    "/password",
    "/sign-out",
)


@pytest.fixture(scope="module")
def lot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path_factory.mktemp("accounts"), more=CONSOLE))
    process.start()
    yield process
    assert process.stop() == 0
    assert "Traceback" not in process.log()


@pytest.fixture
def fresh_lot(tmp_path: Path) -> Iterator[LotProcess]:
    """A lot of a test's own: its failed sign-ins are nobody else's."""
    process = LotProcess(write_config(tmp_path, more=CONSOLE))
    process.start()
    yield process
    assert process.stop() == 0


def trail(lot: LotProcess) -> list[AuditEntry]:
    """The lot's audit trail, newest first."""
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        return look.versions.trail(1000)


def test_nobody_sees_a_page_without_signing_in(lot: LotProcess) -> None:
    """Each page leads to the sign-in, which leads back, and each form is refused."""
    client = ConsoleClient(lot)
    for path in PATHS:
        answer = client.http.get(path, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?then=%2F")
    for path in FORMS:
        assert client.http.post(path, data={"form_token": "x"}).status_code == 401
    client.close()


def test_a_sign_in_leads_nowhere_else(lot: LotProcess) -> None:
    """The page to go on to is one of the console's own, whatever the link says."""
    client = ConsoleClient(lot)
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org", "stays"):
        page = client.http.get("/sign-in", params={"then": elsewhere})
        assert 'name="then" value="/"' in page.text
    client.close()


def test_a_one_time_password_is_good_for_choosing_another(lot: LotProcess) -> None:
    """It opens no page but the one to choose a password, and nothing once that was done."""
    one_time = add_account(lot, "bea", "viewer")
    client = ConsoleClient(lot)
    assert client.try_to_sign_in("bea", one_time).url.path == "/password"
    assert client.get("/stays").url.path == "/password"
    for new, again in (("short", "short"), ("long enough 1", "long enough 2"), ("bea-bea-bea", "bea-bea-bea")):
        assert client.post("/password", old=one_time, new=new, again=again).status_code == 422
    assert client.post("/password", old="wrong", new=PASSWORD, again=PASSWORD).status_code == 401
    assert client.post("/password", old=one_time, new=PASSWORD, again=PASSWORD).url.path == "/"
    assert client.get("/stays").status_code == 200
    other = ConsoleClient(lot)
    assert other.try_to_sign_in("bea", one_time).status_code == 401
    assert other.try_to_sign_in("bea", PASSWORD).url.path == "/"
    client.close()
    other.close()


def test_refusals_do_not_tell_which_accounts_there_are(fresh_lot: LotProcess) -> None:
    """A wrong password and an unknown account are answered alike, and what was typed as a name is kept nowhere."""
    add_account(fresh_lot, "ann", "viewer")
    client = ConsoleClient(fresh_lot)
    known, unknown = client.try_to_sign_in("ann", "wrong"), client.try_to_sign_in("hunter2", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert [entry.actor for entry in trail(fresh_lot) if entry.action == "refuse_sign_in"] == ["unknown account", "ann"]
    client.close()


def test_who_fails_too_often_has_to_wait(fresh_lot: LotProcess) -> None:
    """After some failures an account is locked for a while, which the answer names."""
    add_account(fresh_lot, "ann", "viewer")
    client = ConsoleClient(fresh_lot)
    for _ in range(20):
        answer = client.try_to_sign_in("ann", "wrong")
        if answer.status_code == 429:
            break
        assert answer.status_code == 401
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    client.close()


def test_forms_from_elsewhere_do_nothing(lot: LotProcess) -> None:
    """A form without this browser's token, or with that of another one, is refused."""
    client, other = person(lot, "cas", "operator"), person(lot, "dan", "operator")
    for token in ("", "0" * 64, other.token, "é"):
        answer = client.post("/lanes/entry-1/open", token=token, reason="other", note="x", passage_id="")
        assert answer.status_code == 403
    before = ConsoleClient(lot)
    before.get("/sign-in")
    assert before.post("/sign-in", token=other.token, name="cas", password=PASSWORD).status_code == 403
    assert not [entry for entry in trail(lot) if entry.action == "open_lane"]
    for each in (client, other, before):
        each.close()


@pytest.mark.parametrize(
    ("role", "forbidden_pages", "forbidden_forms"),
    [
        ("viewer", ("/day/stays.csv", "/trail", "/lanes/exit-1/stays/x"), FORMS[:8]),
        ("operator", ("/trail",), FORMS[6:8]),
    ],
)
def test_roles_bound_what_an_account_may_do(
    lot: LotProcess, role: str, forbidden_pages: tuple[str, ...], forbidden_forms: tuple[str, ...]
) -> None:
    """A viewer can order nothing and take no list of plates; an operator cannot change the lot."""
    client = person(lot, f"some-{role}", role)
    for path in forbidden_pages:
        assert client.get(path).status_code == 403
    for path in forbidden_forms:
        assert client.post(path, reason="other", note="x").status_code == 403
    assert ("/lanes/entry-1/open" in client.get("/").text) == (role != "viewer")
    assert 'name="spaces"' not in client.get("/facts").text
    client.close()


def test_a_secret_is_new_at_each_sign_in_and_ends_with_it(lot: LotProcess) -> None:
    """Cookies from before a sign-in, after its end, and made-up ones open nothing."""
    client = person(lot, "eva", "viewer")
    (first,) = [cookie.value for cookie in client.http.cookies.jar if cookie.name == "openlot-lot-1"]
    client.try_to_sign_in("eva", PASSWORD)
    (second,) = [cookie.value for cookie in client.http.cookies.jar if cookie.name == "openlot-lot-1"]
    assert first != second
    client.get("/")
    assert client.post("/sign-out").url.path == "/sign-in"
    address = f"http://127.0.0.1:{client.port}/"
    for secret in (second, "made-up", "", "é"):
        answer = httpx2.get(address, headers={"cookie": f"openlot-lot-1={secret}".encode()}, trust_env=False)
        assert answer.status_code == 303
    client.close()


def test_a_new_password_and_a_removed_account_end_every_sign_in(lot: LotProcess) -> None:
    """A browser that is signed in is out at once."""
    client = person(lot, "fay", "viewer")
    lot.post("/accounts/fay/password", {"operator": "root"})
    assert client.get("/stays").url.path == "/sign-in"
    other = person(lot, "gus", "viewer")
    lot.post("/accounts/gus/remove", {"operator": "root"})
    assert other.get("/stays").url.path == "/sign-in"
    assert other.try_to_sign_in("gus", PASSWORD).status_code == 401
    client.close()
    other.close()


def test_a_sign_in_ends_by_the_lots_clock(tmp_path: Path) -> None:
    """It outlives a restart of the server, but not an hour without a page."""
    began = datetime(2026, 3, 1, 6, tzinfo=UTC)

    def start(after: timedelta) -> LotProcess:
        times = f'origin = {(began + after).isoformat()}\nspeed = 1\nstarted_at = "{datetime.now(UTC).isoformat()}"\n'
        process = LotProcess(write_config(tmp_path, more=f"{CONSOLE}\n[clock]\nsimulated = true\n{times}"))
        process.start()
        return process

    lot = start(timedelta())
    client = person(lot, "ann", "viewer")
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.http.cookies.jar)
    client.close()
    for after, status in ((timedelta(minutes=30), 200), (timedelta(hours=2), 303)):
        assert lot.stop() == 0
        lot = start(after)
        page = httpx2.get(f"http://127.0.0.1:{console_port(lot)}/", headers={"cookie": cookies}, trust_env=False)
        assert page.status_code == status
    assert lot.stop() == 0


def test_browsers_are_told_to_keep_the_console_to_itself(lot: LotProcess) -> None:
    """Every answer forbids scripts from elsewhere, frames and caches; cookies are for this site alone."""
    client = person(lot, "hal", "viewer")
    for path in ("/", "/stays", "/nope", "/static/console.css", "/sign-in"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    client.get("/sign-in")
    signed = client.http.post(
        "/sign-in",
        data={"form_token": client.token, "name": "hal", "password": PASSWORD, "then": "/"},
        follow_redirects=False,
    )
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    client.close()


def test_over_tls_cookies_never_travel_in_the_clear(tmp_path: Path) -> None:
    """With a certificate the console speaks HTTPS, says so for a year, and its cookies are Secure."""
    certificate, key = write_certificate(tmp_path)
    config = write_config(tmp_path, more=CONSOLE + 'certificate = "console.pem"\nkey = "console.key"\n')
    lot = LotProcess(config)
    lot.start()
    trust = ssl.create_default_context(cafile=certificate)
    page = httpx2.get(f"https://127.0.0.1:{console_port(lot)}/sign-in", verify=trust, trust_env=False)
    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert page.headers["set-cookie"].startswith("__Host-openlot-lot-1-before=")
    assert "Secure" in page.headers["set-cookie"]
    assert lot.stop() == 0
    assert key.exists()


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ('host = "0.0.0.0"', "would send passwords unencrypted"),
        ('certificate = "nowhere.pem"', "belong together"),
        ('certificate = "nowhere.pem"\nkey = "nowhere.key"', "is no file"),
        ("port = 70000", "port must be 0 to 65535"),
        ("idle_minutes = 0", "must be at least 1"),
        ("colour = 1", "has no key 'colour'"),
    ],
)
def test_a_console_that_would_not_be_safe_is_refused(tmp_path: Path, section: str, complaint: str) -> None:
    """The configuration is refused with what to change."""
    with pytest.raises(BadConfig, match=complaint):
        load_config(write_config(tmp_path, more=f"\n[console]\n{section}\n"))


def test_accounts_are_kept_by_commands(lot: LotProcess, capsys: pytest.CaptureFixture[str]) -> None:
    """`openlot lot account add|list|password|remove` do what they say, once, and never show a hash."""
    config = ("--config", str(lot.config))

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            openlot.main(("lot", "account", *words, *config))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    status, password = run("add", "ivo", "--role", "operator", "--operator", "root")
    assert (status, len(password.strip())) == (0, 19)
    assert run("add", "ivo", "--role", "operator", "--operator", "root")[0] == 1
    status, listed = run("list", "--json")
    assert '"name": "ivo", "role": "operator", "one_time": true' in listed
    assert "argon2" not in listed
    status, another = run("password", "ivo", "--operator", "root")
    assert (status, another != password) == (0, True)
    client = ConsoleClient(lot)
    assert client.try_to_sign_in("ivo", another.strip()).url.path == "/password"
    assert run("remove", "ivo", "--operator", "root")[0] == 0
    assert run("remove", "ivo", "--operator", "root")[0] == 1
    assert "bad_account" in run("add", "a b", "--role", "viewer", "--operator", "root")[1]
    client.close()


def test_accounts_stay_at_the_lot(lot: LotProcess) -> None:
    """No account, sign-in or password is among the facts that are mirrored."""
    add_account(lot, "joe", "viewer")
    with ReadStore(lot.folder / "lot.db", "lot-1").look() as look:
        assert {envelope.kind for envelope in look.work.envelopes()} <= {"lot_described", "tariff_published"}


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "console")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "console.pem", folder / "console.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return files
