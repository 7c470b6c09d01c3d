"""The lot server's loopback API, from the command line of the same machine."""

import json
from typing import Any

import httpx2

from lot_server.config import StoreSection
from lot_server.errors import LoopbackRefused, LoopbackUnavailable
from lot_server.loopback.app import PREFIX

TIMEOUT_SECONDS = 30.0


class LoopbackClient:
    """Speaks for the operator at this machine; address and token come from the lot's folder."""

    def __init__(self, store: StoreSection) -> None:
        self._store = store

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path. Raises LoopbackUnavailable, LoopbackRefused."""
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        """The answer to an order. Raises LoopbackUnavailable, LoopbackRefused."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, object] | None) -> dict[str, Any]:
        try:
            address = json.loads(self._store.address.read_text(encoding="utf-8"))
            token = self._store.token.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise LoopbackUnavailable(
                f"no lot server runs on {self._store.folder}: start it with `openlot lot serve`, and run as its user"
            ) from error
        url = f"http://{address['host']}:{address['port']}{PREFIX}{path}"
        headers = {"authorization": f"Bearer {token}"}
        try:
            # trust_env False: no proxy may see the token.
            with httpx2.Client(trust_env=False, timeout=TIMEOUT_SECONDS) as http:
                response = http.request(method, url, json=body, headers=headers)
            answer = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise LoopbackUnavailable(
                f"the lot server at {address['host']}:{address['port']} does not answer: look at its log"
            ) from error
        if not isinstance(answer, dict):
            raise LoopbackUnavailable("the lot server answered something else than an object: look at its log")
        if response.is_error:
            raise LoopbackRefused(str(answer.get("code", "refused")), str(answer.get("message", "no reason given")))
        return answer
