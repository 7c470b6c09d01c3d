"""A person at the operator console, over real HTTP."""

import json
import re
import time

import httpx2
from lot_process import LotProcess

CONSOLE = "\n[console]\nport = 0\n"
PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


def console_port(lot: LotProcess) -> int:
    """Where the console of a lot that has begun listens."""
    file = lot.folder / "console.json"
    for _ in range(2000):
        if file.exists():
            return int(json.loads(file.read_text())["port"])
        time.sleep(0.01)
    raise AssertionError(f"the console never came up\n{lot.log()}")


def add_account(lot: LotProcess, name: str, role: str) -> str:
    """A new account; its one-time password."""
    answer = lot.post("/accounts", {"name": name, "role": role, "operator": "root"})
    return str(answer["password"])


class ConsoleClient:
    """A browser without a window: it keeps cookies, follows links, and sends the forms it was shown."""

    def __init__(self, lot: LotProcess, language: str = "en") -> None:
        self.port = console_port(lot)
        self.http = httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            trust_env=False,
            follow_redirects=True,
            timeout=60,
            headers={"accept-language": language},
        )
        self.token = ""

    def get(self, path: str) -> httpx2.Response:
        """A page; the token of its forms is kept."""
        response = self.http.get(path)
        if found := _TOKEN.search(response.text):
            self.token = found[1]
        return response

    def post(self, path: str, token: str | None = None, **fields: str) -> httpx2.Response:
        """Send a form with the token of the page seen last, and go where the answer leads."""
        response = self.http.post(path, data={"form_token": self.token if token is None else token, **fields})
        if found := _TOKEN.search(response.text):
            self.token = found[1]
        return response

    def try_to_sign_in(self, name: str, password: str) -> httpx2.Response:
        self.get("/sign-in")
        return self.post("/sign-in", name=name, password=password, then="/")

    def sign_in(self, name: str, one_time: str) -> None:
        """Sign in for the first time, and choose PASSWORD."""
        assert self.try_to_sign_in(name, one_time).url.path == "/password"
        chosen = self.post("/password", old=one_time, new=PASSWORD, again=PASSWORD)
        assert (chosen.status_code, chosen.url.path) == (200, "/"), chosen.text

    def close(self) -> None:
        self.http.close()


def person(lot: LotProcess, name: str, role: str, language: str = "en") -> ConsoleClient:
    """Somebody with an account of a role, signed in."""
    client = ConsoleClient(lot, language)
    client.sign_in(name, add_account(lot, name, role))
    return client
