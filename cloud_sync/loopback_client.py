"""The lot's server over its loopback API: settlements and acknowledged positions go in here, nothing else."""

from pathlib import Path

import httpx2

from cloud_sync.errors import LoopbackUnavailable
from cloud_sync.ports import SettlementOutcome
from lot_server.domain.codec import Json, to_body
from lot_server.domain.stay import Settlement

TIMEOUT = httpx2.Timeout(10.0, connect=2.0)
"""Real seconds without progress."""


class LoopbackClient:
    """Reaches the lot's server at `url`. The token is read for every request, because a restart may renew it."""

    def __init__(self, client: httpx2.AsyncClient, url: str, token_file: Path) -> None:
        self._client = client
        self._url = url.rstrip("/") + "/loopback/v1"
        self._token_file = token_file

    async def settle(self, settlement: Settlement) -> SettlementOutcome:
        response = await self._post("/settlements", to_body(settlement))
        answer = self._answer(response)
        if response.status_code == 404 and answer.get("code") == "unknown_stay":
            return "refused"
        match answer.get("outcome") if response.is_success else None:
            case "applied":
                return "applied"
            case "already_applied":
                return "already_applied"
            case _:
                raise self._unusable(response, answer)

    async def acknowledge(self, applied_seq: int, head: str) -> None:
        response = await self._post("/acks", {"applied_seq": applied_seq, "head": head})
        if not response.is_success:
            raise self._unusable(response, self._answer(response))

    async def _post(self, path: str, body: Json) -> httpx2.Response:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
            headers = {"authorization": f"Bearer {token}"}
            return await self._client.post(self._url + path, json=body, headers=headers, timeout=TIMEOUT)
        except (OSError, UnicodeDecodeError) as error:
            raise LoopbackUnavailable(f"cannot read the token in {self._token_file}: is the lot server up?") from error
        except httpx2.HTTPError as error:
            raise LoopbackUnavailable(f"the lot server does not answer: {type(error).__name__}") from error

    def _answer(self, response: httpx2.Response) -> Json:
        try:
            answer = response.json()
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}

    def _unusable(self, response: httpx2.Response, answer: Json) -> LoopbackUnavailable:
        code = answer.get("code", "no code")
        return LoopbackUnavailable(f"the lot server answers {response.status_code} ({code}): look at its log")
